/**
 * SyncGroup: members wait for their part of the leader's assignment. The leader's own request carries it: the group is
 * written with it, and all are answered when that is committed.
 */
import { ErrorCode } from '@ottla/protocol'
import type { ReplyToken } from '@ottla/runtime'
import { sessionKey, syncKey } from '../turn.ts'
import { syncError, synced } from './answers.ts'
import type { ClassicDraft } from './classic-draft.ts'
import { type ClassicMember, EMPTY_BYTES } from './classic-group.ts'
import { groupRecord } from './group-state-record.ts'
import { keepAlive, prepareRebalance, rejectSyncs } from './rebalance.ts'
import { memberError } from './validate.ts'

/** A SyncGroup request. Its buffers are its own. */
export interface Sync {
  readonly groupId: string
  readonly generationId: number
  readonly memberId: string
  readonly groupInstanceId: string | null
  /** null: the client does not say (before version 5). */
  readonly protocolType: string | null
  readonly protocolName: string | null
  readonly assignments: ReadonlyMap<string, Buffer>
}

export function decideSync(draft: ClassicDraft, sync: Sync, token: ReplyToken): void {
  const error = syncRefusal(draft, sync)
  if (error !== ErrorCode.NONE) {
    draft.answer(token, syncError(error))
    return
  }
  const member = draft.member(sync.memberId) as ClassicMember
  if (draft.phase === 'Stable') {
    draft.put({ ...member, isPendingSync: false })
    keepAlive(draft, member.memberId)
    draft.answer(token, synced(draft, member.assignment))
  } else {
    if (member.awaitingSync !== null) draft.answer(member.awaitingSync, syncError(ErrorCode.REBALANCE_IN_PROGRESS))
    draft.put({ ...member, isPendingSync: false, awaitingSync: token })
    if (draft.isLeader(member.memberId)) settle(draft, sync.assignments)
  }
  if (draft.state.pendingSyncCount === 0) draft.turn.cancelTimer(syncKey(draft.groupId))
}

function syncRefusal(draft: ClassicDraft, sync: Sync): number {
  if (draft.phase === 'Empty') return ErrorCode.UNKNOWN_MEMBER_ID
  const error = memberError(draft, sync)
  if (error !== ErrorCode.NONE) return error
  const { generationId, protocolType, protocolName } = draft.state
  if (sync.generationId !== generationId) return ErrorCode.ILLEGAL_GENERATION
  if (isOther(sync.protocolType, protocolType) || isOther(sync.protocolName, protocolName))
    return ErrorCode.INCONSISTENT_GROUP_PROTOCOL
  return draft.phase === 'PreparingRebalance' ? ErrorCode.REBALANCE_IN_PROGRESS : ErrorCode.NONE
}

function isOther(said: string | null, known: string | null): boolean {
  return said !== null && known !== null && said !== known
}

/** The assignment is here: the group is stable. Members that the leader left out get nothing. */
function settle(draft: ClassicDraft, assignments: ReadonlyMap<string, Buffer>): void {
  for (const member of draft.members())
    draft.put({ ...member, assignment: assignments.get(member.memberId) ?? EMPTY_BYTES })
  draft.enter('Stable')
  draft.set({ hasRecord: true })
  for (const { memberId, awaitingSync, assignment } of draft.members()) {
    if (awaitingSync === null) continue
    draft.answerSync(memberId, synced(draft, assignment))
    // The session may have run out while the member waited, without effect and without a next time.
    keepAlive(draft, memberId)
  }
  draft.turn.write(groupRecord(draft))
}

/**
 * The assignment could not be written: everybody who waited for it is told so, and joins again. Nothing to do when the group went
 * on to another generation meanwhile.
 */
export function abandonSync(draft: ClassicDraft, { generationId, memberId }: Sync, errorCode: number): void {
  if (draft.phase !== 'CompletingRebalance' || draft.state.generationId !== generationId) return
  if (!draft.isLeader(memberId)) return
  for (const member of draft.members())
    if (member.assignment.length > 0) draft.put({ ...member, assignment: EMPTY_BYTES })
  rejectSyncs(draft, errorCode)
  prepareRebalance(draft, 'the assignment could not be written')
}

/** The time to sync is over: those who have not are out. */
export function syncTimeout(draft: ClassicDraft, generationId: number): void {
  const { state, turn, groupId, phase } = draft
  if (state.generationId !== generationId || state.pendingSyncCount === 0) return
  if (phase !== 'CompletingRebalance' && phase !== 'Stable') return
  for (const { memberId, isPendingSync } of draft.members()) {
    if (!isPendingSync) continue
    draft.remove(memberId)
    turn.cancelTimer(sessionKey(groupId, memberId))
    turn.log('member has not synced in time and is out', { groupId, memberId })
  }
  prepareRebalance(draft, 'members have not synced in time')
}
