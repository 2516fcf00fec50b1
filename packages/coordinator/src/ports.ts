/**
 * What the coordinators need of the world, as the broker wires it: logs to write to and to load from, topics to look up,
 * time, timers and member ids. All calls come from the event loop, none of them waits.
 */
import type { RuntimeClock, RuntimeTimers } from '@ottla/runtime'

export interface CoordinatorEnv {
  /** `env.clock` fits. */
  readonly clock: RuntimeClock
  /** `env.timers` fits. */
  readonly timers: RuntimeTimers
  readonly memberIds: MemberIds
  readonly log: CoordinatorLogger
}

/** Where the ids of new members come from; random, so that no two brokers and no two runs give the same. */
export interface MemberIds {
  /** The part after `<client id>-` or `<instance id>-`, in Kafka's form of a uuid: 8-4-4-4-12 hex digits. */
  nextSuffix(): string
  /** A random uuid in Kafka's text form, 22 characters: the whole id of a member of a modern group. */
  nextUuid(): string
}

/** The part of the Logger of @ottla/env that the coordinators use. */
export interface CoordinatorLogger {
  debug(message: string, fields?: Readonly<Record<string, unknown>>): void
  info(message: string, fields?: Readonly<Record<string, unknown>>): void
  warn(message: string, fields?: Readonly<Record<string, unknown>>): void
  error(message: string, fields?: Readonly<Record<string, unknown>>): void
}

/** One record to write. The log makes a batch of the records of one call, with `timestampMs` as their time. */
export interface NewRecord {
  readonly key: Buffer
  /** null: a tombstone. */
  readonly value: Buffer | null
}

export interface AppendOptions {
  /** Wall time of the batch, milliseconds. */
  readonly timestampMs: number
  /** Of a transaction (TxnOffsetCommit); absent for all else. */
  readonly producer?: { readonly id: number; readonly epoch: number }
}

/**
 * The log of one partition, opened for writing by the leader in one epoch.
 *
 * The broker calls back `GroupCoordinator.committed(partition, epoch, offset)` whenever what is durable moved (high
 * watermark, and the profile's durable end), and `failed(partition, epoch, error, logEndOffset)` when a write failed and
 * the log was cut back.
 */
export interface PartitionWriter {
  /**
   * Appends the records as one batch, at once. Returns the log's end offset after it. Throws ApiError when the log does
   * not take it (NOT_LEADER_OR_FOLLOWER, NOT_ENOUGH_REPLICAS, MESSAGE_TOO_LARGE, RECORD_LIST_TOO_LARGE, KAFKA_STORAGE_ERROR); nothing
   * was appended then.
   */
  append(records: readonly NewRecord[], options: AppendOptions): number
  /** Deletes all records below the offset, which are committed, in its own time; a failure is its own to care for. Logs that only grow lack it. */
  deleteRecordsBefore?(offset: number): void
  /**
   * Appends like `append` the marker that ends a producer's transaction on this partition, a batch of one. Refused too when the producer has a later epoch
   * (INVALID_PRODUCER_EPOCH), or a later coordinator has written (TRANSACTION_COORDINATOR_FENCED). Only partitions of `__consumer_offsets` get any.
   */
  appendMarker?(marker: PartitionMarker, options: Pick<AppendOptions, 'timestampMs'>): number
}

/** The end of a producer's transaction, as one partition is told of it. */
export interface PartitionMarker {
  readonly producerId: number
  readonly producerEpoch: number
  readonly outcome: 'commit' | 'abort'
  /** Of the transaction coordinator. */
  readonly coordinatorEpoch: number
  /** From 2 on the epoch is one that the producer's records of this transaction do not have (KIP-890). */
  readonly transactionVersion: number
}

/** A batch of the log, for loading. */
export interface StoredBatch {
  /** Last offset + 1. */
  readonly nextOffset: number
  /** -1: not of a producer with an id. */
  readonly producerId: number
  readonly producerEpoch: number
  readonly isTransactional: boolean
  /** What the control batch says; undefined for batches of data. Other control batches may be left out. */
  readonly marker?: 'commit' | 'abort'
  /** Empty for control batches. The buffers need to be valid only until the iterator goes on. */
  readonly records: Iterable<StoredRecord>
}

export interface StoredRecord {
  readonly offset: number
  readonly key: Buffer | null
  readonly value: Buffer | null
}

/** All committed batches of a partition, from its log start to its end. */
export type StoredBatches = AsyncIterable<StoredBatch> | Iterable<StoredBatch>

/** The topics of the cluster by name and id, as the newest metadata image has them. */
export interface TopicLookup {
  /** The id of the topic of that name; undefined when there is none. */
  idOf(name: string): string | undefined
  /** The name of the topic with that id; undefined when there is none. */
  nameOf(id: string): string | undefined
  hasPartition(name: string, partition: number): boolean
}

/** A topic, as assignors and stored group records want it. */
export interface GroupTopic {
  readonly name: string
  readonly topicId: string
  readonly partitionCount: number
  /** Racks of the replicas, by partition, sorted; null when no replica's rack is known. */
  readonly racks: readonly (readonly string[])[] | null
  /** Kafka's hash over all of that (KIP-1101): equal means unchanged. 64 opaque bits. */
  readonly hash: bigint
}

/** The topics of the cluster with what group assignments depend on. An immutable view: the next image has another. */
export interface GroupTopics extends TopicLookup {
  /** Grows with each change of topics, partitions or racks. The offset of the metadata image that brought it. */
  readonly version: number
  /** The same of the last change in which topics were created or deleted: what regular expressions match may be different since. */
  readonly namesVersion: number
  byName(name: string): GroupTopic | undefined
  byId(id: string): GroupTopic | undefined
  names(): Iterable<string>
}

/** Regular expressions in RE2's syntax, matched against whole names (KIP-848). What does it may have to be loaded first. */
export interface TopicPatterns {
  /** Resolves when `compile` gives an answer. */
  ready(): Promise<void>
  compile(pattern: string): CompiledPattern
}

export type CompiledPattern =
  | { readonly kind: 'compiled'; readonly matches: (topic: string) => boolean }
  | { readonly kind: 'invalid'; readonly reason: string }
  /** Not ready: ask again later. */
  | { readonly kind: 'unknown' }
