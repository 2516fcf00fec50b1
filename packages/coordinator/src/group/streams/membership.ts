/** Who a heartbeat is from: a member that is known, a new one, or a static one that takes its own place again. */
import { ErrorCode, type StreamsGroupHeartbeatRequest } from '@ottla/protocol'
import type { StreamsDraft } from './streams-draft.ts'
import { AWAY_EPOCH, JOIN_EPOCH, newMember, type StreamsMember } from './streams-member.ts'
import { isSubset, NO_TASKS, tasksFrom } from './tasks.ts'

export interface Refused {
  readonly kind: 'refused'
  readonly errorCode: number
  readonly errorMessage: string
}

export function refused(errorCode: number, errorMessage: string): Refused {
  return { kind: 'refused', errorCode, errorMessage }
}

export interface Found {
  readonly kind: 'found'
  readonly member: StreamsMember
  readonly isNew: boolean
}

export function findMember(draft: StreamsDraft, request: StreamsGroupHeartbeatRequest): Found | Refused {
  const isJoining = request.memberEpoch === JOIN_EPOCH
  const { instanceId } = request
  const holderId = instanceId === null ? undefined : draft.group.staticMemberId(instanceId)
  if (instanceId !== null && !isJoining) {
    if (holderId === undefined) return refused(ErrorCode.UNKNOWN_MEMBER_ID, `Instance id ${instanceId} is unknown.`)
    if (holderId !== request.memberId)
      return refused(
        ErrorCode.FENCED_INSTANCE_ID,
        `Static member ${request.memberId} with instance id ${instanceId} was fenced by member ${holderId}.`,
      )
  }
  if (!isJoining) return findKnown(draft, request)
  if (holderId === undefined) return findJoining(draft, request)
  return findStatic(draft, request, holderId)
}

function findKnown(draft: StreamsDraft, request: StreamsGroupHeartbeatRequest): Found | Refused {
  const { memberId, memberEpoch } = request
  const member = draft.member(memberId)
  if (member === undefined)
    return refused(ErrorCode.UNKNOWN_MEMBER_ID, `Member ${memberId} is not a member of group ${draft.groupId}.`)
  if (memberEpoch >= JOIN_EPOCH && memberEpoch !== member.memberEpoch && !isBehindByOneAnswer(member, request)) {
    const than = memberEpoch > member.memberEpoch ? 'greater' : 'smaller'
    return refused(
      ErrorCode.FENCED_MEMBER_EPOCH,
      `The streams group member has a ${than} member epoch (${memberEpoch}) than the one known by the group coordinator (${member.memberEpoch}). The member must abandon all its partitions and rejoin.`,
    )
  }
  return { kind: 'found', member, isNew: false }
}

/** The answer that told it of its epoch was lost: it may have no more than what it was given. */
function isBehindByOneAnswer(member: StreamsMember, request: StreamsGroupHeartbeatRequest): boolean {
  const { activeTasks, standbyTasks, warmupTasks } = request
  const { assigned } = member
  return (
    request.memberEpoch === member.previousMemberEpoch &&
    request.memberEpoch < member.memberEpoch &&
    activeTasks !== null &&
    standbyTasks !== null &&
    warmupTasks !== null &&
    isSubset(tasksFrom(activeTasks), assigned.active) &&
    isSubset(tasksFrom(standbyTasks), assigned.standby) &&
    isSubset(tasksFrom(warmupTasks), assigned.warmup)
  )
}

function findJoining(draft: StreamsDraft, { memberId }: StreamsGroupHeartbeatRequest): Found | Refused {
  const known = draft.member(memberId)
  if (known !== undefined) return { kind: 'found', member: known, isNew: false }
  const { maxStreamsGroupSize } = draft.turn.config
  if (draft.memberCount >= maxStreamsGroupSize)
    return refused(
      ErrorCode.GROUP_MAX_SIZE_REACHED,
      `The streams group has reached its maximum capacity of ${maxStreamsGroupSize} members.`,
    )
  return { kind: 'found', member: newMember(memberId), isNew: true }
}

function findStatic(draft: StreamsDraft, request: StreamsGroupHeartbeatRequest, holderId: string): Found | Refused {
  const { memberId, instanceId } = request
  const holder = draft.member(holderId) as StreamsMember
  if (holder.memberEpoch === AWAY_EPOCH)
    return { kind: 'found', member: replace(draft, holder, memberId), isNew: false }
  if (holderId === memberId) return { kind: 'found', member: holder, isNew: false }
  return refused(
    ErrorCode.UNRELEASED_INSTANCE_ID,
    `Static member ${memberId} with instance id ${instanceId} cannot join the group because the instance id is owned by ${holderId} member.`,
  )
}

/** The member goes on under the new id with all that it had: nobody else notices. */
function replace(draft: StreamsDraft, holder: StreamsMember, memberId: string): StreamsMember {
  const target = draft.target(holder.memberId) ?? NO_TASKS
  const member = { ...holder, memberId, memberEpoch: JOIN_EPOCH, previousMemberEpoch: JOIN_EPOCH }
  if (memberId !== holder.memberId) draft.remove(holder.memberId)
  draft.putMetadata(member)
  draft.putTarget(memberId, target)
  draft.putProgress(member)
  return member
}
