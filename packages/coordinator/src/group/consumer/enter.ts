/**
 * Who sends a heartbeat: a member that the group knows, in its epoch; one that comes for the first time; or a static member that
 * takes its old place under a new id.
 */
import { ErrorCode } from '@ottla/protocol'
import type { PartitionsByTopic } from '../assignor/assignor.ts'
import type { ConsumerDraft } from './consumer-draft.ts'
import { type ConsumerMember, JOIN_EPOCH, NOTHING, newMember, STATIC_LEAVE_EPOCH } from './consumer-member.ts'
import { type ConsumerHeartbeat, identityMessage, type Refusal, refusal } from './heartbeat.ts'
import { identityError } from './leave.ts'

export type Entered = { readonly member: ConsumerMember } | Refusal

export function memberFor(draft: ConsumerDraft, heartbeat: ConsumerHeartbeat): Entered {
  const { memberId, memberEpoch, instanceId, owned } = heartbeat
  if (!hasRoomFor(draft, memberId))
    return refusal(
      ErrorCode.GROUP_MAX_SIZE_REACHED,
      `The consumer group has reached its maximum capacity of ${draft.turn.config.consumerMaxGroupSize} members.`,
    )
  if (instanceId !== null) return staticMember(draft, heartbeat, instanceId)
  const member = draft.member(memberId)
  if (member === undefined) {
    if (memberEpoch === JOIN_EPOCH) return { member: newMember(memberId) }
    return refusal(ErrorCode.UNKNOWN_MEMBER_ID, identityMessage(ErrorCode.UNKNOWN_MEMBER_ID, { ...heartbeat }))
  }
  return inEpoch(member, memberEpoch, owned)
}

export function hasRoomFor(draft: ConsumerDraft, memberId: string): boolean {
  return draft.group.members.size < draft.turn.config.consumerMaxGroupSize || draft.group.members.has(memberId)
}

function staticMember(draft: ConsumerDraft, heartbeat: ConsumerHeartbeat, instanceId: string): Entered {
  const { memberId, memberEpoch, owned } = heartbeat
  const known = draft.group.staticMember(instanceId)
  if (memberEpoch !== JOIN_EPOCH) {
    const error = identityError(known, memberId)
    if (known === undefined || error !== ErrorCode.NONE) return refusal(error, identityMessage(error, heartbeat, known))
    return inEpoch(known, memberEpoch, owned)
  }
  if (known === undefined) {
    const member = draft.member(memberId)
    return member === undefined ? { member: newMember(memberId) } : inEpoch(member, memberEpoch, owned)
  }
  // One of the classic protocol does not say that it goes away: it is replaced, as that protocol does.
  if (known.classic === null && known.memberEpoch !== STATIC_LEAVE_EPOCH)
    return refusal(
      ErrorCode.UNRELEASED_INSTANCE_ID,
      `Static member ${memberId} with instance id ${instanceId} cannot join the group because the instance id is owned by ${known.memberId} member.`,
    )
  return {
    member: replace(draft, known, { ...known, memberId, memberEpoch: JOIN_EPOCH, previousMemberEpoch: JOIN_EPOCH }),
  }
}

/** Gives the place of a static member, with all that it has and is to have, to the same one under another id. */
export function replace(draft: ConsumerDraft, old: ConsumerMember, member: ConsumerMember): ConsumerMember {
  const target = draft.target(old.memberId)
  draft.turn.log('static member takes its place under a new id', {
    groupId: draft.groupId,
    instanceId: member.instanceId,
    memberId: member.memberId,
    oldMemberId: old.memberId,
  })
  draft.hasReplaced = true
  draft.cancelTimers(old.memberId)
  draft.remove(old.memberId)
  draft.putMetadata(member)
  draft.setTarget(member.memberId, target)
  draft.putAssignment(member)
  return member
}

/** A member may be one epoch behind when the answer that told it was lost: then it has nothing that the newer epoch took away. */
function inEpoch(member: ConsumerMember, memberEpoch: number, owned: PartitionsByTopic | null): Entered {
  if (memberEpoch === member.memberEpoch || memberEpoch === JOIN_EPOCH)
    return { member: rejoining(member, memberEpoch) }
  const order = memberEpoch > member.memberEpoch ? 'greater' : 'smaller'
  if (order === 'smaller' && memberEpoch === member.previousMemberEpoch && isPartOf(owned, member)) return { member }
  return refusal(
    ErrorCode.FENCED_MEMBER_EPOCH,
    `The consumer group member has a ${order} member epoch (${memberEpoch}) than the one known by the group coordinator (${member.memberEpoch}). The member must abandon all its partitions and rejoin.`,
  )
}

/** A member that joins again has nothing: what it may have been told to give up, it has given up. */
function rejoining(member: ConsumerMember, memberEpoch: number): ConsumerMember {
  return memberEpoch === JOIN_EPOCH && member.state === 'unknown' ? { ...member, pendingRevocation: NOTHING } : member
}

function isPartOf(owned: PartitionsByTopic | null, { assigned }: ConsumerMember): boolean {
  if (owned === null) return false
  for (const [topicId, partitions] of owned) {
    const ofTopic = assigned.get(topicId)
    if (ofTopic === undefined || !partitions.every((partition) => ofTopic.has(partition))) return false
  }
  return true
}
