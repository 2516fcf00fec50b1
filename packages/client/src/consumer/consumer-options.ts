/** What a consumer is told when it is made. */
import type { Codec } from '../codec/codec.ts'
import { bytesCodec } from '../codec/codecs.ts'
import { ArgumentError } from '../errors.ts'
import type { TopicPartition } from '../topic-partition.ts'
import type { Assignor } from './assignors/assignor.ts'
import { rangeAssignor } from './assignors/range-assignor.ts'
import { roundRobinAssignor } from './assignors/round-robin-assignor.ts'
import { type OffsetReset, type ResetPolicy, resetPolicy } from './offset-reset.ts'

/** Called within `poll`, before it resolves. What they return is waited for. */
export interface RebalanceListener {
  onAssigned?(partitions: readonly TopicPartition[]): void | Promise<void>
  /** The partitions are still this member's: the last moment to commit. */
  onRevoked?(partitions: readonly TopicPartition[]): void | Promise<void>
  /** The group went on without this member: the partitions may be another's already. */
  onLost?(partitions: readonly TopicPartition[]): void | Promise<void>
}

/** Times are in milliseconds, sizes in bytes. Defaults are those of Kafka's consumer where nothing else is said. */
export interface ConsumerOptions<K = Buffer, V = Buffer> {
  /** Codec of keys. Default: bytes. */
  readonly key?: Codec<K>
  /** Codec of values. Default: bytes. */
  readonly value?: Codec<V>
  /** The group that shares the topics and keeps the offsets. Needed for `subscribe` and for commits. */
  readonly groupId?: string
  /** Makes this a static member: a restart within the session timeout moves no partitions. */
  readonly groupInstanceId?: string
  /** Where to begin where there is no committed offset, or where it is gone from the log. Default: latest. */
  readonly autoOffsetReset?: OffsetReset
  /** Commits by itself what `poll` or the iteration has passed by. Default: true when there is a group. */
  readonly autoCommit?: boolean
  readonly autoCommitIntervalMs?: number
  /**
   * Who shares out the partitions: the group's coordinator (`consumer`, KIP-848) or a member (`classic`). Default: the coordinator where brokers
   * and group can do that and no assignors are given, else a member.
   */
  readonly groupProtocol?: 'consumer' | 'classic'
  /** Name of the coordinator's way to share out, under the consumer protocol. Default: that of the broker. */
  readonly groupRemoteAssignor?: string
  /** How the leader of the group shares out partitions, best first. Default: range, then roundrobin. */
  readonly assignors?: readonly Assignor[]
  readonly rebalanceListener?: RebalanceListener
  /** Whether records of transactions that are open or were aborted are handed out. Default: read_uncommitted. */
  readonly isolationLevel?: 'read_uncommitted' | 'read_committed'
  /** Where this consumer is; brokers may name a replica nearby to read from. */
  readonly rack?: string
  readonly sessionTimeoutMs?: number
  readonly heartbeatIntervalMs?: number
  /** A member that does not poll for so long leaves the group (with the event `stalled`), and joins again with its next `poll`. Default 300,000. */
  readonly maxPollIntervalMs?: number
  /** After so long without an answer of the group or of a partition's leader the consumer tells that it is `stalled`. Default 60,000. */
  readonly stallAfterMs?: number
  /** Most records of one `poll`. */
  readonly maxPollRecords?: number
  readonly fetchMinBytes?: number
  readonly fetchMaxWaitMs?: number
  readonly fetchMaxBytes?: number
  readonly maxPartitionFetchBytes?: number
  /** Lets brokers create a topic that is subscribed to. Default: true. */
  readonly allowAutoCreateTopics?: boolean
  /** Checks the checksum of every batch. Default: true. */
  readonly checkCrcs?: boolean
}

export interface ResolvedConsumerOptions {
  readonly key: Codec<unknown>
  readonly value: Codec<unknown>
  readonly groupId: string | null
  readonly groupInstanceId: string | null
  readonly autoOffsetReset: ResetPolicy
  readonly autoCommit: boolean
  readonly autoCommitIntervalMs: number
  readonly groupProtocol: 'consumer' | 'classic' | 'either'
  readonly groupRemoteAssignor: string | null
  readonly assignors: readonly Assignor[]
  readonly rebalanceListener: RebalanceListener
  readonly isReadCommitted: boolean
  readonly rack: string
  readonly sessionTimeoutMs: number
  readonly heartbeatIntervalMs: number
  readonly maxPollIntervalMs: number
  readonly stallAfterMs: number
  readonly maxPollRecords: number
  readonly fetchMinBytes: number
  readonly fetchMaxWaitMs: number
  readonly fetchMaxBytes: number
  readonly maxPartitionFetchBytes: number
  readonly allowAutoCreateTopics: boolean
  readonly checkCrcs: boolean
}

/** Fills in the defaults. Throws {@link ArgumentError}. */
export function resolveConsumerOptions<K, V>(options: ConsumerOptions<K, V>): ResolvedConsumerOptions {
  const groupId = options.groupId ?? null
  if (groupId === '') throw new ArgumentError('a group id has at least one character')
  if (groupId === null && options.autoCommit === true) throw new ArgumentError('automatic commits need a group id')
  const assignors = options.assignors ?? [rangeAssignor, roundRobinAssignor]
  if (options.groupProtocol === 'consumer' && options.assignors !== undefined)
    throw new ArgumentError('under the consumer protocol the coordinator assigns: assignors are of the classic one')
  if (assignors.length === 0) throw new ArgumentError('a consumer needs an assignor')
  const resolved = {
    key: (options.key ?? bytesCodec) as Codec<unknown>,
    value: (options.value ?? bytesCodec) as Codec<unknown>,
    groupId,
    groupInstanceId: options.groupInstanceId ?? null,
    autoOffsetReset: resetPolicy(options.autoOffsetReset ?? 'latest'),
    autoCommit: options.autoCommit ?? groupId !== null,
    autoCommitIntervalMs: options.autoCommitIntervalMs ?? 5000,
    groupProtocol: options.groupProtocol ?? (options.assignors === undefined ? 'either' : 'classic'),
    groupRemoteAssignor: options.groupRemoteAssignor ?? null,
    assignors,
    rebalanceListener: options.rebalanceListener ?? {},
    isReadCommitted: options.isolationLevel === 'read_committed',
    rack: options.rack ?? '',
    sessionTimeoutMs: options.sessionTimeoutMs ?? 45_000,
    heartbeatIntervalMs: options.heartbeatIntervalMs ?? 3000,
    maxPollIntervalMs: options.maxPollIntervalMs ?? 300_000,
    stallAfterMs: options.stallAfterMs ?? 60_000,
    maxPollRecords: options.maxPollRecords ?? 500,
    fetchMinBytes: options.fetchMinBytes ?? 1,
    fetchMaxWaitMs: options.fetchMaxWaitMs ?? 500,
    fetchMaxBytes: options.fetchMaxBytes ?? 52_428_800,
    maxPartitionFetchBytes: options.maxPartitionFetchBytes ?? 1_048_576,
    allowAutoCreateTopics: options.allowAutoCreateTopics ?? true,
    checkCrcs: options.checkCrcs ?? true,
  } as const
  if (resolved.heartbeatIntervalMs >= resolved.sessionTimeoutMs) {
    throw new ArgumentError('heartbeatIntervalMs must be less than sessionTimeoutMs')
  }
  return resolved
}
