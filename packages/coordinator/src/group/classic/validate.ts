import { ErrorCode } from '@ottla/protocol'

/** Who a request says it comes from. */
export interface MemberIdentity {
  readonly memberId: string
  readonly groupInstanceId: string | null
}

/** The group, or a draft of it. */
interface Members {
  has(memberId: string): boolean
  staticMemberId(groupInstanceId: string): string | undefined
}

/** NONE, UNKNOWN_MEMBER_ID, or FENCED_INSTANCE_ID when the static member came back under another id since (KIP-345). */
export function memberError(members: Members, { memberId, groupInstanceId }: MemberIdentity): number {
  if (groupInstanceId !== null) {
    const current = members.staticMemberId(groupInstanceId)
    if (current === undefined) return ErrorCode.UNKNOWN_MEMBER_ID
    if (current !== memberId) return ErrorCode.FENCED_INSTANCE_ID
  }
  return members.has(memberId) ? ErrorCode.NONE : ErrorCode.UNKNOWN_MEMBER_ID
}
