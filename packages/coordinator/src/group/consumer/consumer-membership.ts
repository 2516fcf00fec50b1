/** ConsumerGroupHeartbeat and ConsumerGroupDescribe: from the request to a decision, from its reply to the response. */
import {
  type ConsumerGroupDescribeRequest,
  type ConsumerGroupDescribeResponse,
  type ConsumerGroupHeartbeatRequest,
  ErrorCode,
  type Init,
} from '@ottla/protocol'
import type { MemberIds } from '../../ports.ts'
import { ask } from '../ask.ts'
import type { GroupPorts } from '../group-ports.ts'
import type { Route } from '../membership.ts'
import type { RequestContext } from '../request-context.ts'
import { JOIN_EPOCH, LEAVE_EPOCH, STATIC_LEAVE_EPOCH } from './consumer-member.ts'
import { type ConsumerGroupDescription, describeConsumerGroup } from './describe.ts'
import {
  type ConsumerAnswer,
  type ConsumerHeartbeat,
  consumerHeartbeat,
  consumerLeave,
  type Refusal,
  refusal,
} from './heartbeat.ts'
import { ASSIGNORS } from './target.ts'

export interface ConsumerMembershipOptions extends GroupPorts {
  readonly route: Route
  readonly memberIds: MemberIds
}

/** Since this version the client chooses its member id. */
const CLIENT_CHOOSES_ID = 1

export class ConsumerMembership {
  readonly #options: ConsumerMembershipOptions

  constructor(options: ConsumerMembershipOptions) {
    this.#options = options
  }

  async heartbeat(request: ConsumerGroupHeartbeatRequest, context: RequestContext): Promise<ConsumerAnswer> {
    const invalid = this.#check(request, context)
    if (invalid !== null) return invalid
    const { route, memberIds, patterns } = this.#options
    const { memberEpoch, groupId } = request
    const memberId = request.memberId === '' ? memberIds.nextUuid() : request.memberId
    const heartbeat = heartbeatOf(request, memberId, context)
    if (memberEpoch === LEAVE_EPOCH || memberEpoch === STATIC_LEAVE_EPOCH)
      return answered(await ask<ConsumerAnswer>(route, groupId, (asked) => consumerLeave(asked, heartbeat)))
    if (heartbeat.topicRegex !== null && heartbeat.topicRegex !== '') await patterns().ready()
    return answered(await ask<ConsumerAnswer>(route, groupId, (asked) => consumerHeartbeat(asked, heartbeat)))
  }

  describe(request: ConsumerGroupDescribeRequest): Init<typeof ConsumerGroupDescribeResponse> {
    return { groups: request.groupIds.map((groupId) => this.#describe(groupId)) }
  }

  #describe(groupId: string): ConsumerGroupDescription {
    if (groupId === '') return { groupId, errorCode: ErrorCode.INVALID_GROUP_ID }
    const found = this.#options.route(groupId)
    if ('errorCode' in found) return { groupId, errorCode: found.errorCode }
    const [topics, assignors] = [this.#options.topics(), this.#options.config().consumerAssignors]
    return found.partition.query((shard, offset) =>
      describeConsumerGroup(shard, offset, { groupId, topics, assignors }),
    )
  }

  /** What can be told of a request by itself. */
  #check(request: ConsumerGroupHeartbeatRequest, { apiVersion }: RequestContext): Refusal | null {
    const { memberId, memberEpoch, groupId, instanceId, rackId, serverAssignor } = request
    const mustHaveId = apiVersion >= CLIENT_CHOOSES_ID || memberEpoch > 0 || memberEpoch === LEAVE_EPOCH
    if (mustHaveId && memberId.trim() === '') return invalidRequest("MemberId can't be empty.")
    if (groupId.trim() === '') return invalidRequest("GroupId can't be empty.")
    if (instanceId !== null && instanceId.trim() === '') return invalidRequest("InstanceId can't be empty.")
    if (rackId !== null && rackId.trim() === '') return invalidRequest("RackId can't be empty.")
    const problem = memberEpoch === JOIN_EPOCH ? joinProblem(request) : null
    if (problem !== null) return invalidRequest(problem)
    if (memberEpoch === STATIC_LEAVE_EPOCH && instanceId === null) return invalidRequest("InstanceId can't be null.")
    if (memberEpoch < STATIC_LEAVE_EPOCH) return invalidRequest('MemberEpoch is invalid.')
    const supported = this.#options.config().consumerAssignors.filter((name) => ASSIGNORS.has(name))
    if (serverAssignor === null || supported.includes(serverAssignor)) return null
    return refusal(
      ErrorCode.UNSUPPORTED_ASSIGNOR,
      `ServerAssignor ${serverAssignor} is not supported. Supported assignors: ${supported.join(', ')}.`,
    )
  }
}

function joinProblem(request: ConsumerGroupHeartbeatRequest): string | null {
  const { rebalanceTimeoutMs, topicPartitions, subscribedTopicNames, subscribedTopicRegex } = request
  if (rebalanceTimeoutMs === -1) return 'RebalanceTimeoutMs must be provided in first request.'
  if (topicPartitions === null || topicPartitions.length > 0) return 'TopicPartitions must be empty when (re-)joining.'
  return subscribedTopicNames === null && subscribedTopicRegex === null
    ? 'Either SubscribedTopicNames or SubscribedTopicRegex must be non-null when (re-)joining.'
    : null
}

function invalidRequest(message: string): Refusal {
  return refusal(ErrorCode.INVALID_REQUEST, message)
}

function answered(answer: { readonly value: ConsumerAnswer } | { readonly errorCode: number }): ConsumerAnswer {
  return 'value' in answer ? answer.value : { errorCode: answer.errorCode }
}

function heartbeatOf(
  request: ConsumerGroupHeartbeatRequest,
  memberId: string,
  { clientId, clientHost }: RequestContext,
): ConsumerHeartbeat {
  const { topicPartitions, rebalanceTimeoutMs } = request
  return {
    groupId: request.groupId,
    memberId,
    memberEpoch: request.memberEpoch,
    instanceId: request.instanceId,
    rackId: request.rackId,
    rebalanceTimeoutMs: rebalanceTimeoutMs === -1 ? null : rebalanceTimeoutMs,
    serverAssignor: request.serverAssignor,
    topicNames: request.subscribedTopicNames,
    topicRegex: request.subscribedTopicRegex,
    owned:
      topicPartitions === null
        ? null
        : new Map(topicPartitions.map(({ topicId, partitions }) => [topicId, partitions] as const)),
    clientId,
    clientHost,
  }
}
