/**
 * Chooses which compacted log is cleaned next, and cleans: the one with the largest dirty share first, among those that pass
 * min.cleanable.dirty.ratio or whose oldest dirty record has waited for max.compaction.lag.ms. When there is none it waits for
 * log.cleaner.backoff.ms.
 *
 * A log that cannot be cleaned is told of once and left alone until it is opened again; the others go on.
 */
import { type Env, FileSystemError, type Timer } from '@ottla/env'
import { isPassing, offlineError } from '../io-error.ts'
import { Limiter } from '../limiter.ts'
import { LogError } from '../log-error.ts'
import type { PartitionLog } from '../partition-log.ts'
import type { CleanableRange } from './cleanable-range.ts'
import type { CleaningResult } from './log-cleaning.ts'
import { ByteRate } from './work-slices.ts'

/** log.cleaner.*; asked for again before each log. */
export interface CleanerConfig {
  /** Logs that are cleaned at the same time. */
  readonly threads: number
  /** Memory of the offset maps of all of them. */
  readonly dedupeBufferBytes: number
  readonly dedupeLoadFactor: number
  /** Bytes read at once, of all of them. */
  readonly ioBufferBytes: number
  /** Bytes read and written in a second, by all of them. */
  readonly ioMaxBytesPerSecond: number
  readonly backoffMs: number
}

/** A log with cleanup.policy compact. */
export interface CompactedLog {
  readonly log: PartitionLog
  /** Where the last cleaning ended; undefined without one. */
  readonly checkpoint: number | undefined
  /** A cleaning ended at `offset`. */
  record(offset: number): Promise<void>
}

export interface LogCleanerOptions {
  readonly env: Env
  readonly compactedLogs: () => Promise<readonly CompactedLog[]>
  readonly config: () => CleanerConfig
}

/** What was done since the start, and what is known of the last look at the logs. */
export interface CleanerCounters {
  runs: number
  bytesRead: number
  bytesWritten: number
  recordsRead: number
  recordsKept: number
  /** Largest dirty share seen in the last look, 0 to 1. */
  maxDirtyRatio: number
  /** By how much max.compaction.lag.ms has passed at most. */
  maxCompactionDelayMs: number
  /** Of the last cleaning of each worker, the largest. */
  maxCleanTimeMs: number
  maxMapUse: number
  /** Size after the last cleaning over the size before. */
  recopyRatio: number
  /** Longest time for which a cleaning held the event loop. */
  longestSliceMs: number
  lastRunMs: number
}

interface Candidate {
  readonly compacted: CompactedLog
  readonly range: CleanableRange
}

const BUFFER_MIN_BYTES = 64 << 10
const MAP_MIN_BYTES = 1 << 20
/** Logs looked at before the event loop goes round. */
const LOOKS_PER_TURN = 64

export class LogCleaner {
  readonly counters: CleanerCounters = {
    runs: 0,
    bytesRead: 0,
    bytesWritten: 0,
    recordsRead: 0,
    recordsKept: 0,
    maxDirtyRatio: 0,
    maxCompactionDelayMs: 0,
    maxCleanTimeMs: 0,
    maxMapUse: 0,
    recopyRatio: 0,
    longestSliceMs: 0,
    lastRunMs: 0,
  }
  readonly #options: LogCleanerOptions
  readonly #rate: ByteRate
  readonly #choosing = new Limiter(1)
  readonly #cleaning = new Set<PartitionLog>()
  /** Logs that were left alone, until they are closed. */
  readonly #uncleanable = new Set<PartitionLog>()
  readonly #workers = new Map<number, Promise<void>>()
  readonly #waits = new Set<() => void>()
  #isStopped = false

  constructor(options: LogCleanerOptions) {
    this.#options = options
    this.#rate = new ByteRate(() => options.config().ioMaxBytesPerSecond)
  }

  /** Logs that cannot be cleaned, and are open. */
  get uncleanable(): readonly PartitionLog[] {
    return [...this.#uncleanable]
  }

  /** Starts to work; again when the configuration changed. */
  start(): void {
    if (this.#isStopped) return
    const { threads } = this.#options.config()
    for (let i = 0; i < threads; i++) {
      if (this.#workers.has(i)) continue
      const ended = this.#work(i).finally(() => this.#workers.delete(i))
      this.#workers.set(i, ended)
    }
    this.#wake()
  }

  /** Calls off what is under way; resolves when nothing goes on. */
  async stop(): Promise<void> {
    this.#isStopped = true
    this.#wake()
    await Promise.all([...this.#cleaning].map((log) => log.cleaning.callOff()))
    await Promise.all(this.#workers.values())
  }

  /** Cleans the log that needs it most. False when none does. */
  async cleanNext(): Promise<boolean> {
    const chosen = await this.#choosing.run(() => this.#choose())
    if (chosen === null || this.#isStopped) return false
    const { log } = chosen.compacted
    try {
      return await this.#clean(chosen)
    } catch (error) {
      this.#failed(log, error)
      return false
    } finally {
      this.#cleaning.delete(log)
    }
  }

  async #work(index: number): Promise<void> {
    while (!this.#isStopped && index < this.#options.config().threads) {
      let isBusy = false
      try {
        isBusy = await this.cleanNext()
      } catch (error) {
        this.#options.env.logger.error('The log cleaner could not look for work', { error: String(error) })
      }
      if (!isBusy) await this.#wait(this.#options.config().backoffMs)
    }
  }

  async #choose(): Promise<Candidate | null> {
    const nowMs = this.#options.env.clock.now()
    const { counters } = this
    let best: Candidate | null = null
    let looked = 0
    counters.maxDirtyRatio = 0
    counters.maxCompactionDelayMs = 0
    for (const log of this.#uncleanable) if (log.isClosed) this.#uncleanable.delete(log)
    for (const compacted of await this.#options.compactedLogs()) {
      const { log, checkpoint } = compacted
      if (this.#isStopped || this.#cleaning.has(log) || this.#uncleanable.has(log) || log.failure !== null) continue
      if (++looked % LOOKS_PER_TURN === 0) {
        await new Promise<void>((resolve) => this.#options.env.timers.defer(resolve))
      }
      const range = await this.#rangeOf(log, checkpoint, nowMs)
      if (range === null) continue
      counters.maxDirtyRatio = Math.max(counters.maxDirtyRatio, range.dirtyRatio)
      counters.maxCompactionDelayMs = Math.max(counters.maxCompactionDelayMs, range.overdueMs)
      const isWanted = range.overdueMs > 0 || range.dirtyRatio > log.config.minCleanableDirtyRatio
      if (!isWanted || range.cleanableBytes === 0) continue
      if (best === null || range.dirtyRatio > best.range.dirtyRatio) best = { compacted, range }
    }
    counters.lastRunMs = nowMs
    if (best !== null) this.#cleaning.add(best.compacted.log)
    return best
  }

  async #rangeOf(log: PartitionLog, checkpoint: number | undefined, nowMs: number): Promise<CleanableRange | null> {
    try {
      await log.cleaning.prepare(nowMs)
      return await log.cleaning.range(checkpoint, nowMs)
    } catch (error) {
      this.#failed(log, error)
      return null
    }
  }

  async #clean({ compacted }: Candidate): Promise<boolean> {
    const { env, config } = this.#options
    const { log } = compacted
    const { threads, dedupeBufferBytes, dedupeLoadFactor, ioBufferBytes } = config()
    const startMs = env.clock.monotonic()
    const result = await log.cleaning.run({
      checkpoint: compacted.checkpoint,
      nowMs: env.clock.now(),
      mapBytes: Math.max(MAP_MIN_BYTES, Math.floor(dedupeBufferBytes / threads)),
      mapLoadFactor: dedupeLoadFactor,
      bufferBytes: Math.max(BUFFER_MIN_BYTES, Math.floor(ioBufferBytes / threads)),
      rate: this.#rate,
    })
    if (result === null) return false
    await compacted.record(result.endOffset)
    this.#note(log, result, env.clock.monotonic() - startMs)
    return true
  }

  #note(log: PartitionLog, result: CleaningResult, tookMs: number): void {
    const { counters } = this
    counters.runs++
    counters.bytesRead += result.bytesRead
    counters.bytesWritten += result.bytesWritten
    counters.recordsRead += result.recordsRead
    counters.recordsKept += result.recordsKept
    counters.maxCleanTimeMs = tookMs
    counters.maxMapUse = result.mapUse
    counters.recopyRatio = result.bytesBefore === 0 ? 0 : result.bytesAfter / result.bytesBefore
    counters.longestSliceMs = Math.max(counters.longestSliceMs, result.longestSliceMs)
    this.#options.env.logger.info('A log was cleaned', {
      log: nameOf(log),
      upTo: result.endOffset,
      bytesBefore: result.bytesBefore,
      bytesAfter: result.bytesAfter,
      records: result.recordsRead,
      kept: result.recordsKept,
      ms: Math.round(tookMs),
      ...(result.isPartial ? { isPartial: true } : {}),
      ...(result.recordsWithoutKey > 0 ? { recordsWithoutKey: result.recordsWithoutKey } : {}),
    })
  }

  #failed(log: PartitionLog, error: unknown): void {
    const { logger } = this.#options.env
    const fields = { log: nameOf(log), error: error instanceof Error ? error.message : String(error) }
    if (log.failure !== null || log.isClosed || this.#isStopped) return
    if (error instanceof LogError && (error.code === 'CLOSED' || error.code === 'OFFLINE')) return
    if (isPassing(error) || (error instanceof LogError && error.retriable)) {
      logger.warn('A log could not be cleaned yet', fields)
    } else if (error instanceof FileSystemError) log.takeOffline(offlineError(`cleaning ${log.path}`, error))
    else {
      this.#uncleanable.add(log)
      logger.error('A log cannot be cleaned and is left alone; it will grow', fields)
    }
  }

  async #wait(ms: number): Promise<void> {
    if (this.#isStopped) return
    let timer: Timer | undefined
    await new Promise<void>((resolve) => {
      this.#waits.add(resolve)
      timer = this.#options.env.timers.after(ms, () => {
        this.#waits.delete(resolve)
        resolve()
      })
    })
    timer?.cancel()
  }

  #wake(): void {
    const waits = [...this.#waits]
    this.#waits.clear()
    for (const wake of waits) wake()
  }
}

function nameOf({ topicPartition: { topic, partition } }: PartitionLog): string {
  return `${topic}-${partition}`
}
