/**
 * What a log takes and gives. Offsets are numbers; an "end" is exclusive: the offset the next record would get.
 */
import type { Slab } from '@ottla/stdx'
import type { FolderJournal } from './journal/journal-client.ts'
import type { LogConfig } from './log-config.ts'
import type { LogError } from './log-error.ts'
import type { LogResources } from './log-resources.ts'
import type { WritePace } from './write/write-pace.ts'

export interface TopicPartition {
  readonly topic: string
  readonly partition: number
}

/** Something that counts the holders of bytes, such as a slab slice. The bytes stay as they are while one is held. */
export interface Retainable {
  retain(): void
  release(): void
  /** What the bytes are a part of: who holds many pieces for long holds this for each instead. */
  readonly slab?: Slab
}

/**
 * Who writes. It decides which checks apply:
 * 'client' (Produce): size, producer epoch and sequence, duplicates; 'coordinator' (offset commits, transaction
 * markers): size, producer and coordinator epoch; 'controller': none; 'replica': none, and the batches keep the offsets
 * and leader epochs they have.
 */
export type AppendOrigin = 'client' | 'coordinator' | 'controller' | 'replica'

export interface AppendOptions {
  readonly origin: AppendOrigin
  /** Stamped into each batch; ignored for origin 'replica'. */
  readonly leaderEpoch: number
  /** Owner of the bytes. The log takes its own counts; the caller keeps (and releases) his. Without an owner the bytes are given away. */
  readonly owner?: Retainable | undefined
  /**
   * Of a transaction marker. From version 2 on (KIP-890) each end of a transaction has an epoch of its own, above that of its records: one
   * that comes late, when the next transaction has begun in its epoch, is told by that. Default 0.
   */
  readonly transactionVersion?: number | undefined
}

export type AppendResult =
  | {
      readonly kind: 'appended'
      readonly baseOffset: number
      readonly lastOffset: number
      /** The time stamped into the batch when the topic has LogAppendTime, else -1. */
      readonly logAppendTimeMs: number
    }
  /** One of the producer's last five batches came again: nothing was appended. Acknowledge as the original: when `lastOffset` is committed. */
  | {
      readonly kind: 'duplicate'
      readonly baseOffset: number
      readonly lastOffset: number
      readonly logAppendTimeMs: number
    }
  /** Nothing was appended. `error` is a Kafka error code. */
  | { readonly kind: 'rejected'; readonly error: number; readonly message: string }

export interface ReadOptions {
  /** A whole number. Soft for the first batch when `minOneBatch`, else hard. */
  readonly maxBytes: number
  /** The visible end (high watermark, last stable offset, or the log's end for replicas); batches at and above it are not returned. Never passes `writtenEnd`. */
  readonly upTo: number
  readonly minOneBatch: boolean
  /** Verify the CRC of what comes from disk (for followers). Default false. */
  readonly verify?: boolean
}

export type ReadResult =
  /** Whole batches, from the one that holds the offset on. `release` must be called once, when the bytes have left. */
  | {
      readonly kind: 'records'
      readonly buffers: readonly Buffer[]
      readonly sizeBytes: number
      /** Base offset of the first batch (≤ the offset asked for); the offset asked for when there are no bytes. */
      readonly firstOffset: number
      /** Where the next read goes on. */
      readonly nextOffset: number
      release(): void
    }
  | { readonly kind: 'outOfRange'; readonly logStartOffset: number; readonly logEndOffset: number }
  /** `error` is a Kafka error code: KAFKA_STORAGE_ERROR, CORRUPT_MESSAGE, or UNKNOWN_SERVER_ERROR when what was asked for makes no sense. */
  | { readonly kind: 'failed'; readonly error: number; readonly message: string }

/** Answer of a lookup by time. `offset` -1: no such record. */
export interface OffsetAndTimestamp {
  readonly offset: number
  readonly timestampMs: number
  /** Leader epoch of the batch; -1 when unknown. */
  readonly leaderEpoch: number
}

/** Where the given epoch ended in this log (KIP-101/320). Both -1: nothing known. */
export interface EpochEnd {
  /** The largest epoch known that is ≤ the one asked for. */
  readonly epoch: number
  readonly endOffset: number
}

export interface EpochEntry {
  readonly epoch: number
  readonly startOffset: number
}

/** State of one producer as DescribeProducers shows it. */
export interface ActiveProducer {
  readonly producerId: number
  readonly producerEpoch: number
  readonly lastSequence: number
  readonly lastTimestampMs: number
  readonly coordinatorEpoch: number
  /** First offset of its open transaction, -1 when it has none. */
  readonly currentTransactionStartOffset: number
}

export interface AbortedTransaction {
  readonly producerId: number
  readonly firstOffset: number
}

export interface OpenLogOptions {
  readonly resources: LogResources
  /** Absolute path of the partition's folder; made when missing. */
  readonly path: string
  readonly topicPartition: TopicPartition
  readonly topicId?: string
  readonly config: LogConfig
  /** The last stop of this folder was clean: nothing is scanned. */
  readonly cleanShutdown: boolean
  /** Everything below was synced (0 when unknown). Recovery never cuts below it: the log is quarantined instead. */
  readonly recoveryPoint: number
  /** The last high watermark if it counted only what was synced (durability fsync), else leave it out. Bounds recovery like the recovery point. */
  readonly committedOffset?: number
  /** Below this the log was compacted: offsets may be missing. Default 0. */
  readonly compactedBelow?: number
  /** From the log-start checkpoint (DeleteRecords); 0 when there is none. */
  readonly logStartOffset?: number
  /**
   * 'quarantine' (default): damage in the middle fails the opening with {@link LogError} 'CORRUPT' and touches nothing.
   * 'truncate': cuts there, as Apache Kafka does; for replicas whose leader has the rest.
   */
  readonly onDamage?: 'quarantine' | 'truncate'
  /**
   * Whether what was written and not synced survived the last stop: 'kept' when the machine has not been started again
   * since, 'lost' when it has. Default 'unknown'.
   */
  readonly pageCache?: 'kept' | 'lost' | 'unknown'
  /** A sync of this folder's disk failed since the machine was started: pages that look clean may not be on the disk. */
  readonly hadFailedSync?: boolean
  /** What this log shares with others of its folder, for syncs. Default: none, each sync is one of the log's own files. */
  readonly journal?: FolderJournal
  /** How fast writes to this folder's disk are; default: the process's. */
  readonly pace?: WritePace
  /** Called (and awaited) before the files are cut below what was recorded as synced. */
  readonly lowerRecoveryPoint?: (offset: number) => Promise<void>
  /** Called (and awaited) before files below the log start are removed: after a crash some of them may be back. */
  readonly recordLogStart?: (offset: number) => Promise<void>
  /** Told before `onFailed` that the log went offline: for who owns the folder. */
  readonly failed?: (error: LogError) => void
}

export interface RetentionOptions {
  readonly nowMs: number
}

/** What a retention pass removed. */
export interface RetentionResult {
  readonly deletedSegments: number
  readonly deletedBytes: number
}
