/** How members leave a consumer group: by themselves, or because nothing was heard of them. */
import { ErrorCode } from '@ottla/protocol'
import type { ConsumerDraft } from './consumer-draft.ts'
import { type ConsumerMember, JOIN_EPOCH, NOTHING, STATIC_LEAVE_EPOCH } from './consumer-member.ts'
import { maybeDowngrade } from './downgrade.ts'

/** A static member goes away and will be back: its partitions stay its own until its session is over. */
export function leaveForAWhile(draft: ConsumerDraft, member: ConsumerMember): void {
  const assigned = new Map(
    [...member.assigned].map(([topicId, partitions]) => [
      topicId,
      new Map([...partitions.keys()].map((partition) => [partition, JOIN_EPOCH])),
    ]),
  )
  draft.putAssignment({ ...member, memberEpoch: STATIC_LEAVE_EPOCH, assigned, pendingRevocation: NOTHING })
}

/** Takes members out of the group. The group goes back to the classic protocol when no other member is left that speaks the new one. */
export function removeMembers(draft: ConsumerDraft, members: readonly ConsumerMember[]): void {
  if (members.length === 0) return
  for (const { memberId } of members) draft.cancelTimers(memberId)
  if (maybeDowngrade(draft, new Set(members.map(({ memberId }) => memberId)))) return
  for (const { memberId } of members) draft.remove(memberId)
  for (const { topicRegex } of members)
    if (topicRegex !== '' && draft.subscriberCount(topicRegex) === 0) draft.removeRegex(topicRegex)
  draft.bumpEpoch()
}

/** Why a member that goes by instance id is not the one it says it is. */
export function identityError(member: ConsumerMember | undefined, memberId: string): number {
  if (member === undefined) return ErrorCode.UNKNOWN_MEMBER_ID
  return member.memberId === memberId ? ErrorCode.NONE : ErrorCode.FENCED_INSTANCE_ID
}
