/** Who leads partitions, and which brokers have them. */
import { ALTER_PARTITION_REASSIGNMENTS, ELECT_LEADERS } from '../apis.ts'
import type { CallOptions, Cluster } from '../cluster/cluster.ts'
import { throwBrokerError } from '../errors.ts'
import { byTopic, partitionKey, type TopicPartition } from '../topic-partition.ts'
import { listReassignments, type OngoingReassignment } from './cluster-description.ts'
import { asTopics } from './leaders.ts'
import { type Outcome, outcomeOf } from './outcome.ts'
import { type ReplicaRead, type ReplicaRecords, readReplica } from './replica-records.ts'

export interface Reassignment extends TopicPartition {
  /** Broker ids, the preferred leader first; null ends a reassignment that is under way. */
  readonly replicas: readonly number[] | null
}

const ELECTIONS = { preferred: 0, unclean: 1 } as const
const RESIZING_SINCE = 1

export class ReplicasAdmin {
  readonly #cluster: Cluster

  constructor(cluster: Cluster) {
    this.#cluster = cluster
  }

  /**
   * Has the preferred replicas lead, or (unclean) any that is left, at the price of records. Null: all partitions for which that
   * changes anything. Outcomes by partition key.
   */
  async electLeaders(
    kind: 'preferred' | 'unclean',
    partitions: readonly TopicPartition[] | null,
    options: CallOptions = {},
  ): Promise<Map<string, Outcome<void>>> {
    const context = this.#cluster.context(options)
    const topicPartitions =
      partitions === null
        ? null
        : asTopics(partitions).map(({ name: topic, partitions: ids }) => ({ topic, partitions: ids }))
    const answer = await this.#cluster.call(
      {
        target: { kind: 'controller' },
        api: ELECT_LEADERS,
        init: { electionType: ELECTIONS[kind], topicPartitions, timeoutMs: context.deadline.wholeMs },
        what: 'elect leaders',
        check: ({ errorCode }) => throwBrokerError(errorCode),
      },
      context,
    )
    return new Map(
      answer.replicaElectionResults.flatMap(({ topic, partitionResult }) =>
        partitionResult.map((result) => {
          const partition = result.partitionId
          return [partitionKey(topic, partition), outcomeOf(result, { topic, partition }, () => undefined)] as const
        }),
      ),
    )
  }

  /** Batches as this broker has them, be it leader or not. Outcomes by partition key. */
  read(read: ReplicaRead, options: CallOptions = {}): Promise<Map<string, Outcome<ReplicaRecords>>> {
    return readReplica(this.#cluster, read, this.#cluster.context(options))
  }

  /** Starts reassignments, or ends them. Outcomes by partition key. */
  async reassign(
    reassignments: readonly Reassignment[],
    options: CallOptions & { readonly mayChangeReplicationFactor?: boolean } = {},
  ): Promise<Map<string, Outcome<void>>> {
    const context = this.#cluster.context(options)
    const topics = [...byTopic(reassignments)].map(([name, ofTopic]) => ({
      name,
      partitions: ofTopic.map(({ partition, replicas }) => ({
        partitionIndex: partition,
        replicas: replicas === null ? null : [...replicas],
      })),
    }))
    const answer = await this.#cluster.call(
      {
        target: { kind: 'controller' },
        api: ALTER_PARTITION_REASSIGNMENTS,
        init: (version) => ({
          timeoutMs: context.deadline.wholeMs,
          topics,
          ...(version >= RESIZING_SINCE
            ? { allowReplicationFactorChange: options.mayChangeReplicationFactor ?? true }
            : {}),
        }),
        what: 'reassign partitions',
        check: ({ errorCode, errorMessage }) => throwBrokerError(errorCode, errorMessage),
      },
      context,
    )
    return new Map(
      answer.responses.flatMap(({ name: topic, partitions }) =>
        partitions.map((result) => {
          const partition = result.partitionIndex
          return [partitionKey(topic, partition), outcomeOf(result, { topic, partition }, () => undefined)] as const
        }),
      ),
    )
  }

  /** What is under way. */
  listReassignments(options: CallOptions = {}): Promise<OngoingReassignment[]> {
    return listReassignments(this.#cluster, this.#cluster.context(options))
  }
}
