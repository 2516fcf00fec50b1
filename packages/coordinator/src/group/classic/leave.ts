/**
 * LeaveGroup: members leave, or are made to by an administrator, who knows a static member by its instance id alone
 * (KIP-345, version 3). One rebalance for all who leave.
 */
import { ErrorCode } from '@ottla/protocol'
import { sessionKey } from '../turn.ts'
import { joinError, syncError } from './answers.ts'
import type { ClassicDraft } from './classic-draft.ts'
import { completeJoinUnlessInitial, prepareRebalance } from './rebalance.ts'
import { type MemberIdentity, memberError } from './validate.ts'

/** The error of each, in order. */
export function decideLeave(draft: ClassicDraft, leaving: readonly MemberIdentity[]): number[] {
  const errors = leaving.map((identity) => leave(draft, identity))
  if (!errors.includes(ErrorCode.NONE)) return errors
  if (draft.phase === 'PreparingRebalance') completeJoinUnlessInitial(draft)
  else if (draft.phase !== 'Empty') prepareRebalance(draft, 'members left')
  return errors
}

function leave(draft: ClassicDraft, { memberId, groupInstanceId }: MemberIdentity): number {
  if (memberId === '') {
    const current = groupInstanceId === null ? undefined : draft.staticMemberId(groupInstanceId)
    if (current === undefined) return ErrorCode.UNKNOWN_MEMBER_ID
    dismiss(draft, current)
    return ErrorCode.NONE
  }
  if (!draft.isPending(memberId)) {
    const error = memberError(draft, { memberId, groupInstanceId })
    if (error !== ErrorCode.NONE) return error
  }
  dismiss(draft, memberId)
  return ErrorCode.NONE
}

/** Takes the member out. What it still waits for is answered: as it is no member, it does not matter by whom. */
export function dismiss(draft: ClassicDraft, memberId: string): void {
  draft.answerJoin(memberId, joinError(ErrorCode.UNKNOWN_MEMBER_ID, ''))
  draft.answerSync(memberId, syncError(ErrorCode.UNKNOWN_MEMBER_ID))
  draft.turn.cancelTimer(sessionKey(draft.groupId, memberId))
  draft.remove(memberId)
}
