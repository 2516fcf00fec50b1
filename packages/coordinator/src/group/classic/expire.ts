import type { ClassicDraft } from './classic-draft.ts'
import { dismiss } from './leave.ts'
import { completeJoinWhenAllThere, prepareRebalance } from './rebalance.ts'

/**
 * A session ran out. Members that wait for the group's next generation, or for their assignment, cannot send heartbeats and so are alive by
 * definition; a new member is not, as its client may have lost interest before it knew its own id.
 */
export function sessionTimeout(draft: ClassicDraft, memberId: string): void {
  const member = draft.member(memberId)
  if (member === undefined) {
    draft.removePending(memberId)
    completeJoinWhenAllThere(draft)
    return
  }
  const waits = member.awaitingJoin !== null || member.awaitingSync !== null
  if (waits && !member.isNew) return
  dismiss(draft, memberId)
  if (draft.phase === 'PreparingRebalance') completeJoinWhenAllThere(draft)
  else prepareRebalance(draft, `the session of ${memberId} ran out`)
}
