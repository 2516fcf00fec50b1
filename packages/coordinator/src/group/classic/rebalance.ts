/**
 * The rebalance of a classic group: when it begins, when its join phase ends, what a new generation is.
 *
 * A group that was empty waits for `group.initial.rebalance.delay.ms` after its first member, and again after each further
 * one, up to the members' rebalance timeout (KIP-134). Any other waits until all its members have joined, at most their
 * rebalance timeout; dynamic members that have not joined by then are out, static ones stay until their session expires.
 */
import { ErrorCode } from '@ottla/protocol'
import { joinKey, sessionKey, syncKey } from '../turn.ts'
import { joined, syncError } from './answers.ts'
import type { ClassicDraft } from './classic-draft.ts'
import type { ClassicMember } from './classic-group.ts'
import { groupRecord } from './group-state-record.ts'
import { selectProtocol, subscribedTopicsOf } from './protocols.ts'

/** After any change of members: a settled group begins a rebalance, one that gathers members may be complete now. */
export function rebalanceOrCompleteJoin(draft: ClassicDraft, reason: string): void {
  if (draft.phase === 'PreparingRebalance') completeJoinUnlessInitial(draft)
  else prepareRebalance(draft, reason)
}

/** Members that wait for their assignment are sent back to join. */
export function prepareRebalance(draft: ClassicDraft, reason: string): void {
  const { generationId, leaderId } = draft.state
  draft.turn.log('group begins to rebalance', { groupId: draft.groupId, generationId, leaderId, reason })
  if (draft.phase === 'CompletingRebalance') rejectSyncs(draft, ErrorCode.REBALANCE_IN_PROGRESS)
  const { turn, groupId } = draft
  turn.cancelTimer(syncKey(groupId))
  const isInitialRebalance = draft.phase === 'Empty'
  draft.enter('PreparingRebalance')
  draft.set({ isInitialRebalance, hasNewMember: false })
  if (!isInitialRebalance) {
    if (draft.haveAllJoined) completeJoin(draft)
    else turn.setTimer({ kind: 'join', groupId }, rebalanceTimeoutMs(draft))
    return
  }
  const delayMs = turn.config.initialRebalanceDelayMs
  const remainingMs = Math.max(rebalanceTimeoutMs(draft) - delayMs, 0)
  turn.setTimer({ kind: 'initial-join', groupId, delayMs, remainingMs }, delayMs)
}

/** The initial delay is over: another one when members came meanwhile, the generation otherwise. */
export function initialDelayOver(draft: ClassicDraft, delayMs: number, remainingMs: number): void {
  if (!draft.state.hasNewMember || remainingMs === 0) {
    completeJoin(draft)
    return
  }
  draft.set({ hasNewMember: false })
  const { turn, groupId } = draft
  const nextDelayMs = Math.min(turn.config.initialRebalanceDelayMs, remainingMs)
  turn.setTimer(
    { kind: 'initial-join', groupId, delayMs: nextDelayMs, remainingMs: Math.max(remainingMs - delayMs, 0) },
    nextDelayMs,
  )
}

/** Ends the join phase when everybody is there; in an initial rebalance others are still waited for. */
export function completeJoinUnlessInitial(draft: ClassicDraft): void {
  if (draft.phase === 'PreparingRebalance' && draft.haveAllJoined && !draft.state.isInitialRebalance)
    completeJoin(draft)
}

/** Somebody who was waited for is gone: nobody else may be missing. */
export function completeJoinWhenAllThere(draft: ClassicDraft): void {
  if (draft.phase === 'PreparingRebalance' && draft.haveAllJoined) completeJoin(draft)
}

/** Begins the next generation with those who have joined. */
export function completeJoin(draft: ClassicDraft): void {
  const { turn, groupId } = draft
  turn.cancelTimer(joinKey(groupId))
  for (const member of draft.members()) {
    if (member.awaitingJoin !== null || member.groupInstanceId !== null) continue
    draft.remove(member.memberId)
    turn.cancelTimer(sessionKey(groupId, member.memberId))
    turn.log('member has not joined in time and is out', { groupId, memberId: member.memberId })
  }
  if (draft.memberCount > 0 && !electJoinedLeader(draft)) {
    // Only static members are left and none of them has joined: their sessions decide when the group goes on.
    turn.setTimer({ kind: 'join', groupId }, rebalanceTimeoutMs(draft))
    return
  }
  const members = draft.members()
  const { generationId, protocolType, protocolCounts } = draft.state
  const protocolName = selectProtocol(members, protocolCounts)
  draft.set({
    generationId: generationId + 1,
    protocolName,
    subscribedTopics: subscribedTopicsOf(members, protocolType, protocolName),
    isInitialRebalance: false,
    hasNewMember: false,
  })
  if (members.length === 0) becomeEmpty(draft)
  else awaitAssignment(draft, members)
}

function becomeEmpty(draft: ClassicDraft): void {
  draft.turn.log('group is empty', { groupId: draft.groupId, generationId: draft.state.generationId })
  draft.enter('Empty')
  draft.set({ leaderId: null, hasRecord: true })
  draft.turn.write(groupRecord(draft))
}

function awaitAssignment(draft: ClassicDraft, members: readonly ClassicMember[]): void {
  const { generationId, protocolName, leaderId } = draft.state
  const fields = { groupId: draft.groupId, generationId, protocolName, leaderId, members: members.length }
  draft.turn.log('group has a new generation', fields)
  draft.enter('CompletingRebalance')
  for (const { memberId } of members) {
    draft.answerJoin(memberId, joined(draft, memberId))
    keepAlive(draft, memberId)
    draft.put({ ...(draft.member(memberId) as ClassicMember), isNew: false, isPendingSync: true })
  }
  const { turn, groupId } = draft
  turn.setTimer({ kind: 'sync', groupId, generationId: draft.state.generationId }, rebalanceTimeoutMs(draft))
}

/** The leader stays when it has joined, and is the first who has otherwise. False: nobody has joined. */
function electJoinedLeader(draft: ClassicDraft): boolean {
  const leader = draft.state.leaderId === null ? undefined : draft.member(draft.state.leaderId)
  if (leader !== undefined && leader.awaitingJoin !== null) return true
  const next = draft.members().find(({ awaitingJoin }) => awaitingJoin !== null)
  if (next === undefined) return false
  draft.set({ leaderId: next.memberId })
  return true
}

/** Sends those who wait for an assignment back with an error. */
export function rejectSyncs(draft: ClassicDraft, errorCode: number): void {
  for (const { memberId, awaitingSync } of draft.members()) {
    if (awaitingSync === null) continue
    draft.answerSync(memberId, syncError(errorCode))
    keepAlive(draft, memberId)
  }
}

/** The member has shown that it lives: its session begins anew. */
export function keepAlive(draft: ClassicDraft, memberId: string): void {
  const member = draft.member(memberId)
  if (member === undefined) return
  draft.turn.setTimer({ kind: 'session', groupId: draft.groupId, memberId }, member.sessionTimeoutMs)
}

/** How long the slowest member may take. */
function rebalanceTimeoutMs(draft: ClassicDraft): number {
  let longestMs = 0
  for (const member of draft.members()) longestMs = Math.max(longestMs, member.rebalanceTimeoutMs)
  return longestMs
}
