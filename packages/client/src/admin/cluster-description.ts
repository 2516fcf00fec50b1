/** The cluster and its brokers. */
import type { PeerVersions } from '@ottla/net'
import { DESCRIBE_CLUSTER, LIST_PARTITION_REASSIGNMENTS } from '../apis.ts'
import type { CallContext, Cluster } from '../cluster/cluster.ts'
import { throwBrokerError } from '../errors.ts'
import type { BrokerNode } from '../metadata/cluster-metadata.ts'
import type { TopicPartition } from '../topic-partition.ts'

export interface BrokerDescription extends BrokerNode {
  /** Registered, but not taking part; false when the broker does not say. */
  readonly isFenced: boolean
}

export interface ClusterDescription {
  readonly clusterId: string
  /** -1 when there is none. */
  readonly controllerId: number
  readonly brokers: readonly BrokerDescription[]
}

export interface DescribeClusterOptions {
  readonly includeFencedBrokers?: boolean | undefined
}

export interface OngoingReassignment extends TopicPartition {
  readonly replicas: readonly number[]
  readonly adding: readonly number[]
  readonly removing: readonly number[]
}

const FENCED_SINCE = 2

/** Brokers before 2.8 tell it with their metadata. */
export async function describeCluster(
  cluster: Cluster,
  context: CallContext & DescribeClusterOptions,
): Promise<ClusterDescription> {
  const { peer } = await cluster.connectionTo({ kind: 'any' }, context)
  if (!peer.apis.has(DESCRIBE_CLUSTER.request.key)) return await describedByMetadata(cluster, context)
  const { clusterId, controllerId, brokers } = await cluster.call(
    {
      target: { kind: 'any' },
      api: DESCRIBE_CLUSTER,
      init: (version) =>
        version >= FENCED_SINCE ? { includeFencedBrokers: context.includeFencedBrokers ?? false } : {},
      what: 'describe the cluster',
      check: ({ errorCode, errorMessage }) => throwBrokerError(errorCode, errorMessage),
    },
    context,
  )
  return {
    clusterId,
    controllerId,
    brokers: brokers.map(({ brokerId: id, host, port, rack, isFenced }) => ({ id, host, port, rack, isFenced })),
  }
}

async function describedByMetadata(cluster: Cluster, context: CallContext): Promise<ClusterDescription> {
  const { clusterId, controllerId, brokers } = await cluster.metadata.load([], context)
  return {
    clusterId: clusterId ?? '',
    controllerId,
    brokers: brokers.map(({ nodeId: id, host, port, rack }) => ({ id, host, port, rack, isFenced: false })),
  }
}

/** What a broker said that it speaks. */
export async function brokerVersions(
  cluster: Cluster,
  broker: BrokerNode,
  context: CallContext,
): Promise<PeerVersions> {
  const connection = await cluster.pool.connection(broker, context.signal)
  return connection.peer
}

export async function listReassignments(cluster: Cluster, context: CallContext): Promise<OngoingReassignment[]> {
  const { topics } = await cluster.call(
    {
      target: { kind: 'controller' },
      api: LIST_PARTITION_REASSIGNMENTS,
      init: { topics: null },
      what: 'list reassignments',
      check: ({ errorCode, errorMessage }) => throwBrokerError(errorCode, errorMessage),
    },
    context,
  )
  return topics.flatMap(({ name: topic, partitions }) =>
    partitions.map(({ partitionIndex: partition, replicas, addingReplicas: adding, removingReplicas: removing }) => ({
      topic,
      partition,
      replicas,
      adding,
      removing,
    })),
  )
}
