/** What a client knows of the cluster at one moment. Immutable; newer knowledge is a new value. */
import type { MetadataResponse, Value } from '@ottla/protocol'
import type { BrokerAddress } from '../connection/bootstrap-servers.ts'

export interface BrokerNode extends BrokerAddress {
  readonly id: number
  readonly rack: string | null
}

export interface PartitionMetadata {
  readonly partition: number
  /** Broker id of the leader; -1 when there is none. */
  readonly leader: number
  /** -1 when the broker is too old to tell. */
  readonly leaderEpoch: number
  readonly replicas: readonly number[]
  readonly isr: readonly number[]
  readonly offlineReplicas: readonly number[]
  readonly errorCode: number
}

export interface TopicMetadata {
  readonly name: string
  /** All zeroes when the broker is too old to tell. */
  readonly id: string
  readonly isInternal: boolean
  /** Index is the number of the partition. */
  readonly partitions: readonly PartitionMetadata[]
  /** Monotonic time at which a broker said so. */
  readonly learnedAt: number
}

export interface ClusterMetadata {
  readonly clusterId: string | null
  readonly controllerId: number
  readonly brokers: ReadonlyMap<number, BrokerNode>
  readonly topics: ReadonlyMap<string, TopicMetadata>
}

export const NO_METADATA: ClusterMetadata = { clusterId: null, controllerId: -1, brokers: new Map(), topics: new Map() }

/** A topic of an answer, which may hold an error in its place. */
export type TopicAnswer = Value<typeof MetadataResponse>['topics'][number]

/** Whether the answer is of another cluster than what was known: its epochs and ids say nothing about the known ones. */
export function isOtherCluster(known: ClusterMetadata, answer: Value<typeof MetadataResponse>): boolean {
  return known.clusterId !== null && answer.clusterId !== null && known.clusterId !== answer.clusterId
}

/** Lays an answer over what was known. Topics that it does not name stay; those that it names with an error go. */
export function mergeMetadata(
  known: ClusterMetadata,
  answer: Value<typeof MetadataResponse>,
  learnedAt: number,
): ClusterMetadata {
  const brokers = new Map<number, BrokerNode>()
  for (const { nodeId, host, port, rack } of answer.brokers) brokers.set(nodeId, { id: nodeId, host, port, rack })
  const topics = new Map(known.topics)
  for (const topic of answer.topics) {
    if (topic.name === null) continue
    if (topic.errorCode !== 0) topics.delete(topic.name)
    else topics.set(topic.name, mergeTopic(known.topics.get(topic.name), topic, learnedAt))
  }
  return {
    clusterId: answer.clusterId ?? known.clusterId,
    controllerId: answer.controllerId,
    brokers: brokers.size === 0 ? known.brokers : brokers,
    topics,
  }
}

/** Names another leader of a partition, if its epoch is newer than the known one. */
export function withLeader(
  known: ClusterMetadata,
  change: { topic: string; partition: number; leader: number; leaderEpoch: number; nodes: readonly BrokerNode[] },
): ClusterMetadata {
  const topic = known.topics.get(change.topic)
  const before = topic?.partitions[change.partition]
  if (topic === undefined || before === undefined || change.leaderEpoch <= before.leaderEpoch) return known
  const node = change.nodes.find(({ id }) => id === change.leader)
  if (node === undefined && !known.brokers.has(change.leader)) return known
  const { leader, leaderEpoch } = change
  const partitions = topic.partitions.with(change.partition, { ...before, leader, leaderEpoch, errorCode: 0 })
  return {
    ...known,
    brokers: node === undefined ? known.brokers : new Map(known.brokers).set(leader, node),
    topics: new Map(known.topics).set(change.topic, { ...topic, partitions }),
  }
}

function mergeTopic(known: TopicMetadata | undefined, answer: TopicAnswer, learnedAt: number): TopicMetadata {
  const partitions: PartitionMetadata[] = []
  const sorted = [...answer.partitions].sort((a, b) => a.partitionIndex - b.partitionIndex)
  for (const partition of sorted) {
    const before = known?.id === answer.topicId ? known.partitions[partition.partitionIndex] : undefined
    // A broker that lags behind must not bring back a leader that was already replaced.
    const isStale = before !== undefined && partition.leaderEpoch !== -1 && partition.leaderEpoch < before.leaderEpoch
    partitions.push(
      isStale
        ? before
        : {
            partition: partition.partitionIndex,
            leader: partition.leaderId,
            leaderEpoch: partition.leaderEpoch,
            replicas: partition.replicaNodes,
            isr: partition.isrNodes,
            offlineReplicas: partition.offlineReplicas,
            errorCode: partition.errorCode,
          },
    )
  }
  return { name: answer.name!, id: answer.topicId, isInternal: answer.isInternal, partitions, learnedAt }
}
