/**
 * Metadata (key 3), versions 0 to 13.
 *
 * Brokers (with the endpoint of the listener that the client came by), and topics with their partitions. v0: no names means all topics;
 * later null means all and an empty list none. v4: the client says whether missing topics are to be created. v10: topic ids; v12: topics
 * by id. A topic that is created on demand is unknown in the first answer (see {@link TopicCreation}).
 */

import type { PartitionImage, TopicImage } from '@ottla/metadata'
import { ApiError, ErrorCode, type Init, MetadataRequest, MetadataResponse, ZERO_UUID } from '@ottla/protocol'
import { CLUSTER_OPERATIONS, TOPIC_OPERATIONS } from '../authorized-operations.ts'
import { endpointFor } from '../endpoints.ts'
import { INTERNAL_TOPICS } from '../internal-topics.ts'
import type { RequestContext } from '../request-context.ts'
import { unknownTopicError } from '../topic-creation.ts'
import { defineApi } from './handler.ts'

type TopicAnswer = NonNullable<Init<typeof MetadataResponse>['topics']>[number]

export const metadata = defineApi({
  key: 3,
  request: MetadataRequest,
  response: MetadataResponse,
  handle(context, request) {
    if (namesTooEarly(context, request)) throw new ApiError(ErrorCode.INVALID_REQUEST)
    const { broker } = context
    const brokers = liveBrokers(context)
    return {
      brokers,
      clusterId: broker.clusterId,
      // any live broker will do: requests for the controller are handed on (KIP-590)
      controllerId: brokers[0]?.nodeId ?? -1,
      topics: topicsOf(context, request),
      ...(request.includeClusterAuthorizedOperations ? { clusterAuthorizedOperations: CLUSTER_OPERATIONS } : {}),
    }
  },
  onError: (_context, { topics }, { code }) => ({
    topics: (topics ?? []).map(({ name, topicId }) => ({ errorCode: code, name: name ?? '', topicId })),
  }),
})

/** Versions 10 and 11 have a field for the topic id, but only version 12 may ask by it. */
function namesTooEarly({ apiVersion }: RequestContext, { topics }: MetadataRequest): boolean {
  return apiVersion < 12 && (topics ?? []).some(({ name, topicId }) => name === null || topicId !== ZERO_UUID)
}

/** Unfenced brokers that have the client's listener. */
export function liveBrokers(
  context: RequestContext,
): { nodeId: number; host: string; port: number; rack: string | null }[] {
  const found: { nodeId: number; host: string; port: number; rack: string | null }[] = []
  for (const { id, rack } of context.broker.image.brokers.values()) {
    const endpoint = endpointFor(context, id)
    if (endpoint !== undefined) found.push({ nodeId: id, host: endpoint.host, port: endpoint.port, rack })
  }
  return found
}

function topicsOf(context: RequestContext, request: MetadataRequest): TopicAnswer[] {
  const { image } = context.broker
  const { topics } = request
  if (topics === null || (topics.length === 0 && context.apiVersion === 0)) {
    return [...image.topics.all()].map((topic) => found(context, request, topic))
  }
  const answers = new Map<string, TopicAnswer>()
  for (const { name, topicId } of topics) {
    // Java's consumers give an id with the empty string for a name: an id counts before the name.
    const named = topicId === ZERO_UUID ? name : null
    const key = named ?? topicId
    if (answers.has(key)) continue
    const topic = named === null ? image.topics.byId(topicId) : image.topics.byName(named)
    if (topic !== undefined) answers.set(key, found(context, request, topic))
    else {
      const answer = named === null ? unknownId(topicId) : unknownName(context, request, named)
      answers.set(key, { ...answer, ...operations(request) })
    }
  }
  return [...answers.values()]
}

function unknownId(topicId: string): TopicAnswer {
  const errorCode = topicId === ZERO_UUID ? ErrorCode.INVALID_REQUEST : ErrorCode.UNKNOWN_TOPIC_ID
  return { errorCode, name: null, topicId }
}

function unknownName(context: RequestContext, request: MetadataRequest, name: string): TopicAnswer {
  const { config, topicCreation } = context.broker
  const isWanted = request.allowAutoTopicCreation && config.boolean('auto.create.topics.enable')
  const errorCode = isWanted ? topicCreation.start(name) : unknownTopicError(name)
  return { errorCode, name, isInternal: INTERNAL_TOPICS.has(name) }
}

function found(context: RequestContext, request: MetadataRequest, topic: TopicImage): TopicAnswer {
  return {
    errorCode: ErrorCode.NONE,
    name: topic.name,
    topicId: topic.id,
    isInternal: INTERNAL_TOPICS.has(topic.name),
    partitions: topic.partitions.map((partition, index) => partitionAnswer(context, partition, index)),
    ...operations(request),
  }
}

function operations(request: MetadataRequest): { topicAuthorizedOperations?: number } {
  return request.includeTopicAuthorizedOperations ? { topicAuthorizedOperations: TOPIC_OPERATIONS } : {}
}

function partitionAnswer(context: RequestContext, partition: PartitionImage, partitionIndex: number) {
  const isReachable = partition.leader >= 0 && endpointFor(context, partition.leader) !== undefined
  return {
    errorCode: isReachable ? ErrorCode.NONE : ErrorCode.LEADER_NOT_AVAILABLE,
    partitionIndex,
    leaderId: isReachable ? partition.leader : -1,
    leaderEpoch: partition.leaderEpoch,
    replicaNodes: partition.replicas,
    isrNodes: partition.isr,
    offlineReplicas: offlineReplicas(context, partition),
  }
}

/** Replicas on brokers that are fenced or gone. */
export function offlineReplicas(context: RequestContext, partition: PartitionImage): number[] {
  const { brokers } = context.broker.image
  return partition.replicas.filter((id) => brokers.get(id)?.fenced !== false)
}
