/**
 * The log of one partition: append, read, look up, truncate, retain.
 *
 * Three ends: *assigned* (`logEndOffset`: offsets are given out), *written* (`writtenEnd`: the kernel has the bytes) and
 * *synced* (`syncedEnd`: they survive a loss of power). assigned ≥ written ≥ synced, always.
 *
 * Appends of one turn of the event loop are written together when it ends (`timers.defer`); nobody has to flush.
 */
import { ErrorCode } from '@ottla/protocol'
import { assert } from '@ottla/stdx'
import { assignOffsets, rollAt } from './append/append-assign.ts'
import { checkAppend, rejected } from './append/append-check.ts'
import { LogCleaning } from './cleaner/log-cleaning.ts'
import { closeCleanly } from './close-log.ts'
import { parentOf } from './folder-syncs.ts'
import { InTurn } from './in-turn.ts'
import { isPassing, offlineError } from './io-error.ts'
import { seatOf } from './journal/journal-part.ts'
import type { LogConfig } from './log-config.ts'
import { type EngineEvents, LogEngine } from './log-engine.ts'
import { LogError } from './log-error.ts'
import type { LogState } from './log-state.ts'
import { abortedTransactions } from './lookup/aborted-transactions.ts'
import { offsetForTimestamp, offsetOfMaxTimestamp } from './lookup/time-lookup.ts'
import { undisturbed } from './lookup/undisturbed.ts'
import { openLogState } from './open/open-log.ts'
import { deletableSegments, segmentsBelowStart } from './retention.ts'
import type { Segment } from './segment/segment.ts'
import { formatPartitionMetadata, PARTITION_METADATA } from './store/partition-metadata.ts'
import { truncateFully, truncateLog } from './truncation.ts'
import type {
  AbortedTransaction,
  ActiveProducer,
  AppendOptions,
  AppendResult,
  EpochEnd,
  EpochEntry,
  OffsetAndTimestamp,
  OpenLogOptions,
  ReadOptions,
  ReadResult,
  RetentionOptions,
  RetentionResult,
  TopicPartition,
} from './types.ts'

export class PartitionLog {
  /** The written end, the synced end or the log start moved. Called in the same tick. */
  onProgress: () => void = () => {}
  /** A write failed: every append at and above `endOffset` (the new assigned end) was taken back. Their waiters get a retriable error. */
  onReverted: (endOffset: number, error: LogError) => void = () => {}
  /** The log went offline. Called once. */
  onFailed: (error: LogError) => void = () => {}

  /** What the cleaner does with this log. */
  readonly cleaning: LogCleaning
  readonly #state: LogState
  readonly #engine: LogEngine
  readonly #lowerRecoveryPoint: (offset: number) => Promise<void>
  readonly #recordLogStart: (offset: number) => Promise<void>
  #topicId: string | undefined
  /** Files of removed segments are taken away here, one removal after the other. */
  #removals: Promise<void> = Promise.resolve()
  #removing = 0
  /** Truncations and closing wait for each other here; appends are refused meanwhile. */
  readonly #exclusive = new InTurn()
  #syncAskedFor: number

  private constructor(state: LogState, options: OpenLogOptions) {
    this.#state = state
    this.#topicId = options.topicId
    this.#lowerRecoveryPoint = options.lowerRecoveryPoint ?? (() => Promise.resolve())
    this.#recordLogStart = options.recordLogStart ?? (() => Promise.resolve())
    this.#syncAskedFor = state.syncedEnd
    const failed = (error: LogError): void => {
      options.failed?.(error)
      this.onFailed(error)
    }
    const reverted: EngineEvents['reverted'] = (endOffset, error) => this.onReverted(endOffset, error)
    this.#engine = new LogEngine(state, { progressed: () => this.onProgress(), reverted, failed }, seatOf(options))
    this.cleaning = new LogCleaning(this.#engine, {
      whileSegmentsStay: (job) => this.#whileSegmentsStay(job),
      roll: () => this.roll(),
      isBlocked: () => this.#exclusive.isRunning,
    })
  }

  /**
   * Opens the folder, recovers it when the last stop was not clean, creates it when missing. Throws {@link LogError}:
   * 'CORRUPT' when the partition is quarantined, 'OFFLINE' when the disk fails.
   */
  static async open(options: OpenLogOptions): Promise<PartitionLog> {
    try {
      const { state, isNew, isRecovered, areEpochsStale } = await openLogState(options)
      const log = new PartitionLog(state, options)
      log.#engine.isChanged = isRecovered
      if (areEpochsStale) log.#engine.epochFile.changed()
      if (isNew || !options.cleanShutdown) {
        log.#engine.syncer.noteFolder(state.path)
        log.#engine.syncer.noteFolder(parentOf(state.path))
      }
      // Who wrote the topic's id may have ended before it was synced; what the journal holds is of no use without it.
      const isIdOpen = !isNew && (!options.cleanShutdown || state.logEndOffset === 0)
      if (isIdOpen && options.journal !== undefined) log.#engine.noteFile(`${state.path}/${PARTITION_METADATA}`)
      if (isNew && options.topicId !== undefined) await log.assignTopicId(options.topicId)
      return log
    } catch (error) {
      const what = `opening ${options.path}`
      if (isPassing(error)) throw new LogError('WRITE_FAILED', `${what}: ${error}`, error)
      throw offlineError(what, error)
    }
  }

  get topicPartition(): TopicPartition {
    return this.#state.topicPartition
  }

  get path(): string {
    return this.#state.path
  }

  get topicId(): string | undefined {
    return this.#topicId
  }

  get config(): LogConfig {
    return this.#state.config
  }

  get logStartOffset(): number {
    return this.#state.logStartOffset
  }

  get logEndOffset(): number {
    return this.#state.logEndOffset
  }

  get writtenEnd(): number {
    return this.#state.writtenEnd
  }

  get syncedEnd(): number {
    return this.#state.syncedEnd
  }

  /** Everything below, and what is derived from it, is synced: for the recovery-point checkpoint. */
  get recoveryPoint(): number {
    return this.#state.recoveryPoint
  }

  get highWatermark(): number {
    return this.#state.highWatermark
  }

  /** First offset of a transaction that is open, or whose end the high watermark has not passed; -1 when there is none. */
  get firstUnstableOffset(): number {
    return this.#state.producers.firstUnstableOffset
  }

  /** min(high watermark, firstUnstableOffset): what read_committed sees. */
  get lastStableOffset(): number {
    const { firstUnstableOffset, highWatermark, logStartOffset } = this
    if (firstUnstableOffset < 0) return highWatermark
    return Math.min(Math.max(firstUnstableOffset, logStartOffset), highWatermark)
  }

  /** Producers that the log remembers. */
  get producerCount(): number {
    return this.#state.producers.size
  }

  /** The newest leader epoch; -1 without one. */
  get latestEpoch(): number {
    return this.#state.epochs.latest
  }

  get epochs(): readonly EpochEntry[] {
    return this.#state.epochs.entries
  }

  get sizeBytes(): number {
    return this.#state.sizeBytes
  }

  get segmentCount(): number {
    return this.#state.segments.count
  }

  /** Base offsets of the segments, oldest first. */
  get segmentBaseOffsets(): readonly number[] {
    return this.#state.segments.values().map((segment) => segment.baseOffset)
  }

  /** Why the log is offline; null while it is not. */
  get failure(): LogError | null {
    return this.#state.failure
  }

  get isClosed(): boolean {
    return this.#state.isClosed
  }

  /**
   * Assigns offsets, stamps in place, checks the producer; the bytes are written when the turn ends. The caller has checked
   * the batches themselves (checksum, timestamps, keys).
   */
  append(records: Buffer, options: AppendOptions): AppendResult {
    const state = this.#state
    if (state.failure !== null) return rejected(ErrorCode.KAFKA_STORAGE_ERROR, state.failure.message)
    if (this.#exclusive.isRunning || state.isClosed) {
      return rejected(ErrorCode.NOT_LEADER_OR_FOLLOWER, `${state.name} is being cut or closed`)
    }
    const refusal = checkAppend(state, records, options)
    if (refusal !== null) return refusal
    const { writes, baseOffset, lastOffset, logAppendTimeMs } = assignOffsets(state, records, options)
    this.#engine.pushWrites(writes)
    if (state.logEndOffset - this.#syncAskedFor >= state.config.flushMessages) this.requestSync()
    return { kind: 'appended', baseOffset, lastOffset, logAppendTimeMs }
  }

  /** Writes what was appended in this turn now. Never needed. */
  flushWrites(): void {
    this.#engine.writer.flushWrites()
  }

  /** Asks that all that is assigned now be synced. Group commit: one sync in flight, what arrives meanwhile is the next one. */
  requestSync(): void {
    this.#syncAskedFor = this.#state.logEndOffset
    this.#engine.syncer.request(this.#syncAskedFor)
  }

  /** All that was assigned is written and synced when it resolves. Rejects with {@link LogError}. */
  async flush(): Promise<void> {
    const { writer, syncer, epochFile, sealer } = this.#engine
    await writer.idle()
    this.#throwIfFailed()
    await Promise.all([epochFile.idle(), sealer.idle()])
    await syncer.settle()
    this.#throwIfFailed()
  }

  /** Whole batches from the one that holds `offset`. Synchronous from memory, else a promise. Never rejects. */
  read(offset: number, options: ReadOptions): ReadResult | Promise<ReadResult> {
    return this.#engine.reader.read(offset, options)
  }

  /** The first record at or after the log start whose timestamp is ≥ `timestampMs`; offset -1 when there is none. */
  offsetForTimestamp(timestampMs: number): Promise<OffsetAndTimestamp> {
    return undisturbed(this.#state, () => offsetForTimestamp(this.#state, this.#engine, timestampMs))
  }

  /** The first record with the largest timestamp (ListOffsets -3); offset -1 when there is none. */
  offsetOfMaxTimestamp(): Promise<OffsetAndTimestamp> {
    return undisturbed(this.#state, () => offsetOfMaxTimestamp(this.#state, this.#engine))
  }

  /** Where `epoch` ended in this log (KIP-320); both -1 when it is not known. */
  endOffsetForEpoch(epoch: number): EpochEnd {
    return this.#state.epochs.endOffsetFor(epoch, this.#state.logEndOffset)
  }

  /** Leader epoch of the record at `offset`; -1 when it is older than all that is known. */
  epochForOffset(offset: number): number {
    return this.#state.epochs.epochFor(offset)
  }

  /** A leader's epoch starts here. No-op when the epoch is known. */
  assignEpochStart(epoch: number, startOffset: number): void {
    if (this.#state.epochs.assign(epoch, startOffset)) this.#engine.epochFile.changed()
  }

  /** Told by the replica; goes back only with truncation. Retention and the last stable offset follow it. */
  updateHighWatermark(offset: number): void {
    const state = this.#state
    state.highWatermark = Math.max(state.logStartOffset, Math.min(offset, state.logEndOffset))
    state.producers.passedHighWatermark(state.highWatermark)
  }

  /** Moves the log start (never back, never past the high watermark) and drops whole segments below it. */
  deleteRecordsBefore(offset: number): void {
    const state = this.#state
    const start = Math.min(offset, state.highWatermark)
    if (start <= state.logStartOffset) return
    this.#moveLogStart(start)
    this.#removeFirst(segmentsBelowStart(state))
    this.onProgress()
  }

  /** One pass of retention: by log start, and with cleanup.policy delete by size and time. */
  applyRetention({ nowMs }: RetentionOptions): RetentionResult {
    const state = this.#state
    if (state.failure !== null || state.isClosed || this.#exclusive.isRunning)
      return { deletedSegments: 0, deletedBytes: 0 }
    const count = deletableSegments(state, nowMs)
    if (count === 0) return { deletedSegments: 0, deletedBytes: 0 }
    if (count === state.segments.count) this.roll()
    this.#moveLogStart(Math.max(state.logStartOffset, state.segments.at(count).baseOffset))
    const deletedBytes = this.#removeFirst(count)
    this.onProgress()
    return { deletedSegments: count, deletedBytes }
  }

  /** Forgets producers that wrote nothing for producer.id.expiration.ms. */
  expireProducers(nowMs: number): void {
    this.#state.producers.expire(nowMs, this.#state.config.producerIdExpirationMs)
  }

  /** Starts a new segment if the active one holds anything; returns the base offset of the active one. */
  roll(): number {
    const state = this.#state
    if (state.segments.active.assignedBytes > 0 && state.failure === null) {
      rollAt(state, state.logEndOffset)
      this.#engine.isChanged = true
      this.#engine.sealer.proceed()
    }
    return state.segments.active.baseOffset
  }

  updateConfig(config: LogConfig): void {
    this.#state.config = config
  }

  /** Writes partition.metadata. */
  async assignTopicId(topicId: string): Promise<void> {
    const path = `${this.path}/${PARTITION_METADATA}`
    await this.#state.resources.env.files.writeFile(path, formatPartitionMetadata(topicId))
    this.#topicId = topicId
    this.#engine.noteFile(path)
    this.#engine.syncer.noteFolder(this.path)
  }

  /** Cuts everything at and above `offset`. Appends that wait are taken back first. */
  truncateTo(offset: number): Promise<void> {
    return this.#exclusive.run(async () => {
      if (offset >= this.#state.logEndOffset) return
      await this.#cut(async (steps) => {
        // What waited to be written may have been all there was above the offset.
        if (offset < this.#state.logEndOffset) await truncateLog(this.#state, offset, steps)
      })
    })
  }

  /** Drops everything; the log begins anew at `offset`. */
  truncateFullyAndStartAt(offset: number): Promise<void> {
    return this.#exclusive.run(() => this.#cut((steps) => truncateFully(this.#state, offset, steps)))
  }

  activeProducers(): ActiveProducer[] {
    return this.#state.producers.activeProducers()
  }

  /** Whether a producer has written to a transaction in this epoch, and no marker has ended it. As of the assigned end. */
  hasOpenTransaction(producerId: number, producerEpoch: number): boolean {
    return this.#state.producers.hasOpenTransaction(producerId, producerEpoch)
  }

  /** Aborted transactions that overlap [from, upTo), in the order of their markers. Synchronous when what is needed is in memory. */
  abortedTransactions(from: number, upTo: number): AbortedTransaction[] | Promise<AbortedTransaction[]> {
    return abortedTransactions(this.#state, this.#engine, from, upTo)
  }

  /** Takes no more appends, and closes once `copyRest` has what there is, all of it written. When that fails the log goes on. */
  handOver(copyRest: () => Promise<void>): Promise<void> {
    return this.#exclusive.run(async () => {
      await this.cleaning.callOff()
      await this.#removals
      await this.#engine.writer.idle()
      this.#throwIfFailed()
      await copyRest()
      await this.#engine.syncer.settleWithoutJournal()
      this.#throwIfFailed()
      await this.#engine.stop()
    })
  }

  /** The folder failed: this log is offline too. */
  takeOffline(error: LogError): void {
    this.#engine.failed(error)
  }

  /** Files that a recovery point relies on are written and synced. Before a checkpoint is taken. */
  async settleDerived(): Promise<void> {
    const { epochFile, sealer, syncer } = this.#engine
    if (this.failure !== null) return
    await Promise.all([epochFile.idle(), sealer.idle(), this.#removals])
    if (syncer.hasFiles) await syncer.settle()
  }

  /** The files alone say where the log begins: the first segment has one, and none of those before it can come back. */
  get isSettled(): boolean {
    return this.#removing === 0 && !this.#engine.syncer.hasFiles && this.#state.segments.first.isCreated
  }

  /** `clean`: flushes, and writes what spares the next opening a recovery. Else everything in memory is dropped. */
  async close(options: { clean: boolean }): Promise<void> {
    await this.#exclusive.run(async () => {
      if (this.#state.isClosed) return
      try {
        await this.cleaning.callOff()
        await this.#removals
        if (options.clean && this.failure === null) await closeCleanly(this.#engine)
      } finally {
        await this.#engine.stop()
      }
    })
    if (options.clean) this.#throwIfFailed()
  }

  /** The folder is about to go: what the journal holds of the log does not count any more. */
  async leaveJournal(): Promise<void> {
    await this.#engine.syncer.leaveJournal(Number.POSITIVE_INFINITY)
  }

  async #cut(truncate: (steps: Parameters<typeof truncateLog>[2]) => Promise<void>): Promise<void> {
    const { writer, syncer, sealer, removal, tail, reader, epochFile } = this.#engine
    const state = this.#state
    await this.cleaning.callOff()
    this.#throwIfFailed()
    writer.takeBack(new LogError('CLOSED', `${state.name} is being cut`))
    // What is still being derived from what will be cut must not be written after the cut.
    await Promise.all([writer.idle(), sealer.idle(), epochFile.idle(), this.#removals])
    this.#throwIfFailed()
    try {
      // What is cut must not come back from there.
      await syncer.settleWithoutJournal()
      this.#throwIfFailed()
      await truncate({
        removal,
        cut: () => {
          tail.truncateTo(state.logEndOffset)
          reader.forget()
          syncer.lowerWanted(state.logEndOffset)
          syncer.dropHeld()
          this.#syncAskedFor = Math.min(this.#syncAskedFor, state.logEndOffset)
        },
        lowerRecoveryPoint: this.#lowerRecoveryPoint,
        recordLogStart: this.#recordLogStart,
      })
    } catch (error) {
      const failure = offlineError(`cutting ${this.path}`, error)
      this.#engine.failed(failure)
      throw failure
    }
    this.#engine.isChanged = true
    epochFile.changed()
    this.onProgress()
  }

  #moveLogStart(offset: number): void {
    const state = this.#state
    assert(offset <= state.logEndOffset, 'the log start does not pass the end')
    state.logStartOffset = offset
    state.highWatermark = Math.max(state.highWatermark, offset)
    if (state.epochs.truncateFromStart(offset)) this.#engine.epochFile.changed()
  }

  /**
   * Takes the first segments out; returns their bytes. Their files go once the log start is recorded: what is left of them after
   * a crash is known to be no part of the log.
   */
  #removeFirst(count: number): number {
    if (count === 0) return 0
    const removed = this.#state.segments.removeFirst(count)
    this.#engine.isChanged = true
    this.#engine.reader.forget()
    this.#removing++
    this.#removals = this.#removals.then(() => this.#removeFiles(removed))
    return removed.reduce((bytes, segment) => bytes + segment.writtenBytes, 0)
  }

  async #removeFiles(segments: readonly Segment[]): Promise<void> {
    const { removal, syncer } = this.#engine
    try {
      if (this.failure !== null || this.#state.isClosed) return
      await this.#recordLogStart(this.logStartOffset)
      await removal.keepProducers()
      for (const segment of segments) removal.remove(segment)
      syncer.noteFolder(this.path)
    } catch (error) {
      this.#engine.failed(offlineError(`removing segments of ${this.path}`, error))
    } finally {
      this.#removing--
    }
  }

  /** A failure in the middle of it leaves files that nobody knows. */
  async #whileSegmentsStay(job: () => Promise<void>): Promise<void> {
    this.#engine.isChanged = true
    const run = this.#removals.then(job)
    this.#removals = run.catch((error: unknown) => {
      this.#engine.failed(offlineError(`replacing segments of ${this.path}`, error))
    })
    await this.#removals
    this.#throwIfFailed()
  }

  #throwIfFailed(): void {
    if (this.failure !== null) throw this.failure
  }
}
