/**
 * Compaction of one log: of each key the newest record stays. Two passes: over the dirty part for the newest offsets of its keys, as many as
 * the map holds; then over everything up to there, group of segments by group, lower offsets first.
 *
 * Appends and reads go on. What cuts or closes the log calls the cleaning off and waits for its end; what removes segments meanwhile makes
 * the swap of their group fail, which ends the round.
 */
import { OFFSET_ENTRY_BYTES } from '../index/offset-index.ts'
import type { TransactionIndexEntry } from '../index/transaction-index.ts'
import type { LogEngine } from '../log-engine.ts'
import { LogError } from '../log-error.ts'
import type { Segment } from '../segment/segment.ts'
import { type FilterContext, type FilterCounts, filterBatches } from './batch-filter.ts'
import { buildOffsetMap } from './build-offset-map.ts'
import { type CleanableRange, cleanableRange } from './cleanable-range.ts'
import { CleanedSegment } from './cleaned-segment.ts'
import { drive } from './cleaning-step.ts'
import { OffsetMap } from './offset-map.ts'
import { SegmentBatches } from './segment-batches.ts'
import { groupSegments } from './segment-groups.ts'
import { completeSwap, discard, offerSwap, type Swap } from './segment-swap.ts'
import { TransactionTracker } from './transaction-tracker.ts'
import { type ByteRate, WorkSlices } from './work-slices.ts'

export interface CleaningOptions {
  /** Where the last cleaning ended; undefined without one. */
  readonly checkpoint: number | undefined
  readonly nowMs: number
  /** Memory of the offset map, in bytes, and the share of its places that is used. */
  readonly mapBytes: number
  readonly mapLoadFactor: number
  /** Bytes read at once. */
  readonly bufferBytes: number
  readonly rate: ByteRate
}

export interface CleaningResult extends FilterCounts {
  /** Everything below is clean now. */
  readonly endOffset: number
  /** Bytes read in both passes, and written. */
  readonly bytesRead: number
  readonly bytesWritten: number
  /** Size of the cleaned segments before and after. */
  readonly bytesBefore: number
  readonly bytesAfter: number
  /** The map was too small for the dirty part: there is more to clean. */
  readonly isPartial: boolean
  /** Used places of the map over those it has. */
  readonly mapUse: number
  /** Longest time for which the event loop was held. */
  readonly longestSliceMs: number
}

export interface LogCleaningGuard {
  /** Runs when no files of removed segments are being taken away; nothing else takes some away meanwhile. */
  readonly whileSegmentsStay: (job: () => Promise<void>) => Promise<void>
  readonly roll: () => void
  /** The log is being cut or closed. */
  readonly isBlocked: () => boolean
}

interface Round extends CleaningOptions {
  readonly range: CleanableRange
  readonly map: OffsetMap
  readonly slices: WorkSlices
  readonly context: FilterContext
  readonly kept: TransactionIndexEntry[]
  buffer: Buffer
  bytesRead: number
  bytesWritten: number
  bytesBefore: number
  bytesAfter: number
}

export class LogCleaning {
  readonly #engine: LogEngine
  readonly #guard: LogCleaningGuard
  #running: Promise<unknown> | null = null
  #isCalledOff = false

  constructor(engine: LogEngine, guard: LogCleaningGuard) {
    this.#engine = engine
    this.#guard = guard
  }

  get isRunning(): boolean {
    return this.#running !== null
  }

  /** What there is to clean. */
  range(checkpoint: number | undefined, nowMs: number): Promise<CleanableRange> {
    return cleanableRange(this.#engine.state, checkpoint, nowMs)
  }

  /**
   * Ends the active segment when its first record has waited for max.compaction.lag.ms, so that it can be cleaned; finishes segments that
   * were ended.
   */
  async prepare(nowMs: number): Promise<void> {
    const { sealer, syncer, state } = this.#engine
    if (this.#isStopped()) return
    const { firstTimestampMs } = state.segments.active
    if (firstTimestampMs >= 0 && nowMs - firstTimestampMs > state.config.maxCompactionLagMs) this.#guard.roll()
    if (state.segments.values().every(({ state }) => state === 'closed' || state === 'active')) return
    await sealer.idle()
    await syncer.settle()
  }

  /**
   * Cleans once; null when there was nothing to clean. Throws {@link LogError}: CLOSED when it was called off, CORRUPT when the log is
   * damaged; and FileSystemError.
   */
  async run(options: CleaningOptions): Promise<CleaningResult | null> {
    if (this.#running !== null) throw new LogError('CLOSED', `${this.#engine.state.name} is being cleaned already`)
    this.#isCalledOff = false
    const running = this.#clean(options)
    this.#running = running.catch(() => {})
    try {
      return await running
    } finally {
      this.#running = null
    }
  }

  /** Ends the cleaning that is under way; resolves when nothing of it goes on. */
  async callOff(): Promise<void> {
    this.#isCalledOff = true
    await this.#running
  }

  readonly #check = (): void => {
    const { state } = this.#engine
    if (state.failure !== null) throw state.failure
    if (this.#isStopped()) throw new LogError('CLOSED', `the cleaning of ${state.name} was called off`)
  }

  readonly #isStopped = (): boolean =>
    this.#isCalledOff || this.#guard.isBlocked() || this.#engine.state.isClosed || this.#engine.state.failure !== null

  async #clean(options: CleaningOptions): Promise<CleaningResult | null> {
    const { state } = this.#engine
    this.#check()
    const range = await cleanableRange(state, options.checkpoint, options.nowMs)
    const segments = state.segments.values().filter((segment) => segment.baseOffset < range.end)
    const dirty = segments.filter((segment) => this.#endOf(segment) > range.firstDirtyOffset)
    if (dirty.length === 0) return null
    const round = await this.#begin(options, range)
    const { map, slices } = round
    const { env, openFiles } = state.resources
    const check = this.#check
    const { firstDirtyOffset } = range
    const transactions = new TransactionTracker(await this.#abortedFrom(segments, range.end))
    const building = { env, openFiles, map, transactions, slices, firstDirtyOffset, buffer: round.buffer, check }
    await buildOffsetMap(dirty, range.end, building)
    round.bytesRead += dirty.reduce((bytes, segment) => bytes + segment.writtenBytes, 0)
    const endOffset = map.latestOffset + 1
    if (endOffset <= firstDirtyOffset) return null
    const cleaned = segments.filter((segment) => segment.baseOffset < endOffset)
    for (const group of this.#groups(cleaned, range.end)) await this.#cleanGroup(group, round)
    await state.resources.folders.sync(state.path)
    return this.#result(round, endOffset)
  }

  async #begin(options: CleaningOptions, range: CleanableRange): Promise<Round> {
    const { state } = this.#engine
    const { env } = state.resources
    const slices = new WorkSlices(env, options.rate, this.#isStopped)
    const map = new OffsetMap({
      bytes: options.mapBytes,
      loadFactor: options.mapLoadFactor,
      keysMax: range.end - range.firstDirtyOffset,
      seed: env.random.bytes(4).readInt32BE(0),
    })
    const segments = state.segments.values().filter((segment) => segment.baseOffset < range.end)
    const kept: TransactionIndexEntry[] = []
    const aborted = await this.#abortedFrom(segments, range.end)
    const context: FilterContext = {
      map,
      slices,
      transactions: new TransactionTracker(aborted, (entry) => kept.push(entry)),
      nowMs: options.nowMs,
      deleteRetentionMs: state.config.deleteRetentionMs,
      roundEnd: range.end,
      producer: (id) => state.producers.entry(id),
      counts: { recordsRead: 0, recordsKept: 0, recordsWithoutKey: 0 },
    }
    const buffer = Buffer.allocUnsafeSlow(options.bufferBytes)
    const bytes = { bytesRead: 0, bytesWritten: 0, bytesBefore: 0, bytesAfter: 0 }
    return { ...options, ...bytes, range, map, slices, context, kept, buffer }
  }

  #result(round: Round, endOffset: number): CleaningResult {
    const { bytesRead, bytesWritten, bytesBefore, bytesAfter, map, slices, range, context } = round
    return {
      ...context.counts,
      endOffset,
      bytesRead,
      bytesWritten,
      bytesBefore,
      bytesAfter,
      isPartial: endOffset < range.end,
      mapUse: map.size / map.capacity,
      longestSliceMs: slices.longestMs,
    }
  }

  /** Reads the transaction indexes of the segments, and of those behind them that may hold markers for their data. */
  async #abortedFrom(segments: readonly Segment[], end: number): Promise<TransactionIndexEntry[]> {
    const { state } = this.#engine
    const found: TransactionIndexEntry[] = []
    let segment: Segment | undefined = segments[0]
    while (segment !== undefined) {
      const { transaction } = segment.indexes ?? (await this.#engine.loadIndexes(segment))
      this.#check()
      let isLast = false
      for (let i = 0; i < transaction.count; i++) {
        const entry = transaction.at(i)
        if (entry.firstOffset < end) found.push(entry)
        if (entry.lastStableOffset >= end && entry.lastOffset >= end) isLast = true
      }
      segment = isLast ? undefined : state.segments.after(segment)
    }
    return found
  }

  #endOf(segment: Segment): number {
    const { state } = this.#engine
    return state.segments.after(segment)?.baseOffset ?? state.logEndOffset
  }

  #groups(segments: readonly Segment[], roundEnd: number): Segment[][] {
    const { state } = this.#engine
    const last = segments.at(-1)
    const end = last === undefined ? roundEnd : this.#endOf(last)
    const indexBytes = ({ writtenBytes }: Segment): number =>
      Math.ceil(writtenBytes / Math.max(state.config.indexIntervalBytes, 1)) * OFFSET_ENTRY_BYTES
    return groupSegments(segments, { config: state.config, end, indexBytes })
  }

  async #cleanGroup(group: readonly Segment[], round: Round): Promise<void> {
    const { state } = this.#engine
    this.#check()
    const cleaned = new CleanedSegment(state, group[0]!.baseOffset)
    const swap: Swap = { replaced: group, cleaned: cleaned.segment, check: this.#check }
    let isDone = false
    try {
      round.kept.length = 0
      for (const segment of group) await this.#cleanInto(cleaned, segment, round)
      for (const entry of round.kept) cleaned.segment.indexes!.transaction.append(entry)
      await cleaned.finish()
      await offerSwap(this.#engine, swap)
      isDone = await this.#complete(swap)
      round.bytesBefore += group.reduce((bytes, { writtenBytes }) => bytes + writtenBytes, 0)
      round.bytesAfter += cleaned.segment.writtenBytes
    } finally {
      cleaned.close()
      // After a failure the files stay: nobody knows what is in them, and the next opening removes them.
      if (!isDone && state.failure === null) await discard(this.#engine, cleaned.segment)
    }
    if (!isDone) throw new LogError('CLOSED', `segments of ${state.name} were removed while they were cleaned`)
  }

  /** A failure in the middle leaves files that the log cannot go on with. */
  async #complete(swap: Swap): Promise<boolean> {
    let isDone = false
    await this.#guard.whileSegmentsStay(async () => {
      if (this.#isStopped()) return
      isDone = await completeSwap(this.#engine, swap)
    })
    return isDone
  }

  async #cleanInto(cleaned: CleanedSegment, segment: Segment, round: Round): Promise<void> {
    if (segment.writtenBytes === 0) return
    const { env, openFiles } = this.#engine.state.resources
    const { slices, context } = round
    const file = openFiles.take(segment.logPath, 'r')
    try {
      const batches = new SegmentBatches(segment, file.handle, round.buffer)
      for (;;) {
        const end = await batches.next()
        slices.began()
        this.#check()
        if (end === 0) break
        const kept = await drive(env, slices, filterBatches(batches.buffer, end, context))
        slices.ended()
        this.#check()
        const written = await cleaned.write(kept)
        round.bytesRead += end
        round.bytesWritten += written
        await slices.pay(end + written)
      }
    } finally {
      openFiles.giveBack(file)
    }
  }
}
