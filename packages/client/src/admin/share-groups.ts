/** Share groups, and where they stand in the partitions that they share (KIP-932). */
import {
  ALTER_SHARE_GROUP_OFFSETS,
  DELETE_SHARE_GROUP_OFFSETS,
  DESCRIBE_SHARE_GROUP_OFFSETS,
  SHARE_GROUP_DESCRIBE,
} from '../apis.ts'
import type { CallContext, CallOptions, Cluster } from '../cluster/cluster.ts'
import { type BrokerError, brokerError, throwBrokerError } from '../errors.ts'
import type { BrokerNode } from '../metadata/cluster-metadata.ts'
import { byTopic, partitionKey, type TopicPartition } from '../topic-partition.ts'
import { eachOf } from './each-of.ts'
import { asTopics } from './leaders.ts'
import { type Outcome, outcomeOf } from './outcome.ts'

export interface ShareMemberDescription {
  readonly memberId: string
  readonly clientId: string
  readonly host: string
  readonly rack: string | null
  readonly epoch: number
  readonly topics: readonly string[]
  readonly assignment: readonly TopicPartition[]
}

export interface ShareGroupDescription {
  readonly group: string
  readonly state: string
  readonly groupEpoch: number
  readonly targetAssignmentEpoch: number
  readonly assignor: string
  readonly coordinator: BrokerNode
  readonly members: readonly ShareMemberDescription[]
}

export interface SharePartitionOffset extends TopicPartition {
  /** All records below are done; -1 when nothing was read yet. */
  readonly startOffset: number
  readonly leaderEpoch: number
  /** Records that are not done; -1 when unknown. */
  readonly lag: number
  readonly error: BrokerError | null
}

export class ShareGroupsAdmin {
  readonly #cluster: Cluster

  constructor(cluster: Cluster) {
    this.#cluster = cluster
  }

  describe(groups: readonly string[], options: CallOptions = {}): Promise<Map<string, Outcome<ShareGroupDescription>>> {
    const context = this.#cluster.context(options)
    return eachOf(groups, (group) => this.#describe(group, context))
  }

  /** Of all partitions that the group knows, where none are named. */
  async offsets(
    group: string,
    options: CallOptions & { readonly partitions?: readonly TopicPartition[] } = {},
  ): Promise<SharePartitionOffset[]> {
    const topics =
      options.partitions === undefined
        ? null
        : asTopics(options.partitions).map(({ name: topicName, partitions }) => ({ topicName, partitions }))
    const { groups } = await this.#cluster.call(
      {
        target: { kind: 'coordinator', group },
        api: DESCRIBE_SHARE_GROUP_OFFSETS,
        init: { groups: [{ groupId: group, topics }] },
        what: `describe the offsets of share group ${group}`,
        check: ({ groups: [found] }) => throwBrokerError(found?.errorCode ?? 0, found?.errorMessage, { group }),
      },
      this.#cluster.context(options),
    )
    return (groups[0]?.topics ?? []).flatMap(({ topicName: topic, partitions }) =>
      partitions.map(({ partitionIndex: partition, startOffset, leaderEpoch, lag, errorCode, errorMessage }) => ({
        topic,
        partition,
        startOffset,
        leaderEpoch,
        lag,
        error: brokerError(errorCode, errorMessage, { group, topic, partition }),
      })),
    )
  }

  /** Has the group begin elsewhere; it must have no members. Outcomes by partition key. Rejects when the group itself is the matter. */
  async alterOffsets(
    group: string,
    offsets: readonly (TopicPartition & { readonly offset: number })[],
    options: CallOptions = {},
  ): Promise<Map<string, Outcome<void>>> {
    const answer = await this.#cluster.call(
      {
        target: { kind: 'coordinator', group },
        api: ALTER_SHARE_GROUP_OFFSETS,
        init: {
          groupId: group,
          topics: [...byTopic(offsets)].map(([topicName, ofTopic]) => ({
            topicName,
            partitions: ofTopic.map(({ partition, offset }) => ({ partitionIndex: partition, startOffset: offset })),
          })),
        },
        what: `alter the offsets of share group ${group}`,
        check: ({ errorCode, errorMessage }) => throwBrokerError(errorCode, errorMessage, { group }),
      },
      this.#cluster.context(options),
    )
    return new Map(
      answer.responses.flatMap(({ topicName: topic, partitions }) =>
        partitions.map((result) => {
          const partition = result.partitionIndex
          const outcome = outcomeOf(result, { group, topic, partition }, () => undefined)
          return [partitionKey(topic, partition), outcome] as const
        }),
      ),
    )
  }

  /** Forgets what the group has done of the topics; it must have no members. Outcomes by topic. */
  async deleteOffsets(
    group: string,
    topics: readonly string[],
    options: CallOptions = {},
  ): Promise<Map<string, Outcome<void>>> {
    const answer = await this.#cluster.call(
      {
        target: { kind: 'coordinator', group },
        api: DELETE_SHARE_GROUP_OFFSETS,
        init: { groupId: group, topics: topics.map((topicName) => ({ topicName })) },
        what: `delete the offsets of share group ${group}`,
        check: ({ errorCode, errorMessage }) => throwBrokerError(errorCode, errorMessage, { group }),
      },
      this.#cluster.context(options),
    )
    return new Map(
      answer.responses.map((result) => {
        const topic = result.topicName
        return [topic, outcomeOf(result, { group, topic }, () => undefined)]
      }),
    )
  }

  async #describe(group: string, context: CallContext): Promise<ShareGroupDescription> {
    const { groups } = await this.#cluster.call(
      {
        target: { kind: 'coordinator', group },
        api: SHARE_GROUP_DESCRIBE,
        init: { groupIds: [group] },
        what: `describe share group ${group}`,
        check: ({ groups: [found] }) => throwBrokerError(found!.errorCode, found!.errorMessage, { group }),
      },
      context,
    )
    const found = groups[0]!
    return {
      group,
      state: found.groupState,
      groupEpoch: found.groupEpoch,
      targetAssignmentEpoch: found.assignmentEpoch,
      assignor: found.assignorName,
      coordinator: await this.#cluster.coordinators.find(group, context),
      members: found.members.map((member) => ({
        memberId: member.memberId,
        clientId: member.clientId,
        host: member.clientHost,
        rack: member.rackId,
        epoch: member.memberEpoch,
        topics: member.subscribedTopicNames,
        assignment: member.assignment.topicPartitions.flatMap(({ topicName: topic, partitions }) =>
          partitions.map((partition) => ({ topic, partition })),
        ),
      })),
    }
  }
}
