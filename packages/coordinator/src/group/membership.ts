/** JoinGroup, SyncGroup, Heartbeat and LeaveGroup: from the request to a decision, from its reply to the response. */
import {
  ErrorCode,
  type HeartbeatRequest,
  type HeartbeatResponse,
  type Init,
  type JoinGroupRequest,
  type JoinGroupResponse,
  type LeaveGroupRequest,
  type LeaveGroupResponse,
  type SyncGroupRequest,
  type SyncGroupResponse,
} from '@ottla/protocol'
import type { Found } from '../led-partitions.ts'
import type { MemberIds } from '../ports.ts'
import { ask } from './ask.ts'
import { type JoinAnswer, joinError, type SyncAnswer, syncError } from './classic/answers.ts'
import type { Join } from './classic/join.ts'
import type { Sync } from './classic/sync.ts'
import type { MemberIdentity } from './classic/validate.ts'
import { coordinatorErrorCode } from './coordinator-error.ts'
import type { GroupCoordinatorConfig } from './group-config.ts'
import type { GroupPartition } from './group-partition.ts'
import * as decide from './group-requests.ts'
import type { RequestContext } from './request-context.ts'

/** Finds who serves a group, or says why nobody does. */
export type Route = (groupId: string) => Found<GroupPartition>

export interface MembershipOptions {
  readonly route: Route
  readonly config: () => GroupCoordinatorConfig
  readonly memberIds: MemberIds
}

const { NONE, INVALID_GROUP_ID, INVALID_SESSION_TIMEOUT, UNKNOWN_SERVER_ERROR } = ErrorCode

export class Membership {
  readonly #options: MembershipOptions

  constructor(options: MembershipOptions) {
    this.#options = options
  }

  async joinGroup(request: JoinGroupRequest, context: RequestContext): Promise<Init<typeof JoinGroupResponse>> {
    const { minSessionTimeoutMs, maxSessionTimeoutMs } = this.#options.config()
    const { sessionTimeoutMs, memberId } = request
    const refuse = (errorCode: number) => fitJoin(joinError(errorCode, memberId), context)
    if (request.groupId === '') return refuse(INVALID_GROUP_ID)
    if (sessionTimeoutMs < minSessionTimeoutMs || sessionTimeoutMs > maxSessionTimeoutMs)
      return refuse(INVALID_SESSION_TIMEOUT)
    const found = this.#options.route(request.groupId)
    if ('errorCode' in found) return refuse(found.errorCode)
    const join = joinOf(request, context, memberId === '' ? this.#options.memberIds : null)
    try {
      const answer = await found.partition.submit<JoinAnswer>((asked) => decide.join(asked, join))
      return fitJoin(answer, context)
    } catch (error) {
      return fitJoin(joinError(coordinatorErrorCode(error, UNKNOWN_SERVER_ERROR), ''), context)
    }
  }

  async syncGroup(request: SyncGroupRequest): Promise<Init<typeof SyncGroupResponse>> {
    if (request.groupId === '') return syncError(INVALID_GROUP_ID)
    const found = this.#options.route(request.groupId)
    if ('errorCode' in found) return syncError(found.errorCode)
    const { partition } = found
    const sync = syncOf(request)
    try {
      return await partition.submit<SyncAnswer>((asked) => decide.sync(asked, sync))
    } catch (error) {
      const errorCode = coordinatorErrorCode(error, UNKNOWN_SERVER_ERROR)
      if (partition.isOpen) partition.submit((asked) => decide.syncFailed(asked, sync, errorCode)).catch(() => {})
      return syncError(errorCode)
    }
  }

  async heartbeat(request: HeartbeatRequest): Promise<Init<typeof HeartbeatResponse>> {
    if (request.groupId === '') return { errorCode: INVALID_GROUP_ID }
    const found = this.#options.route(request.groupId)
    // Kafka's clients need no new coordinator while this one loads: their membership is not in doubt.
    if ('errorCode' in found)
      return { errorCode: found.errorCode === ErrorCode.COORDINATOR_LOAD_IN_PROGRESS ? NONE : found.errorCode }
    try {
      return { errorCode: await found.partition.submit<number>((asked) => decide.heartbeat(asked, request)) }
    } catch (error) {
      return { errorCode: coordinatorErrorCode(error, UNKNOWN_SERVER_ERROR) }
    }
  }

  async leaveGroup(
    request: LeaveGroupRequest,
    { apiVersion }: RequestContext,
  ): Promise<Init<typeof LeaveGroupResponse>> {
    if (request.groupId === '') return { errorCode: INVALID_GROUP_ID }
    const members: readonly MemberIdentity[] =
      apiVersion < 3 ? [{ memberId: request.memberId, groupInstanceId: null }] : request.members
    const leave = { groupId: request.groupId, members }
    const answer = await ask<number[]>(this.#options.route, request.groupId, (asked) => decide.leave(asked, leave))
    if ('errorCode' in answer) return answer
    const errors = answer.value
    if (apiVersion < 3) return { errorCode: errors[0] ?? NONE }
    const answered = members.map(({ memberId, groupInstanceId }, index) => ({
      memberId,
      groupInstanceId,
      errorCode: errors[index] ?? NONE,
    }))
    return { errorCode: NONE, members: answered }
  }
}

/** The buffers of a request live only as long as its frame. */
function joinOf(request: JoinGroupRequest, context: RequestContext, memberIds: MemberIds | null): Join {
  const { groupId, memberId, groupInstanceId, protocolType, sessionTimeoutMs, rebalanceTimeoutMs, reason } = request
  return {
    groupId,
    memberId,
    groupInstanceId,
    protocolType,
    protocols: request.protocols.map(({ name, metadata }) => ({ name, metadata: Buffer.from(metadata) })),
    sessionTimeoutMs,
    // Version 0 has but one timeout.
    rebalanceTimeoutMs: rebalanceTimeoutMs === -1 ? sessionTimeoutMs : rebalanceTimeoutMs,
    reason,
    clientId: context.clientId,
    clientHost: context.clientHost,
    memberIdSuffix: memberIds?.nextSuffix() ?? '',
    memberUuid: memberIds?.nextUuid() ?? '',
    mayRequireMemberId: context.apiVersion >= 4,
    maySkipAssignment: context.apiVersion >= 9,
  }
}

function syncOf(request: SyncGroupRequest): Sync {
  const { groupId, generationId, memberId, groupInstanceId, protocolType, protocolName } = request
  const assignments = new Map(
    request.assignments.map(({ memberId, assignment }) => [memberId, Buffer.from(assignment)]),
  )
  return { groupId, generationId, memberId, groupInstanceId, protocolType, protocolName, assignments }
}

/** Before version 7 there is no null for a protocol name. */
function fitJoin(answer: JoinAnswer, { apiVersion }: RequestContext): JoinAnswer {
  return apiVersion < 7 && answer.protocolName === null ? { ...answer, protocolName: '' } : answer
}
