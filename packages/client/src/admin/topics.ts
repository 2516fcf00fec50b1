/** Topics: making, removing, listing, describing, growing. */
import { type DescribeTopicPartitionsResponse, ErrorCode, type Value, ZERO_UUID } from '@ottla/protocol'
import { CREATE_PARTITIONS, CREATE_TOPICS, DELETE_TOPICS, DESCRIBE_TOPIC_PARTITIONS, METADATA } from '../apis.ts'
import type { CallContext, Cluster } from '../cluster/cluster.ts'
import { BrokerError } from '../errors.ts'
import type { BrokerNode } from '../metadata/cluster-metadata.ts'
import { type AclOperation, operationsOf } from './acl-binding.ts'
import { type Outcome, outcomeOf } from './outcome.ts'

export interface NewTopic {
  readonly name: string
  /** Default: num.partitions of the cluster. */
  readonly partitionCount?: number | undefined
  /** Default: default.replication.factor of the cluster. */
  readonly replicationFactor?: number | undefined
  /** Broker ids by partition, instead of the two above. */
  readonly assignments?: readonly (readonly number[])[] | undefined
  readonly configs?: Readonly<Record<string, string | null>> | undefined
}

export interface CreatedTopic {
  readonly name: string
  readonly id: string
  readonly partitionCount: number
  readonly replicationFactor: number
}

export interface TopicListing {
  readonly name: string
  readonly id: string
  readonly isInternal: boolean
}

export interface PartitionDescription {
  readonly partition: number
  /** Null when there is none. */
  readonly leader: BrokerNode | null
  readonly leaderEpoch: number
  readonly replicas: readonly number[]
  readonly isr: readonly number[]
  /** Replicas that may become leader though they are not in sync (KIP-966); null when the broker does not say. */
  readonly eligibleLeaderReplicas: readonly number[] | null
  readonly lastKnownEligible: readonly number[] | null
}

export interface TopicDescription extends TopicListing {
  readonly partitions: readonly PartitionDescription[]
  /** What the caller may do with the topic; null when the broker does not say. */
  readonly authorizedOperations: readonly AclOperation[] | null
}

export interface NewPartitions {
  readonly topic: string
  /** How many there are to be in all. */
  readonly totalCount: number
  /** Broker ids of the new ones. */
  readonly assignments?: readonly (readonly number[])[] | undefined
}

/** Lets the broker check without doing anything. */
export interface ValidateOnly {
  readonly validateOnly?: boolean | undefined
}

/** DeleteTopics takes ids from this version on. */
const DELETE_BY_ID_SINCE = 6

export async function createTopics(
  cluster: Cluster,
  topics: readonly NewTopic[],
  context: CallContext & ValidateOnly,
): Promise<Map<string, Outcome<CreatedTopic>>> {
  const answer = await cluster.call(
    {
      target: { kind: 'controller' },
      api: CREATE_TOPICS,
      init: {
        topics: topics.map(({ name, partitionCount, replicationFactor, assignments, configs }) => ({
          name,
          numPartitions: assignments === undefined ? (partitionCount ?? -1) : -1,
          replicationFactor: assignments === undefined ? (replicationFactor ?? -1) : -1,
          assignments: (assignments ?? []).map((brokerIds, partitionIndex) => ({ partitionIndex, brokerIds })),
          configs: Object.entries(configs ?? {}).map(([key, value]) => ({ name: key, value })),
        })),
        timeoutMs: context.deadline.wholeMs,
        validateOnly: context.validateOnly ?? false,
      },
      what: 'create topics',
      check: ({ topics: results }) => checkController(results),
    },
    context,
  )
  return new Map(
    answer.topics.map((result) => [
      result.name,
      outcomeOf(result, { topic: result.name }, () => ({
        name: result.name,
        id: result.topicId,
        partitionCount: result.numPartitions,
        replicationFactor: result.replicationFactor,
      })),
    ]),
  )
}

/** Outcomes by what was asked for: name or id. */
export async function deleteTopics(
  cluster: Cluster,
  topics: { readonly names: readonly string[] } | { readonly ids: readonly string[] },
  context: CallContext,
): Promise<Map<string, Outcome<void>>> {
  const answer = await cluster.call(
    {
      target: { kind: 'controller' },
      api: DELETE_TOPICS,
      init: (version) => {
        const timeoutMs = context.deadline.wholeMs
        if ('ids' in topics) return { topics: topics.ids.map((topicId) => ({ name: null, topicId })), timeoutMs }
        if (version >= DELETE_BY_ID_SINCE) return { topics: topics.names.map((name) => ({ name })), timeoutMs }
        return { topicNames: topics.names, timeoutMs }
      },
      what: 'delete topics',
      check: ({ responses }) => checkController(responses),
    },
    context,
  )
  return new Map(
    answer.responses.map((result) => {
      const key = 'ids' in topics ? result.topicId : (result.name ?? '')
      return [key, outcomeOf(result, { topic: result.name ?? undefined }, () => undefined)]
    }),
  )
}

export async function listTopics(cluster: Cluster, context: CallContext): Promise<TopicListing[]> {
  const answer = await cluster.metadata.load(null, context)
  return answer.topics.map(({ name, topicId, isInternal }) => ({ name: name ?? '', id: topicId, isInternal }))
}

export interface DescribeTopicsOptions {
  /** Partitions that one answer of a broker may hold; more are fetched in pieces. */
  readonly partitionLimit?: number | undefined
}

/** Descriptions by name. Brokers that can tell in pieces, and of eligible leaders, are asked that way. */
export async function describeTopics(
  cluster: Cluster,
  names: readonly string[],
  context: CallContext & DescribeTopicsOptions,
): Promise<Map<string, Outcome<TopicDescription>>> {
  if (names.length === 0) return new Map()
  const brokers = await cluster.metadata.brokers(context)
  const node = brokers.find((broker) => cluster.pool.openConnection(broker) !== null)
  const peer = node === undefined ? undefined : cluster.pool.openConnection(node)?.peer
  const inPieces = peer === undefined || peer.apis.has(DESCRIBE_TOPIC_PARTITIONS.request.key)
  return inPieces ? await describeInPieces(cluster, names, context) : await describeAtOnce(cluster, names, context)
}

/** Topics by their ids; ids that are not there fail with UNKNOWN_TOPIC_ID. */
export async function describeTopicsById(
  cluster: Cluster,
  ids: readonly string[],
  context: CallContext,
): Promise<Map<string, Outcome<TopicDescription>>> {
  const answer = await cluster.call(
    {
      target: { kind: 'any' },
      api: METADATA,
      init: { topics: ids.map((topicId) => ({ topicId, name: null })), allowAutoTopicCreation: false },
      what: 'describe topics',
    },
    context,
  )
  const brokers = nodesById(answer.brokers)
  return new Map(
    answer.topics.map((topic) => [
      topic.topicId,
      outcomeOf({ errorCode: topic.errorCode }, {}, () => describedByMetadata(topic, brokers)),
    ]),
  )
}

interface Cursor {
  readonly topicName: string
  readonly partitionIndex: number
}

async function describeInPieces(
  cluster: Cluster,
  names: readonly string[],
  context: CallContext & DescribeTopicsOptions,
): Promise<Map<string, Outcome<TopicDescription>>> {
  const described = new Map<string, Outcome<TopicDescription>>()
  // The broker answers in the order of the names.
  let left = [...names].sort()
  for (let cursor: Cursor | null = null; ; ) {
    const answer: Value<typeof DescribeTopicPartitionsResponse> = await cluster.call(
      {
        target: { kind: 'any' },
        api: DESCRIBE_TOPIC_PARTITIONS,
        init: {
          topics: left.map((name) => ({ name })),
          responsePartitionLimit: context.partitionLimit ?? 2000,
          cursor,
        },
        what: 'describe topics',
      },
      context,
    )
    for (const topic of answer.topics) addPiece(described, topic, cluster.metadata.current.brokers)
    if (answer.nextCursor === null) return described
    const { topicName, partitionIndex } = answer.nextCursor
    cursor = { topicName, partitionIndex }
    left = left.filter((name) => name >= topicName)
  }
}

function addPiece(
  described: Map<string, Outcome<TopicDescription>>,
  topic: Value<typeof DescribeTopicPartitionsResponse>['topics'][number],
  brokers: ReadonlyMap<number, BrokerNode>,
): void {
  const name = topic.name ?? ''
  const { topicId: id, isInternal } = topic
  const before = described.get(name)
  const known = before?.kind === 'done' ? before.value.partitions : []
  const partitions = topic.partitions.map((partition) => ({
    partition: partition.partitionIndex,
    leader: brokers.get(partition.leaderId) ?? null,
    leaderEpoch: partition.leaderEpoch,
    replicas: partition.replicaNodes,
    isr: partition.isrNodes,
    eligibleLeaderReplicas: partition.eligibleLeaderReplicas,
    lastKnownEligible: partition.lastKnownElr,
  }))
  const authorizedOperations = operationsOf(topic.topicAuthorizedOperations)
  const whole = () => ({ name, id, isInternal, partitions: [...known, ...partitions], authorizedOperations })
  described.set(name, outcomeOf(topic, { topic: name }, whole))
}

async function describeAtOnce(
  cluster: Cluster,
  names: readonly string[],
  context: CallContext,
): Promise<Map<string, Outcome<TopicDescription>>> {
  const answer = await cluster.metadata.load(names, context)
  const brokers = nodesById(answer.brokers)
  return new Map(
    answer.topics.map((topic) => [
      topic.name ?? '',
      outcomeOf({ errorCode: topic.errorCode }, { topic: topic.name ?? undefined }, () =>
        describedByMetadata(topic, brokers),
      ),
    ]),
  )
}

export async function createPartitions(
  cluster: Cluster,
  topics: readonly NewPartitions[],
  context: CallContext & ValidateOnly,
): Promise<Map<string, Outcome<void>>> {
  const answer = await cluster.call(
    {
      target: { kind: 'controller' },
      api: CREATE_PARTITIONS,
      init: {
        topics: topics.map(({ topic, totalCount, assignments }) => ({
          name: topic,
          count: totalCount,
          assignments: assignments?.map((brokerIds) => ({ brokerIds })) ?? null,
        })),
        timeoutMs: context.deadline.wholeMs,
        validateOnly: context.validateOnly ?? false,
      },
      what: 'create partitions',
      check: ({ results }) => checkController(results),
    },
    context,
  )
  return new Map(
    answer.results.map((result) => [result.name, outcomeOf(result, { topic: result.name }, () => undefined)]),
  )
}

/** An answer of a broker that is not the controller (any more) is another attempt's business. */
export function checkController(results: readonly { readonly errorCode: number }[]): void {
  if (results.some(({ errorCode }) => errorCode === ErrorCode.NOT_CONTROLLER)) {
    throw new BrokerError(ErrorCode.NOT_CONTROLLER)
  }
}

interface MetadataTopic {
  readonly name: string | null
  readonly topicId: string
  readonly isInternal: boolean
  readonly partitions: readonly {
    readonly partitionIndex: number
    readonly leaderId: number
    readonly leaderEpoch: number
    readonly replicaNodes: readonly number[]
    readonly isrNodes: readonly number[]
  }[]
}

function describedByMetadata(topic: MetadataTopic, brokers: ReadonlyMap<number, BrokerNode>): TopicDescription {
  const partitions = topic.partitions.map((partition) => ({
    partition: partition.partitionIndex,
    leader: brokers.get(partition.leaderId) ?? null,
    leaderEpoch: partition.leaderEpoch,
    replicas: partition.replicaNodes,
    isr: partition.isrNodes,
    eligibleLeaderReplicas: null,
    lastKnownEligible: null,
  }))
  partitions.sort((a, b) => a.partition - b.partition)
  const { isInternal } = topic
  return { name: topic.name ?? '', id: topic.topicId ?? ZERO_UUID, isInternal, partitions, authorizedOperations: null }
}

function nodesById(
  brokers: readonly {
    readonly nodeId: number
    readonly host: string
    readonly port: number
    readonly rack: string | null
  }[],
): Map<number, BrokerNode> {
  return new Map(brokers.map(({ nodeId, host, port, rack }) => [nodeId, { id: nodeId, host, port, rack }]))
}
