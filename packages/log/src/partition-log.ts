/**
 * The log of one partition: append, read, look up, truncate, retain.
 *
 * Three ends: *assigned* (`logEndOffset`: offsets are given out), *written* (`writtenEnd`: the kernel has the bytes) and
 * *synced* (`syncedEnd`: they survive a loss of power). assigned ≥ written ≥ synced, always.
 */
import type { LogConfig } from './log-config.ts'
import type { LogError } from './log-error.ts'
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

export declare class PartitionLog {
  /** Opens the folder, recovers it when the last stop was not clean, creates it when missing. Throws {@link LogError}. */
  static open(options: OpenLogOptions): Promise<PartitionLog>

  readonly topicPartition: TopicPartition
  readonly path: string
  readonly topicId: string | undefined
  readonly config: LogConfig
  readonly logStartOffset: number
  readonly logEndOffset: number
  readonly writtenEnd: number
  readonly syncedEnd: number
  readonly highWatermark: number
  /** min(first offset of an open transaction, or of one whose end the high watermark has not passed; -1 when there is none). */
  readonly firstUnstableOffset: number
  /** min(high watermark, firstUnstableOffset): what read_committed sees. */
  readonly lastStableOffset: number
  readonly latestEpoch: number
  readonly epochs: readonly EpochEntry[]
  readonly sizeBytes: number
  readonly segmentCount: number
  /** Why the log is offline; null while it is not. */
  readonly failure: LogError | null

  /** The written end, the synced end or the log start moved. Called in the same tick. */
  onProgress: () => void
  /** A write failed: every append at and above `endOffset` (the new assigned end) was taken back. Their waiters get a retriable error. */
  onReverted: (endOffset: number, error: LogError) => void
  /** The log went offline. Called once. */
  onFailed: (error: LogError) => void

  /** Assigns offsets, stamps in place, checks the producer; the bytes are written when the turn ends (or by `flushWrites`). */
  append(records: Buffer, options: AppendOptions): AppendResult
  /** Writes what was appended in this turn now. Never needed: a turn's appends are flushed by `timers.defer`. */
  flushWrites(): void
  /** Asks that all that is assigned now be synced. Group commit: one sync in flight, what arrives meanwhile is the next one. */
  requestSync(): void
  /** All that was assigned is written and synced when it resolves. Rejects with {@link LogError}. */
  flush(): Promise<void>

  /** Synchronous for the tail, else a promise. Never rejects. */
  read(offset: number, options: ReadOptions): ReadResult | Promise<ReadResult>

  /** The first record at or after the log start whose timestamp is ≥ `timestampMs`; offset -1 when there is none. */
  offsetForTimestamp(timestampMs: number): Promise<OffsetAndTimestamp>
  /** The first record with the largest timestamp (ListOffsets -3). */
  offsetOfMaxTimestamp(): Promise<OffsetAndTimestamp>
  endOffsetForEpoch(epoch: number): EpochEnd
  epochForOffset(offset: number): number
  /** A new leader's epoch starts here. No-op when the epoch is known. */
  assignEpochStart(epoch: number, startOffset: number): void

  /** Told by the replica; only grows except after truncation. Retention, LSO and transactions use it. */
  updateHighWatermark(offset: number): void
  /** DeleteRecords and followers: moves the log start (never back, never past the high watermark) and drops whole segments below it. */
  deleteRecordsBefore(offset: number): void
  applyRetention(options: RetentionOptions): RetentionResult
  /** Forgets producers that were silent for too long. */
  expireProducers(nowMs: number): void
  /** Starts a new segment if the active one holds anything; returns the base offset of the active one. */
  roll(): number
  updateConfig(config: LogConfig): void
  assignTopicId(topicId: string): Promise<void>

  /** Cuts everything at and above `offset`. Waiting appends are taken back first. */
  truncateTo(offset: number): Promise<void>
  truncateFullyAndStartAt(offset: number): Promise<void>

  activeProducers(): ActiveProducer[]
  /** Aborted transactions that overlap [from, upTo). */
  abortedTransactions(from: number, upTo: number): Promise<AbortedTransaction[]>

  /** `clean`: flushes, writes indexes and a producer snapshot. Otherwise drops everything in memory. */
  close(options: { clean: boolean }): Promise<void>
}
