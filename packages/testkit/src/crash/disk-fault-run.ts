/**
 * One run on a disk that fails while the broker runs: it is full for a while, a sync or a write fails for good in one of two data folders,
 * operations come back late. What must go on goes on, what failed is not tried again, and nothing that clients were told is lost.
 */

import { loadRe2 } from '@ottla/broker'
import type { LogLine } from '@ottla/env'
import { Simulation } from '@ottla/sim'
import { Prng } from '@ottla/stdx'
import { Violation } from '../model/retry.ts'
import { type CrashPlan, drawCrashPlan } from './crash-plan.ts'
import { SimBroker } from './sim-broker.ts'
import { Workload } from './workload.ts'

export type DiskFault =
  /** Only so much room is left, for so long. */
  | { readonly kind: 'full'; readonly freeBytes: number; readonly ms: number }
  /** The next such operation in the folder fails with EIO; the broker is started again after the given end. */
  | { readonly kind: 'error'; readonly operation: 'sync' | 'write'; readonly end: 'process' | 'power' }
  /** Operations of the disk do not come back for so long. */
  | { readonly kind: 'stuck'; readonly ms: number }

export interface DiskFaultRunOptions {
  readonly seed: string
  readonly kind: DiskFault['kind']
  /** Hears what the broker logs, from debug up. */
  readonly onLogLine?: (host: string, line: LogLine) => void
}

export interface DiskFaultRunResult {
  readonly faults: number
  /** Produces that were refused with an error that passes. */
  readonly refusals: number
  readonly ackedBatches: number
}

/** Room after a full disk. */
const ENOUGH_BYTES = 2 ** 40
/** Holds no metadata: the broker goes on without it. */
const FAILING_FOLDER = '/data/b'
const LIVENESS_MS = 120_000
const OFFLINE_MS = 30_000
const FULL_MS = 5_000
const FAULTS = 3

/** Rejects with SimulationError, whose cause is a Violation when the broker did what it must not. */
export async function diskFaultRun(options: DiskFaultRunOptions): Promise<DiskFaultRunResult> {
  // Modules come in real time, in which days of virtual time pass.
  await loadRe2()
  const plan = planOf(options.seed)
  const { seed, onLogLine } = options
  const logging = onLogLine === undefined ? {} : { onLogLine, logLevel: 'debug' as const }
  const simulation = new Simulation({ seed, links: plan.links, ...logging })
  const run = new DiskFaultRun(simulation, plan, options.kind)
  await simulation.run(() => run.main())
  return run.result()
}

function planOf(seed: string): CrashPlan {
  const plan = drawCrashPlan(seed, 'fsync')
  return {
    ...plan,
    settings: { ...plan.settings, 'log.dirs': '/data/a,/data/b' },
    topics: plan.topics.map((topic) => ({ ...topic, partitions: 2 })),
    producers: plan.producers.map((producer) => ({ ...producer, pauseMs: 20, batches: 20 + producer.batches })),
    disk: { ...plan.disk, shortWriteRate: 0.001 },
    deletions: 0,
  }
}

class DiskFaultRun {
  readonly #simulation: Simulation
  readonly #kind: DiskFault['kind']
  readonly #random: Prng
  readonly #broker: SimBroker
  readonly #workload: Workload
  #faults = 0
  #fail: (error: Error) => void = () => {}

  constructor(simulation: Simulation, plan: CrashPlan, kind: DiskFault['kind']) {
    this.#simulation = simulation
    this.#kind = kind
    this.#random = new Prng(`${simulation.seed}/faults`)
    this.#broker = new SimBroker({
      simulation,
      host: 'broker',
      settings: plan.settings,
      random: this.#random,
      tellsBoot: true,
      onFatal: (error) => this.#fail(error),
    })
    const { disk } = this.#broker.host
    disk.latency = { ...disk.latency, sync: plan.disk.syncMs, writeSync: plan.disk.writeSyncMs }
    this.#workload = new Workload(simulation, plan, (error) => this.#fail(error))
  }

  async main(): Promise<void> {
    const failed = new Promise<never>((_, reject) => {
      this.#fail = reject
    })
    failed.catch(() => {})
    await Promise.race([failed, this.#story()])
  }

  result(): DiskFaultRunResult {
    const { refusals, ackedBatches } = this.#workload.counts()
    return { faults: this.#faults, refusals, ackedBatches }
  }

  async #story(): Promise<void> {
    await this.#start()
    const work = this.#workload.run()
    work.catch(() => {})
    for (let n = 0; n < FAULTS && !this.#workload.isDone; n++) {
      const from = this.#simulation.trace.count
      const due = from + this.#random.between(300, 2000)
      await this.#simulation.until(() => this.#simulation.trace.count >= due || this.#workload.isDone)
      await this.#strike(this.#draw())
      this.#faults++
    }
    await this.#within('all clients to be done', work)
    await this.#within('the check at the end', this.#workload.check('thorough'))
    if (this.#kind !== 'error') this.#checkFoldersOnline()
    this.#broker.crash('power')
    await this.#start()
    await this.#within('the check after a loss of power', this.#workload.check('thorough'))
    await this.#broker.stop()
  }

  #draw(): DiskFault {
    const random = this.#random
    switch (this.#kind) {
      case 'full':
        return { kind: 'full', freeBytes: random.below(2000), ms: random.between(50, 2000) }
      case 'error':
        return {
          kind: 'error',
          operation: random.pick(['sync', 'sync', 'write']),
          end: random.pick(['process', 'power']),
        }
      case 'stuck':
        return { kind: 'stuck', ms: random.between(10, 2000) }
    }
  }

  #strike(fault: DiskFault): Promise<void> {
    switch (fault.kind) {
      case 'full':
        return this.#fill(fault)
      case 'error':
        return this.#break(fault)
      case 'stuck':
        return this.#hold(fault)
    }
  }

  /** Who asks for what was there before is answered while nothing can be written; what must be made first waits for room. */
  async #fill({ freeBytes, ms }: DiskFault & { kind: 'full' }): Promise<void> {
    const { disk } = this.#broker.host
    disk.capacityBytes = disk.usedBytes + freeBytes
    await this.#simulation.sleep(ms)
    const check = this.#workload.check('quick')
    await Promise.race([check, this.#simulation.sleep(FULL_MS)])
    disk.capacityBytes = ENOUGH_BYTES
    await this.#within('the check of a disk that was full', check)
  }

  /** The folder goes offline, nothing in it is synced again, the rest is served; then a start finds all. */
  async #break({ operation, end }: DiskFault & { kind: 'error' }): Promise<void> {
    const { faults } = this.#broker.host.disk
    let failed: string | null = null
    let syncsAfter = 0
    faults.inject({
      operation,
      effect: { kind: 'error', code: 'EIO' },
      path: (path) => {
        if (failed !== null || !path.startsWith(`${FAILING_FOLDER}/`) || !path.endsWith('.log')) return false
        failed = path
        return true
      },
    })
    const forget = faults.inject({
      operation: 'sync',
      effect: { kind: 'slow', ms: 0 },
      path: (path) => {
        if (path === failed && this.#isOffline()) syncsAfter++
        return false
      },
    })
    await this.#simulation
      .until(() => this.#isOffline() || this.#workload.isDone, { timeoutMs: OFFLINE_MS })
      .catch(() => {})
    if (failed !== null && !this.#isOffline())
      throw new Violation(`a failed ${operation} did not take the folder offline`)
    await this.#simulation.sleep(this.#random.between(1, 500))
    forget()
    faults.heal()
    if (syncsAfter > 0) throw new Violation(`${failed} was synced again after it had failed`)
    this.#broker.crash(end)
    await this.#start()
    await this.#within('the check after the restart', this.#workload.check('quick'))
  }

  async #hold({ ms }: DiskFault & { kind: 'stuck' }): Promise<void> {
    const { host } = this.#broker
    for (const operation of ['sync', 'write', 'read'] as const) {
      const times = this.#random.below(4)
      if (times > 0) host.disk.faults.inject({ operation, effect: { kind: 'stuck' }, times })
    }
    await this.#simulation.sleep(ms)
    host.disk.faults.heal()
    host.releaseStuckOperations()
    await this.#within('the check of a disk that came back', this.#workload.check('quick'))
  }

  #isOffline(): boolean {
    const folder = this.#broker.running?.directories.find(({ path }) => path === FAILING_FOLDER)
    return folder?.error != null
  }

  #checkFoldersOnline(): void {
    for (const { path, error } of this.#broker.running!.directories) {
      if (error !== null) throw new Violation(`${path} went offline: ${error.message}`)
    }
  }

  async #start(): Promise<void> {
    const outcome = await this.#broker.start()
    if (outcome.kind === 'failed') throw outcome.error
  }

  async #within(what: string, done: Promise<void>): Promise<void> {
    let isOver = false
    const over = done.then(() => {
      isOver = true
    })
    await Promise.race([over, this.#simulation.until(() => isOver, { timeoutMs: LIVENESS_MS, what })])
  }
}
