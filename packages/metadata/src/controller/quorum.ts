/**
 * DescribeQuorum (55), AddRaftVoter (80), RemoveRaftVoter (81): the quorum of the metadata log. The controller of a single node is its one
 * voter; voters that come and go need kraft.version 1 (KIP-853), which a log of one node does without.
 */
import {
  type AddRaftVoterRequest,
  type AddRaftVoterResponse,
  type DescribeQuorumRequest,
  type DescribeQuorumResponse,
  ErrorCode,
  type RemoveRaftVoterRequest,
  type RemoveRaftVoterResponse,
  ZERO_UUID,
} from '@ottla/protocol'
import type { ControllerView, Outcome, RequestInput } from './controller-view.ts'

const METADATA_TOPIC = '__cluster_metadata'

type Partition = DescribeQuorumResponse['topics'][number]['partitions'][number]
type Node = DescribeQuorumResponse['nodes'][number]

export function describeQuorum(
  view: ControllerView,
  request: DescribeQuorumRequest,
  input: RequestInput,
): Outcome<DescribeQuorumResponse> {
  const [topic] = request.topics
  const isMetadata =
    topic === undefined ||
    (topic.topicName === METADATA_TOPIC && topic.partitions.every((one) => one.partitionIndex === 0))
  const topics = request.topics.map(({ topicName, partitions }) => ({
    topicName,
    partitions: partitions.map(({ partitionIndex }) =>
      topicName === METADATA_TOPIC && partitionIndex === 0
        ? metadataPartition(view, input)
        : unknownPartition(partitionIndex),
    ),
  }))
  const nodes = topic !== undefined && isMetadata ? [ownNode(view)] : []
  return { response: { errorCode: ErrorCode.NONE, errorMessage: '', topics, nodes }, records: [] }
}

/** This node leads, alone: what it has written is committed when the answer leaves. */
function metadataPartition({ nodeId, image, nextOffset }: ControllerView, { now }: RequestInput): Partition {
  const voter = {
    replicaId: nodeId,
    replicaDirectoryId: ZERO_UUID,
    logEndOffset: nextOffset,
    lastFetchTimestamp: now.wallMs,
    lastCaughtUpTimestamp: now.wallMs,
  }
  return {
    partitionIndex: 0,
    errorCode: ErrorCode.NONE,
    errorMessage: '',
    leaderId: nodeId,
    leaderEpoch: image.epoch,
    highWatermark: nextOffset,
    currentVoters: [voter],
    observers: [],
  }
}

function unknownPartition(partitionIndex: number): Partition {
  return {
    partitionIndex,
    errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
    errorMessage: 'This server does not host this topic-partition.',
    leaderId: 0,
    leaderEpoch: 0,
    highWatermark: 0,
    currentVoters: [],
    observers: [],
  }
}

/** The controller is asked through its broker: no listener is the controller's own. */
function ownNode({ nodeId, image }: ControllerView): Node {
  const endpoints = image.brokers.get(nodeId)?.endpoints ?? []
  return { nodeId, listeners: endpoints.map(({ name, host, port }) => ({ name, host, port })) }
}

export function addRaftVoter(view: ControllerView, request: AddRaftVoterRequest): Outcome<AddRaftVoterResponse> {
  const listener = view.config.list('controller.listener.names')[0] ?? 'CONTROLLER'
  const problem =
    voterProblem(view, request, 'Add') ??
    (request.listeners.some(({ name }) => name === listener) ? null : missingEndpoint(request, listener)) ??
    fixedQuorum('adding')
  return { response: { throttleTimeMs: 0, ...problem }, records: [] }
}

export function removeRaftVoter(
  view: ControllerView,
  request: RemoveRaftVoterRequest,
): Outcome<RemoveRaftVoterResponse> {
  const problem = voterProblem(view, request, 'Remove') ?? fixedQuorum('removing')
  return { response: { throttleTimeMs: 0, ...problem }, records: [] }
}

interface Problem {
  readonly errorCode: number
  readonly errorMessage: string
}

interface VoterRequest {
  readonly clusterId: string | null
  readonly voterId: number
  readonly voterDirectoryId: string
}

function voterProblem(
  { clusterId: own }: ControllerView,
  { clusterId, voterId, voterDirectoryId }: VoterRequest,
  verb: 'Add' | 'Remove',
): Problem | null {
  if (clusterId !== null && clusterId !== own) {
    const errorMessage = `The given id "${clusterId}" doesn't match the cluster id "${own}"`
    return { errorCode: ErrorCode.INCONSISTENT_CLUSTER_ID, errorMessage }
  }
  if (voterId >= 0 && voterDirectoryId !== ZERO_UUID) return null
  return { errorCode: ErrorCode.INVALID_REQUEST, errorMessage: `${verb} voter request didn't include a valid voter` }
}

function missingEndpoint({ listeners }: AddRaftVoterRequest, listener: string): Problem {
  const given = listeners.map(({ name, host, port }) => `ListenerName(${name})=${host}/<unresolved>:${port}`).join(', ')
  const errorMessage = `Add voter request didn't include the endpoint (Endpoints(endpoints={${given}})) for the default listener ListenerName(${listener})`
  return { errorCode: ErrorCode.INVALID_REQUEST, errorMessage }
}

function fixedQuorum(verb: 'adding' | 'removing'): Problem {
  const errorMessage = `Cluster doesn't support ${verb} voter because the kraft.version feature is 0`
  return { errorCode: ErrorCode.UNSUPPORTED_VERSION, errorMessage }
}
