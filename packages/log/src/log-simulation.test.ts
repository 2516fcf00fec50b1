/**
 * A store under a random load, with faults of the disk and crashes of both kinds, held against what was promised:
 *
 * - what was reported as synced survives everything, with the same content;
 * - what was reported as written survives the end of the process;
 * - what is found is a prefix: records that were once given those offsets, without a hole;
 * - no partition is quarantined, since nothing was damaged;
 * - the producer can go on: its next sequence is accepted, its last batch is recognized.
 */
import { equal, ok } from 'node:assert/strict'
import { test } from 'node:test'
import type { Prng } from '@ottla/stdx'
import type { PartitionLog } from './partition-log.ts'
import { batchOf } from './testing/batch-fixture.ts'
import { recordsOf } from './testing/sim-log.test.ts'
import { SimStore } from './testing/sim-store.test.ts'

/** Seeds that once failed: a new folder did not note its boot, and garbage after its first loss of power was taken for damage. */
const OLD_SEEDS: readonly string[] = ['1795276289947-2']
const FRESH_SEEDS = 15
const STEPS = 150
/** Of one batch. */
const RECORDS_MAX = 4
/** Little enough that it is written over all the time. */
const JOURNAL = { journalSegmentBytes: 6000, journalSegments: 3 }
const PRODUCER = { producerId: 7, producerEpoch: 0 }

/** What a partition was told and may rely on. Sequences are offsets: one producer writes everything. */
class Promised {
  /** Value of each offset that was given out last. */
  current: string[] = []
  /** All values that an offset ever had since the last restart. */
  readonly ever = new Map<number, Set<string>>()
  logStart = 0
  written = 0
  synced = 0
  log: PartitionLog | null = null

  watch(log: PartitionLog): void {
    this.log = log
    log.onProgress = () => {
      this.written = Math.max(this.written, log.writtenEnd)
      this.synced = Math.max(this.synced, log.syncedEnd)
      // Visible is only what is synced.
      log.updateHighWatermark(log.syncedEnd)
    }
    log.onReverted = (endOffset) => {
      ok(endOffset >= this.written, 'nothing that was written is taken back')
      this.current.length = endOffset
    }
  }

  append(random: Prng, tag: string): void {
    const log = this.log!
    const count = 1 + random.below(RECORDS_MAX)
    const label = `${tag}-`
    const batch = batchOf({ ...PRODUCER, label, count, baseSequence: log.logEndOffset, valueBytes: random.below(300) })
    const base = log.logEndOffset
    const result = log.append(batch, { origin: 'client', leaderEpoch: 1 })
    if (result.kind === 'rejected') {
      ok(log.failure !== null, result.message)
      return
    }
    equal(result.kind, 'appended')
    if (random.chance(0.4)) log.requestSync()
    for (let i = 0; i < count; i++) this.#set(base + i, `${label}${i}`)
  }

  cut(end: number): void {
    this.current.length = Math.min(this.current.length, end)
    this.written = Math.min(this.written, end)
    this.synced = Math.min(this.synced, end)
  }

  /** Holds what was found after a restart against the promise, and starts from there. */
  async verify(log: PartitionLog, kept: 'all' | 'written' | 'synced'): Promise<void> {
    const promised = kept === 'all' ? this.current.length : this[kept]
    const where = `${log.topicPartition.partition} (${kept})`
    ok(log.logEndOffset >= promised, `${where}: ends at ${log.logEndOffset}, promised ${promised}`)
    if (kept === 'all') equal(log.logEndOffset, promised)
    ok(log.logStartOffset <= this.logStart, `${where}: starts at ${log.logStartOffset}, not above ${this.logStart}`)
    const found = await readAll(log)
    equal(found.length, log.logEndOffset - log.logStartOffset, `${where}: no hole`)
    for (const { offset, value } of found) {
      if (offset < promised) equal(value, this.current[offset], `${where}: offset ${offset}`)
      else ok(this.ever.get(offset)?.has(value), `${where}: offset ${offset} once was ${value}`)
    }
    equal(log.syncedEnd, log.logEndOffset)
    this.current = []
    this.ever.clear()
    for (const { offset, value } of found) this.#set(offset, value)
    this.current.length = log.logEndOffset
    this.written = log.logEndOffset
    this.synced = log.logEndOffset
    this.logStart = log.logStartOffset
    this.watch(log)
    this.#checkProducer(log)
  }

  #checkProducer(log: PartitionLog): void {
    const producer = log.activeProducers()[0]
    if (producer !== undefined) equal(producer.lastSequence, log.logEndOffset - 1)
    else equal(log.logEndOffset, log.logStartOffset, 'a log with records knows their producer')
  }

  #set(offset: number, value: string): void {
    this.current[offset] = value
    const values = this.ever.get(offset)
    if (values === undefined) this.ever.set(offset, new Set([value]))
    else values.add(value)
  }
}

async function readAll(log: PartitionLog): Promise<{ offset: number; value: string }[]> {
  const found: { offset: number; value: string }[] = []
  for (let offset = log.logStartOffset; ; ) {
    const result = await log.read(offset, { maxBytes: 3000, upTo: Infinity, minOneBatch: true, verify: true })
    ok(result.kind === 'records', JSON.stringify(result))
    if (result.sizeBytes === 0) return found
    found.push(...recordsOf(result).filter((record) => record.offset >= log.logStartOffset))
    offset = result.nextOffset
    result.release()
  }
}

class Run {
  readonly t: SimStore
  readonly random: Prng
  readonly partitions = [new Promised(), new Promised(), new Promised()]
  #boot = 0
  readonly #isKnownBoot: boolean

  /** Long lives and long segments, in which what is synced goes through the journal; else syncs of names and files prevail. */
  readonly #isLong: boolean

  constructor(seed: string) {
    this.#isLong = /[02468]$/.test(seed)
    this.t = new SimStore({
      seed,
      config: {
        segmentBytes: this.#isLong ? 100_000 : 3000,
        indexIntervalBytes: 200,
        retentionMs: -1,
        fileDeleteDelayMs: 100,
      },
      limits: { syncWriteMaxBytes: 600, tailBytes: 4000, openFiles: 8, readAheadBytes: 20_000, ...JOURNAL },
    })
    this.random = this.t.sim.random
    this.#isKnownBoot = this.random.chance(0.8)
  }

  async start(): Promise<void> {
    await this.#noteBoot()
    await this.t.open()
    for (const [partition, promised] of this.partitions.entries()) promised.watch(await this.t.log('t', partition))
    const steps = this.#isLong ? 3 * STEPS : STEPS
    for (let step = 0; step < steps; step++) await this.#step(step)
    this.t.disk.faults.heal()
    await this.#restart('clean')
  }

  async #step(step: number): Promise<void> {
    const { random, t } = this
    const promised = random.pick(this.partitions)
    const log = promised.log!
    // In a long life little else happens than appends and syncs.
    const dice = this.#isLong && random.chance(0.7) ? random.below(60) : random.below(100)
    if (dice < 55) {
      for (let i = random.below(5); i >= 0; i--) promised.append(random, `${step}.${i}`)
      if (this.#isLong) await t.sim.sleep(random.below(8))
    } else if (dice < 65) log.requestSync()
    else if (dice < 75) await t.sim.sleep(random.below(20))
    else if (dice < 79) await t.store.checkpoint()
    else if (dice < 81) log.roll()
    else if (dice < 83) this.#deleteRecords(promised, random.below(promised.synced + 1))
    else if (dice < 85) await this.#truncate(promised, random.below(promised.current.length + 1))
    else if (dice < 91) this.#fault()
    else if (dice < 94) await this.#restart('process')
    // Without the id of the boot, garbage behind a hole cannot be told from damage.
    else if (dice < 98) await this.#restart(this.#isKnownBoot ? 'power' : 'process')
    else await this.#restart('clean')
  }

  #deleteRecords(promised: Promised, offset: number): void {
    if (promised.log!.failure !== null) return
    promised.log!.deleteRecordsBefore(offset)
    promised.logStart = promised.log!.logStartOffset
  }

  async #truncate(promised: Promised, offset: number): Promise<void> {
    // A batch that holds the log start and is cut leaves offsets behind that its producer never had.
    if (offset <= promised.logStart + RECORDS_MAX || promised.log!.failure !== null) return
    promised.cut(offset)
    try {
      await promised.log!.truncateTo(offset)
      promised.cut(promised.log!.logEndOffset)
    } catch (error) {
      ok(promised.log!.failure !== null, String(error))
      // How much of it was cut is open; what lies below was promised before and still is.
      promised.cut(Math.max(0, offset - RECORDS_MAX))
    }
  }

  #fault(): void {
    const { random } = this
    const { faults } = this.t.disk
    const isLog = (path: string): boolean => path.endsWith('.log')
    const kind = random.below(6)
    if (kind === 0) faults.inject({ operation: 'write', effect: { kind: 'error', code: 'ENOSPC' }, path: isLog })
    else if (kind === 1) faults.inject({ operation: 'write', effect: { kind: 'short' }, path: isLog })
    else if (kind === 2) faults.inject({ operation: 'sync', effect: { kind: 'error', code: 'EIO' }, path: isLog })
    else if (kind === 3) faults.inject({ operation: 'write', effect: { kind: 'slow', ms: 30 }, path: isLog })
    else if (kind === 4) faults.inject({ operation: 'write', effect: { kind: 'error', code: 'EIO' }, path: isLog })
    else if (random.chance(0.5)) faults.inject({ operation: 'sync', effect: { kind: 'slow', ms: 40 } })
    // The logs' own files are behind, the journal is not.
    else faults.inject({ operation: 'sync', effect: { kind: 'slow', ms: 300 }, path: isLog, times: 20 })
  }

  async #restart(how: 'clean' | 'process' | 'power'): Promise<void> {
    const { t } = this
    const hasFailed = this.partitions.some(({ log }) => log!.failure !== null)
    if (how === 'clean') {
      for (const { log } of this.partitions) await log!.flush().catch(() => {})
      await t.store.close({ clean: true })
    }
    // A sync that fails while the process ends is told by the kernel to the next one that syncs; the simulated disk forgets it.
    t.disk.faults.heal()
    if (how === 'process' && (t.disk.faults.struck.get('sync error') ?? 0) > 0) await t.sim.sleep(100)
    t.disk.faults.struck.clear()
    const isLost = this.partitions.some(({ log }) => log!.failure !== null) || hasFailed
    await t.sim.crash('broker', how === 'power' ? 'power' : 'process')
    t.disk.faults.heal()
    if (how === 'power') this.#boot++
    await this.#noteBoot()
    await t.open()
    if (this.random.chance(0.5)) await t.store.recover()
    for (const [partition, promised] of this.partitions.entries()) {
      const log = await t.log('t', partition)
      const kept = how === 'power' || isLost ? 'synced' : how === 'clean' ? 'all' : 'written'
      await promised.verify(log, kept)
    }
  }

  /** The kernel's id of the boot, where this machine has one. */
  async #noteBoot(): Promise<void> {
    if (!this.#isKnownBoot) return
    const { files } = this.t.env
    await files.makeDirectory('/proc/sys/kernel/random')
    await files.writeFile('/proc/sys/kernel/random/boot_id', Buffer.from(`boot ${this.#boot}\n`))
  }
}

async function simulate(seed: string): Promise<void> {
  const run = new Run(seed)
  await run.t.sim.run(() => run.start())
}

const given = process.env['OTTLA_SEED']
const fresh = Array.from({ length: FRESH_SEEDS }, (_, i) => `${Date.now()}-${i}`)
const seeds = given === undefined ? [...OLD_SEEDS, ...fresh] : [given]

test(`promises hold under faults and crashes, for ${seeds.length} seeds`, async () => {
  for (const seed of seeds) await simulate(seed)
})
