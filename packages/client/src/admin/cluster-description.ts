/** The cluster and its brokers. */
import type { PeerVersions } from '@ottla/net'
import { ZERO_UUID } from '@ottla/protocol'
import { DESCRIBE_CLUSTER, GET_TELEMETRY_SUBSCRIPTIONS, LIST_PARTITION_REASSIGNMENTS, METADATA } from '../apis.ts'
import type { CallContext, Cluster } from '../cluster/cluster.ts'
import { throwBrokerError } from '../errors.ts'
import type { BrokerNode } from '../metadata/cluster-metadata.ts'
import type { TopicPartition } from '../topic-partition.ts'
import { type AclOperation, operationsOf } from './acl-binding.ts'

export interface BrokerDescription extends BrokerNode {
  /** Registered, but not taking part; false when the broker does not say. */
  readonly isFenced: boolean
}

export interface ClusterDescription {
  readonly clusterId: string
  /** -1 when there is none. */
  readonly controllerId: number
  readonly brokers: readonly BrokerDescription[]
  /** What the caller may do with the cluster; null when that was not asked for, or the broker does not say. */
  readonly authorizedOperations: readonly AclOperation[] | null
}

export interface DescribeClusterOptions {
  readonly includeAuthorizedOperations?: boolean | undefined
  readonly includeFencedBrokers?: boolean | undefined
}

export interface OngoingReassignment extends TopicPartition {
  readonly replicas: readonly number[]
  readonly adding: readonly number[]
  readonly removing: readonly number[]
}

const FENCED_SINCE = 2
/** Metadata tells of the cluster's operations from 8 to 10. */
const OPERATIONS_SINCE = 8
const MAX_METADATA = 10

export async function describeCluster(
  cluster: Cluster,
  context: CallContext & DescribeClusterOptions,
): Promise<ClusterDescription> {
  const connection = await cluster.connectionTo({ kind: 'any' }, context)
  if (!connection.peer.apis.has(DESCRIBE_CLUSTER.request.key)) return await describedByMetadata(cluster, context)
  const answer = await cluster.call(
    {
      target: { kind: 'any' },
      api: DESCRIBE_CLUSTER,
      init: (version) => ({
        includeClusterAuthorizedOperations: context.includeAuthorizedOperations ?? false,
        ...(version >= FENCED_SINCE ? { includeFencedBrokers: context.includeFencedBrokers ?? false } : {}),
      }),
      what: 'describe the cluster',
      check: ({ errorCode, errorMessage }) => throwBrokerError(errorCode, errorMessage),
    },
    context,
  )
  const { clusterId, controllerId, brokers, clusterAuthorizedOperations } = answer
  return {
    clusterId,
    controllerId,
    brokers: brokers.map(({ brokerId: id, host, port, rack, isFenced }) => ({ id, host, port, rack, isFenced })),
    authorizedOperations: operationsOf(clusterAuthorizedOperations),
  }
}

/** Brokers before Kafka 2.8 describe the cluster in their metadata alone. */
async function describedByMetadata(
  cluster: Cluster,
  context: CallContext & DescribeClusterOptions,
): Promise<ClusterDescription> {
  const answer = await cluster.call(
    {
      target: { kind: 'any' },
      api: METADATA,
      init: (version) => ({
        topics: [],
        allowAutoTopicCreation: true,
        ...(version >= OPERATIONS_SINCE
          ? { includeClusterAuthorizedOperations: context.includeAuthorizedOperations ?? false }
          : {}),
      }),
      maxVersion: MAX_METADATA,
      what: 'describe the cluster',
    },
    context,
  )
  const { clusterId, controllerId, brokers, clusterAuthorizedOperations } = answer
  return {
    clusterId: clusterId ?? '',
    controllerId,
    brokers: brokers.map(({ nodeId: id, host, port, rack }) => ({ id, host, port, rack, isFenced: false })),
    authorizedOperations: operationsOf(clusterAuthorizedOperations),
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

/** An id that the cluster gives out for a client's metrics (KIP-714). */
export async function newClientInstanceId(cluster: Cluster, context: CallContext): Promise<string> {
  const { clientInstanceId } = await cluster.call(
    {
      target: { kind: 'any' },
      api: GET_TELEMETRY_SUBSCRIPTIONS,
      init: { clientInstanceId: ZERO_UUID },
      what: 'ask for a client instance id',
      check: ({ errorCode }) => throwBrokerError(errorCode),
    },
    context,
  )
  return clientInstanceId
}
