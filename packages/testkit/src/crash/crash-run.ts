/**
 * One run: clients at work on one broker, whose process ends again and again at a drawn point; after each restart it is held
 * against what the clients were told. Everything follows from the seed.
 */

import { loadRe2 } from '@ottla/broker'
import type { LogLine } from '@ottla/env'
import { Simulation } from '@ottla/sim'
import { Prng } from '@ottla/stdx'
import type { Depth } from './check-partition.ts'
import { type CrashPlan, drawCrashPlan, type Life, type Promised } from './crash-plan.ts'
import type { Mutant } from './mutants.ts'
import { SimBroker } from './sim-broker.ts'
import { Workload, type WorkloadCounts } from './workload.ts'

export interface CrashRunOptions {
  readonly seed: string
  readonly promised: Promised
  /** A broker that is known to be bad. */
  readonly mutant?: Pick<Mutant, 'wrap' | 'makePool' | 'adapt'>
  readonly onLogLine?: (host: string, line: LogLine) => void
  readonly keepTrace?: boolean
  /** Sees the world as it was at the end, however it came. */
  readonly inspect?: (simulation: Simulation) => void
}

/** The clients of a run, and what they know together. */
export interface CrashWorkload<Counts> {
  readonly isDone: boolean
  /** Resolves when all is done; rejects with Violation. */
  run(): Promise<void>
  /** Holds everything against what the clients were told. Rejects with Violation. */
  check(depth: Depth): Promise<void>
  counts(): Counts
}

export type MakeWorkload<Counts> = (
  simulation: Simulation,
  plan: CrashPlan,
  onFault: (error: Error) => void,
) => CrashWorkload<Counts>

export interface LivesResult {
  readonly traceHash: string
  readonly trace: readonly string[]
  readonly events: number
  readonly virtualMs: number
  /** Ends of a process, by kind. */
  readonly crashes: Readonly<Record<Life['end'], number>>
  /** Lives that ended before the broker served. */
  readonly diedStarting: number
  /** Starts that ended with an error, of a disk that takes part of a write. */
  readonly failedStarts: number
  /** What losses of power did beyond chance. */
  readonly tornLogs: number
  readonly scrambledIndexes: number
}

export type CrashRunResult = LivesResult & WorkloadCounts

/** After this much virtual time with a running broker everything must be done. */
const LIVENESS_MS = 120_000
const MAX_FAILED_STARTS = 20
const RESTART_MS = 100
/** A run takes some ten thousand; ten times as many are a loop. */
const MAX_EVENTS = 1_000_000
export const BROKER_HOST = 'broker'

/** Rejects with SimulationError, whose cause is a Violation when the broker broke a promise. */
export function crashRun(options: CrashRunOptions): Promise<CrashRunResult> {
  return runLives(options, (...world) => new Workload(...world))
}

/** Likewise with other clients. */
export async function runLives<Counts>(
  options: CrashRunOptions,
  makeWorkload: MakeWorkload<Counts>,
): Promise<LivesResult & Counts> {
  // Modules come in real time, in which days of virtual time pass.
  await loadRe2()
  const { seed, promised } = options
  const drawn = drawCrashPlan(seed, promised)
  const plan = options.mutant?.adapt?.(drawn) ?? drawn
  const simulation = new Simulation({
    seed,
    links: plan.links,
    keepTrace: options.keepTrace ?? false,
    maxEvents: MAX_EVENTS,
    ...(options.onLogLine === undefined ? {} : { onLogLine: options.onLogLine, logLevel: 'debug' }),
  })
  const run = new CrashRun(simulation, plan, { mutant: options.mutant ?? {}, makeWorkload })
  try {
    await simulation.run(() => run.main())
  } finally {
    options.inspect?.(simulation)
  }
  return run.result()
}

class CrashRun<Counts> {
  readonly #simulation: Simulation
  readonly #plan: CrashPlan
  readonly #broker: SimBroker
  readonly #workload: CrashWorkload<Counts>
  readonly #crashes = { process: 0, power: 0, stop: 0 }
  #diedStarting = 0
  #failedStarts = 0
  #fail: (error: Error) => void = () => {}

  constructor(
    simulation: Simulation,
    plan: CrashPlan,
    { mutant, makeWorkload }: { mutant: NonNullable<CrashRunOptions['mutant']>; makeWorkload: MakeWorkload<Counts> },
  ) {
    this.#simulation = simulation
    this.#plan = plan
    this.#broker = new SimBroker({
      simulation,
      host: BROKER_HOST,
      settings: plan.settings,
      random: new Prng(`${simulation.seed}/damage`),
      tellsBoot: plan.tellsBoot,
      onFatal: (error) => this.#fail(error),
      ...(mutant.wrap === undefined ? {} : { wrap: mutant.wrap }),
      ...(mutant.makePool === undefined ? {} : { makePool: mutant.makePool }),
    })
    const { disk } = this.#broker.host
    disk.latency = { ...disk.latency, sync: plan.disk.syncMs, writeSync: plan.disk.writeSyncMs }
    disk.faults.rates = { shortWrite: plan.disk.shortWriteRate, slow: plan.disk.slowRate, slowMs: 30 }
    this.#workload = makeWorkload(simulation, plan, (error) => this.#fail(error))
  }

  async main(): Promise<void> {
    const failed = new Promise<never>((_, reject) => {
      this.#fail = reject
    })
    failed.catch(() => {})
    await Promise.race([failed, this.#story()])
  }

  result(): LivesResult & Counts {
    const { trace, now } = this.#simulation
    return {
      traceHash: trace.hash,
      trace: trace.lines,
      events: trace.count,
      virtualMs: now,
      crashes: this.#crashes,
      diedStarting: this.#diedStarting,
      failedStarts: this.#failedStarts,
      tornLogs: this.#broker.tornLogs,
      scrambledIndexes: this.#broker.scrambledIndexes,
      ...this.#workload.counts(),
    }
  }

  async #story(): Promise<void> {
    const work = this.#workload.run()
    // Whoever fails in it says so by himself, at once.
    work.catch(() => {})
    for (const life of this.#plan.lives) {
      await this.#live(life)
      await this.#simulation.sleep(life.downMs)
      this.#broker.host.clockSkewMs += life.clockJumpMs
      if (!life.isCheckedAfter) continue
      await this.#startNow()
      await this.#within('the check after a restart', this.#workload.check('quick'))
    }
    if (!this.#broker.isRunning) await this.#startNow()
    await this.#within('all clients to be done', work)
    await this.#within('the check at the end', this.#workload.check('thorough'))
    await this.#broker.stop()
    await this.#startNow()
    await this.#within('the check after a clean stop', this.#workload.check('thorough'))
    await this.#broker.stop()
  }

  /** One life of the broker, to its planned end. */
  async #live(life: Life): Promise<void> {
    const ended = this.#arm(life)
    if (!this.#broker.isRunning) {
      if ((await this.#start()) === 'died') this.#diedStarting++
    }
    await ended
  }

  /** Resolves when the life has ended. */
  #arm({ end, point }: Life): Promise<void> {
    return new Promise((resolve) => {
      const { disk } = this.#broker.host
      const from = this.#simulation.trace.count
      let left = point.count
      const strike = (): void => {
        disarm()
        disk.onChange = () => {}
        void this.#end(end).then(resolve)
      }
      const disarm = this.#simulation.checkAlways(() => {
        const isDue = point.unit === 'events' && this.#simulation.trace.count - from >= left
        // A broker that nobody uses any more changes nothing.
        if (isDue || (this.#workload.isDone && this.#broker.isRunning)) strike()
      })
      if (point.unit === 'changes') {
        disk.onChange = ({ path }) => {
          if (path.endsWith(point.suffix) && --left === 0) strike()
        }
      }
    })
  }

  async #end(end: Life['end']): Promise<void> {
    this.#crashes[end]++
    if (end !== 'stop') {
      this.#broker.crash(end)
      return
    }
    // An orderly stop needs a broker that runs.
    if (!(await this.#broker.stop())) this.#broker.crash('process')
  }

  async #startNow(): Promise<void> {
    await this.#start()
  }

  /** Starts the broker; again, as whoever runs it does, when a short write ended the start. */
  async #start(): Promise<'running' | 'died'> {
    for (;;) {
      const outcome = await this.#broker.start()
      if (outcome.kind !== 'failed') return outcome.kind
      if (this.#plan.disk.shortWriteRate === 0) throw outcome.error
      this.#failedStarts++
      if (this.#failedStarts > MAX_FAILED_STARTS) throw outcome.error
      const { crashes } = this.#broker
      await this.#simulation.sleep(RESTART_MS)
      if (this.#broker.crashes > crashes) return 'died'
      this.#broker.crash('process')
    }
  }

  async #within(what: string, done: Promise<void>): Promise<void> {
    let isOver = false
    const over = done.then(() => {
      isOver = true
    })
    await Promise.race([over, this.#simulation.until(() => isOver, { timeoutMs: LIVENESS_MS, what })])
  }
}
