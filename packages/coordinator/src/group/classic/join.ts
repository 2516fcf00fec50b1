/**
 * JoinGroup: a member asks to take part in the next generation, and waits until there is one.
 *
 * Since version 4 a member without id is first given one and asked to come back with it (KIP-394), so that a client that
 * gives up and retries does not leave a row of dead members behind. A static member (version 5, KIP-345) is known by its
 * instance id instead; `join-static.ts`.
 */
import { ErrorCode } from '@ottla/protocol'
import type { ReplyToken } from '@ottla/runtime'
import { joinError, joined } from './answers.ts'
import type { ClassicDraft } from './classic-draft.ts'
import { type ClassicMember, EMPTY_BYTES, type MemberProtocol } from './classic-group.ts'
import { rejoinStaticMember } from './join-static.ts'
import { matchesProtocols } from './protocols.ts'
import { completeJoinUnlessInitial, rebalanceOrCompleteJoin } from './rebalance.ts'
import { memberError } from './validate.ts'

/** A new member whose JoinGroup waits this long is taken for gone: it has no session yet by which to tell. */
const NEW_MEMBER_JOIN_TIMEOUT_MS = 5 * 60 * 1000

/** A JoinGroup request with what the decision needs to know of its sender. Its buffers are its own. */
export interface Join {
  readonly groupId: string
  readonly memberId: string
  readonly groupInstanceId: string | null
  readonly protocolType: string
  readonly protocols: readonly MemberProtocol[]
  readonly sessionTimeoutMs: number
  readonly rebalanceTimeoutMs: number
  /** Why the client joins, in its own words. */
  readonly reason: string | null
  readonly clientId: string
  readonly clientHost: string
  /** The random end of the member id, should the member need one. */
  readonly memberIdSuffix: string
  /** A whole member id, for members of a consumer group. */
  readonly memberUuid: string
  /** The client understands MEMBER_ID_REQUIRED. */
  readonly mayRequireMemberId: boolean
  /** The client understands `skipAssignment`. */
  readonly maySkipAssignment: boolean
}

export function decideJoin(draft: ClassicDraft, join: Join, token: ReplyToken): void {
  if (!hasRoomFor(draft, join.memberId)) {
    draft.remove(join.memberId)
    draft.answer(token, joinError(ErrorCode.GROUP_MAX_SIZE_REACHED, ''))
    completeJoinUnlessInitial(draft)
  } else if (!supports(draft, join)) {
    draft.answer(token, joinError(ErrorCode.INCONSISTENT_GROUP_PROTOCOL, join.memberId))
  } else if (join.memberId === '') {
    joinWithoutId(draft, join, token)
  } else if (draft.isPending(join.memberId) && join.groupInstanceId === null) {
    addMember(draft, join, { memberId: join.memberId, token })
  } else {
    joinAgain(draft, join, token)
  }
}

/**
 * While members gather, those who wait are counted and not those who are known: when the limit was lowered, the last to
 * come back find no place.
 */
function hasRoomFor(draft: ClassicDraft, memberId: string): boolean {
  const { maxGroupSize } = draft.turn.config
  if (draft.phase === 'Empty') return true
  const member = draft.member(memberId)
  if (draft.phase === 'PreparingRebalance')
    return (member !== undefined && member.awaitingJoin !== null) || draft.state.awaitingJoinCount < maxGroupSize
  return member !== undefined || draft.memberCount < maxGroupSize
}

function supports(draft: ClassicDraft, { protocolType, protocols }: Join): boolean {
  if (draft.phase === 'Empty') return protocolType !== '' && protocols.length > 0
  const { protocolCounts, protocolType: groupType } = draft.state
  if (protocolType !== groupType) return false
  return protocols.some(({ name }) => (protocolCounts.get(name) ?? 0) === draft.memberCount)
}

function joinWithoutId(draft: ClassicDraft, join: Join, token: ReplyToken): void {
  const memberId = `${join.groupInstanceId ?? join.clientId}-${join.memberIdSuffix}`
  const oldMemberId = join.groupInstanceId === null ? undefined : draft.staticMemberId(join.groupInstanceId)
  if (oldMemberId !== undefined) {
    rejoinStaticMember(draft, join, { oldMemberId, memberId, token })
  } else if (join.groupInstanceId === null && join.mayRequireMemberId) {
    draft.addPending(memberId)
    draft.turn.setTimer({ kind: 'session', groupId: draft.groupId, memberId }, join.sessionTimeoutMs)
    draft.answer(token, joinError(ErrorCode.MEMBER_ID_REQUIRED, memberId))
  } else {
    addMember(draft, join, { memberId, token })
  }
}

function addMember(
  draft: ClassicDraft,
  join: Join,
  { memberId, token }: { memberId: string; token: ReplyToken },
): void {
  if (draft.memberCount === 0) draft.set({ protocolType: join.protocolType })
  if (draft.state.leaderId === null) draft.set({ leaderId: memberId })
  if (draft.phase === 'PreparingRebalance' && draft.state.isInitialRebalance) draft.set({ hasNewMember: true })
  draft.put({
    memberId,
    groupInstanceId: join.groupInstanceId,
    clientId: join.clientId,
    clientHost: join.clientHost,
    rebalanceTimeoutMs: join.rebalanceTimeoutMs,
    sessionTimeoutMs: join.sessionTimeoutMs,
    protocols: join.protocols,
    assignment: EMPTY_BYTES,
    isNew: true,
    isPendingSync: false,
    awaitingJoin: token,
    awaitingSync: null,
  })
  draft.turn.setTimer({ kind: 'session', groupId: draft.groupId, memberId }, NEW_MEMBER_JOIN_TIMEOUT_MS)
  rebalanceOrCompleteJoin(draft, `new member ${memberId}${because(join)}`)
}

function joinAgain(draft: ClassicDraft, join: Join, token: ReplyToken): void {
  const error = memberError(draft, join)
  const member = draft.member(join.memberId)
  if (error !== ErrorCode.NONE || member === undefined || draft.phase === 'Empty') {
    draft.answer(token, joinError(error === ErrorCode.NONE ? ErrorCode.UNKNOWN_MEMBER_ID : error, join.memberId))
  } else if (isUpToDate(draft, member, join)) {
    // The answer to its first request may have been lost.
    draft.answer(token, joined(draft, member.memberId))
  } else {
    const { protocols, sessionTimeoutMs, rebalanceTimeoutMs } = join
    parkJoin(draft, { ...member, protocols, sessionTimeoutMs, rebalanceTimeoutMs }, token)
    rebalanceOrCompleteJoin(draft, `member ${member.memberId} joins again${because(join)}`)
  }
}

/** Nothing new is said. In a stable group the leader joins again to have partitions assigned anew. */
function isUpToDate(draft: ClassicDraft, member: ClassicMember, join: Join): boolean {
  if (draft.phase === 'PreparingRebalance') return false
  if (draft.phase === 'Stable' && draft.isLeader(member.memberId)) return false
  return matchesProtocols(member, join.protocols)
}

/** Lets the member wait for the generation. Of two requests that wait for the same the older is given up: its client has. */
function parkJoin(draft: ClassicDraft, member: ClassicMember, token: ReplyToken): void {
  if (member.awaitingJoin !== null)
    draft.answer(member.awaitingJoin, joinError(ErrorCode.REBALANCE_IN_PROGRESS, member.memberId))
  draft.put({ ...member, awaitingJoin: token })
}

function because({ reason }: Join): string {
  return reason === null ? '' : `: ${reason}`
}
