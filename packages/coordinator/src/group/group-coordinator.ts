/**
 * The group coordinator of a broker: the partitions of `__consumer_offsets` that it leads, and the requests about the
 * groups on them.
 */
import {
  ApiError,
  type ConsumerGroupDescribeRequest,
  type ConsumerGroupDescribeResponse,
  type ConsumerGroupHeartbeatRequest,
  type ConsumerGroupHeartbeatResponse,
  type DeleteGroupsRequest,
  type DeleteGroupsResponse,
  type DescribeGroupsRequest,
  type DescribeGroupsResponse,
  ErrorCode,
  type HeartbeatRequest,
  type HeartbeatResponse,
  type Init,
  type JoinGroupRequest,
  type JoinGroupResponse,
  type LeaveGroupRequest,
  type LeaveGroupResponse,
  type ListGroupsRequest,
  type ListGroupsResponse,
  type OffsetCommitRequest,
  type OffsetCommitResponse,
  type OffsetDeleteRequest,
  type OffsetDeleteResponse,
  type OffsetFetchRequest,
  type OffsetFetchResponse,
  partitionForGroup,
  type StreamsGroupDescribeRequest,
  type StreamsGroupDescribeResponse,
  type StreamsGroupHeartbeatRequest,
  type SyncGroupRequest,
  type SyncGroupResponse,
  type TxnOffsetCommitRequest,
  type TxnOffsetCommitResponse,
} from '@ottla/protocol'
import type { LoadOutcome, ShardCounts } from '@ottla/runtime'
import { type Found, type LedLog, LedPartitions } from '../led-partitions.ts'
import type { CoordinatorEnv, PartitionMarker } from '../ports.ts'
import { ConsumerMembership } from './consumer/consumer-membership.ts'
import { GroupAdmin } from './group-admin.ts'
import { GroupOffsets } from './group-offsets.ts'
import { GroupPartition } from './group-partition.ts'
import type { GroupPorts } from './group-ports.ts'
import * as decide from './group-requests.ts'
import type { GroupShard } from './group-shard.ts'
import { Membership } from './membership.ts'
import type { RequestContext } from './request-context.ts'
import { ShareGroups, type SharePorts } from './share/share-groups.ts'
import type { HeartbeatAnswer } from './streams/heartbeat-answer.ts'
import { StreamsRequests } from './streams/streams-requests.ts'
import { TransactionalOffsets } from './transactional-offsets.ts'

export interface GroupCoordinatorOptions extends GroupPorts {
  readonly env: CoordinatorEnv
  readonly share: SharePorts
}

/** A group, as far as metrics tell of it. */
export interface GroupFigures {
  readonly groupId: string
  readonly memberCount: number
  /** Its committed offsets. */
  offsets(): Iterable<{ readonly topic: string; readonly partition: number; readonly offset: number }>
}

export class GroupCoordinator {
  readonly #options: GroupCoordinatorOptions
  readonly #partitions = new LedPartitions<GroupPartition>()
  readonly #membership: Membership
  readonly #offsets: GroupOffsets
  readonly #transactional: TransactionalOffsets
  readonly #admin: GroupAdmin
  readonly #streams: StreamsRequests
  readonly #consumers: ConsumerMembership
  /** Requests about share groups. */
  readonly shareGroups: ShareGroups

  constructor(options: GroupCoordinatorOptions) {
    this.#options = options
    const route = (groupId: string) => this.#route(groupId)
    this.#membership = new Membership({ route, config: options.config, memberIds: options.env.memberIds })
    this.#consumers = new ConsumerMembership({ ...options, route, memberIds: options.env.memberIds })
    this.#offsets = new GroupOffsets({ route, topics: options.topics })
    this.#streams = new StreamsRequests({ route, topics: options.topics })
    this.#transactional = new TransactionalOffsets({ route, topics: options.topics })
    this.shareGroups = new ShareGroups({
      route,
      topics: options.topics,
      ports: options.share,
      timers: options.env.timers,
      log: options.env.log,
      partitions: () => this.#partitions.all(),
    })
    this.#admin = new GroupAdmin({
      route,
      shareGroups: this.shareGroups,
      partitions: () => this.#partitions.all(),
      isLoading: () => this.#partitions.isLoading,
    })
  }

  /** The partition of `__consumer_offsets` that a group belongs to. */
  partitionFor(groupId: string): number {
    return partitionForGroup(groupId, this.#options.config().offsetsTopicPartitions)
  }

  /**
   * This broker became leader of a partition of `__consumer_offsets`: loads it and serves its groups. Until then they are
   * answered COORDINATOR_LOAD_IN_PROGRESS. Resolves with 'stale' when a newer epoch is known, 'overtaken' when one came while loading.
   * Rejects with what reading threw.
   */
  load(partition: number, epoch: number, { batches, writer }: LedLog): Promise<LoadOutcome> {
    const { env } = this.#options
    const ports = this.#options
    return this.#partitions.load(partition, epoch, (signal) =>
      GroupPartition.open({ partition, epoch, env, ports, writer, batches, signal }),
    )
  }

  /** Another broker leads the partition since `epoch`. Who waits is answered NOT_COORDINATOR. */
  unload(partition: number, epoch: number): void {
    this.#partitions.unload(partition, epoch)
  }

  /** The partition is no more: `__consumer_offsets` was deleted. */
  forget(partition: number): void {
    this.#partitions.forget(partition)
  }

  /** All of the partition's log below `offset` will stay. Calls of another epoch than the served one are ignored. */
  committed(partition: number, epoch: number, offset: number): void {
    this.#partitions.committed(partition, epoch, offset)
  }

  /** A write to the partition's log failed, and the log now ends at `logEndOffset`. */
  failed(partition: number, epoch: number, failure: { error: Error; logEndOffset: number }): void {
    this.#partitions.failed(partition, epoch, failure)
  }

  /** Topics were deleted: what groups have committed for them goes too. Resolves when that is written, as far as it can be. */
  async topicsDeleted(names: readonly string[]): Promise<void> {
    for (const partition of [...this.#partitions.all()])
      for (const name of names) await this.#dropTopic(partition, name)
    await this.shareGroups.topicsDeleted()
  }

  /** Ends all service. Who waits, and who comes later, is answered COORDINATOR_NOT_AVAILABLE. */
  close(): void {
    this.#partitions.close()
  }

  /** The partition in service that holds the group, for tests and diagnostics. */
  inspect(groupId: string): GroupPartition | undefined {
    const found = this.#route(groupId)
    return 'partition' in found ? found.partition : undefined
  }

  /** Partitions of the topic that this broker leads, by state. */
  partitionCounts(): ShardCounts {
    return this.#partitions.counts()
  }

  /** For metrics: the groups that are served here, as they are now. */
  *groupFigures(): IterableIterator<GroupFigures> {
    for (const { shard } of this.#partitions.all()) {
      for (const { groupId, members } of shard.groups.values()) {
        yield { groupId, memberCount: members.size, offsets: () => offsetsOf(shard, groupId) }
      }
    }
  }

  /** For metrics. */
  counts(): { readonly partitions: number; readonly groups: number; readonly offsets: number } {
    let [partitions, groups, offsets] = [0, 0, 0]
    for (const { shard } of this.#partitions.all()) {
      partitions += 1
      groups += shard.groups.size
      offsets += shard.offsets.count
    }
    return { partitions, groups, offsets }
  }

  joinGroup(request: JoinGroupRequest, context: RequestContext): Promise<Init<typeof JoinGroupResponse>> {
    return this.#membership.joinGroup(request, context)
  }

  syncGroup(request: SyncGroupRequest): Promise<Init<typeof SyncGroupResponse>> {
    return this.#membership.syncGroup(request)
  }

  heartbeat(request: HeartbeatRequest): Promise<Init<typeof HeartbeatResponse>> {
    return this.#membership.heartbeat(request)
  }

  leaveGroup(request: LeaveGroupRequest, context: RequestContext): Promise<Init<typeof LeaveGroupResponse>> {
    return this.#membership.leaveGroup(request, context)
  }

  consumerGroupHeartbeat(
    request: ConsumerGroupHeartbeatRequest,
    context: RequestContext,
  ): Promise<Init<typeof ConsumerGroupHeartbeatResponse>> {
    return this.#consumers.heartbeat(request, context)
  }

  consumerGroupDescribe(request: ConsumerGroupDescribeRequest): Init<typeof ConsumerGroupDescribeResponse> {
    return this.#consumers.describe(request)
  }

  offsetCommit(request: OffsetCommitRequest, context: RequestContext): Promise<Init<typeof OffsetCommitResponse>> {
    return this.#offsets.offsetCommit(request, context)
  }

  /** Of a transaction that is known to be going on. Appends before it returns. */
  txnOffsetCommit(
    request: TxnOffsetCommitRequest,
    context: RequestContext,
  ): Promise<Init<typeof TxnOffsetCommitResponse>> {
    return this.#transactional.txnOffsetCommit(request, context)
  }

  /** A transaction with offsets on the partition ended. Resolves when its marker is committed; rejects with ApiError. */
  async completeTransaction(partition: number, marker: PartitionMarker): Promise<void> {
    return this.#transactional.completeTransaction(this.#partitions.served(partition), marker)
  }

  offsetFetch(request: OffsetFetchRequest, context: RequestContext): Promise<Init<typeof OffsetFetchResponse>> {
    return this.#offsets.offsetFetch(request, context)
  }

  offsetDelete(request: OffsetDeleteRequest): Promise<Init<typeof OffsetDeleteResponse>> {
    return this.#offsets.offsetDelete(request)
  }

  describeGroups(request: DescribeGroupsRequest, context: RequestContext): Init<typeof DescribeGroupsResponse> {
    return this.#admin.describeGroups(request, context)
  }

  listGroups(request: ListGroupsRequest): Init<typeof ListGroupsResponse> {
    return this.#partitions.isClosed
      ? { errorCode: ErrorCode.COORDINATOR_NOT_AVAILABLE }
      : this.#admin.listGroups(request)
  }

  deleteGroups(request: DeleteGroupsRequest): Promise<Init<typeof DeleteGroupsResponse>> {
    return this.#admin.deleteGroups(request)
  }

  streamsGroupHeartbeat(request: StreamsGroupHeartbeatRequest, context: RequestContext): Promise<HeartbeatAnswer> {
    return this.#streams.heartbeat(request, context)
  }

  streamsGroupDescribe(request: StreamsGroupDescribeRequest): Init<typeof StreamsGroupDescribeResponse> {
    return this.#streams.describe(request)
  }

  #route(groupId: string): Found<GroupPartition> {
    return this.#partitions.find(this.partitionFor(groupId))
  }

  async #dropTopic(partition: GroupPartition, name: string): Promise<void> {
    try {
      for (;;) {
        const { isDone } = await partition.submit<decide.Progress>((asked) => decide.dropTopic(asked, name))
        if (isDone) return
      }
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      this.#options.env.log.warn('offsets of a deleted topic stay', {
        topic: name,
        partition: partition.partition,
        error,
      })
    }
  }
}

function* offsetsOf(
  { offsets }: GroupShard,
  groupId: string,
): IterableIterator<{ topic: string; partition: number; offset: number }> {
  for (const [topic, partitions] of offsets.topics(groupId)) {
    for (const [partition, { offset }] of partitions) yield { topic, partition, offset }
  }
}
