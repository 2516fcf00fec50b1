/**
 * Members of the classic protocol in a consumer group (KIP-848, migration). Their JoinGroup is what a heartbeat is to the others: it says what they
 * subscribe to and have, and is answered at once with an epoch for a generation; SyncGroup fetches what they are to have. A Heartbeat tells
 * them to join again when there is something to give up or to get.
 */
import { ErrorCode } from '@ottla/protocol'
import type { ReplyToken } from '@ottla/runtime'
import { type JoinAnswer, joinError, type SyncAnswer, syncError } from '../classic/answers.ts'
import type { Heartbeat } from '../classic/heartbeat.ts'
import type { Join } from '../classic/join.ts'
import { CONSUMER_PROTOCOL_TYPE } from '../classic/protocols.ts'
import type { Sync } from '../classic/sync.ts'
import type { MemberIdentity } from '../classic/validate.ts'
import { modernKey } from '../turn.ts'
import { assignmentBytes, partitionsById, readSubscription } from './classic-protocol.ts'
import type { ConsumerDraft } from './consumer-draft.ts'
import { type ConsumerMember, hasSameMetadata, hasSameTopics, newMember } from './consumer-member.ts'
import { becomeClassic, mayDowngrade } from './downgrade.ts'
import { hasRoomFor, replace } from './enter.ts'
import { settle } from './heartbeat.ts'
import { identityError, removeMembers } from './leave.ts'
import { followSubscription } from './subscription.ts'
import { updateTarget } from './target.ts'

const { NONE, UNKNOWN_MEMBER_ID, INCONSISTENT_GROUP_PROTOCOL, ILLEGAL_GENERATION, REBALANCE_IN_PROGRESS } = ErrorCode

export function joinAsClassic(draft: ConsumerDraft, join: Join, token: ReplyToken): void {
  draft.turn.reply(token, joinAnswer(draft, join))
}

function joinAnswer(draft: ConsumerDraft, join: Join): JoinAnswer {
  if (!hasRoomFor(draft, join.memberId)) return joinError(ErrorCode.GROUP_MAX_SIZE_REACHED, '')
  const subscription = readSubscription(join.protocols[0]?.metadata ?? Buffer.alloc(0))
  if (subscription === null || !supports(draft, join)) return joinError(INCONSISTENT_GROUP_PROTOCOL, join.memberId)
  const newId = join.memberUuid
  if (join.memberId === '' && join.groupInstanceId === null && join.mayRequireMemberId)
    return joinError(ErrorCode.MEMBER_ID_REQUIRED, newId)
  const before = entering(draft, join, newId)
  if (typeof before === 'number') return joinError(before, join.memberId)
  const updated: ConsumerMember = {
    ...before,
    instanceId: join.groupInstanceId ?? before.instanceId,
    rackId: subscription.rackId ?? before.rackId,
    rebalanceTimeoutMs: join.rebalanceTimeoutMs,
    topicNames: [...new Set(subscription.topics)].sort(),
    topicRegex: '',
    serverAssignor: null,
    clientId: join.clientId,
    clientHost: join.clientHost,
    classic: { sessionTimeoutMs: join.sessionTimeoutMs, protocols: join.protocols },
  }
  if (draft.member(updated.memberId) === undefined || !hasSameMetadata(before, updated)) draft.putMetadata(updated)
  const isSubscriptionChanged = !hasSameTopics(before, updated) || before.topicRegex !== updated.topicRegex
  followSubscription(draft, { before, updated, isSubscriptionChanged })
  updateTarget(draft)
  const owned = partitionsById(subscription.ownedPartitions, draft.topics)
  const after = settle(draft, updated, { owned, isSubscriptionChanged })
  if (after === 'fenced') return joinError(UNKNOWN_MEMBER_ID, join.memberId)
  watchJoined(draft, after)
  return {
    errorCode: NONE,
    memberId: after.memberId,
    generationId: after.memberEpoch,
    protocolType: CONSUMER_PROTOCOL_TYPE,
    protocolName: commonProtocol(draft, join),
    leader: '',
    skipAssignment: false,
    members: [],
  }
}

/** The member fetches its assignment in time. A group whose last other member this one has replaced is a classic group from here on. */
function watchJoined(draft: ConsumerDraft, member: ConsumerMember): void {
  const { turn, groupId } = draft
  const { memberId, rebalanceTimeoutMs } = member
  const members = draft.members()
  if (draft.hasReplaced && mayDowngrade(draft, members)) {
    becomeClassic(draft, members).finish()
    return
  }
  draft.askToJoin(memberId, 'no')
  turn.cancelTimer(modernKey({ name: 'join', groupId, memberId }))
  draft.keepSession(member)
  turn.setTimer({ kind: 'modern', name: 'sync', groupId, memberId, epoch: 0 }, rebalanceTimeoutMs)
}

/** The member as it is known; an error code when it is not the one that it says it is. */
function entering(draft: ConsumerDraft, { memberId, groupInstanceId }: Join, newId: string): ConsumerMember | number {
  if (groupInstanceId === null) return draft.member(memberId) ?? newMember(memberId === '' ? newId : memberId)
  const known = draft.group.staticMember(groupInstanceId)
  if (memberId !== '') {
    const error = identityError(known, memberId)
    return known === undefined || error !== NONE ? error : known
  }
  if (known === undefined) return newMember(newId)
  return replace(draft, known, { ...known, memberId: newId, memberEpoch: draft.targetEpoch, classic: known.classic })
}

/** All members of the classic protocol have one assignor in common; it is not used, but they would not understand another answer. */
function supports(draft: ConsumerDraft, { memberId, protocolType, protocols }: Join): boolean {
  if (protocolType !== CONSUMER_PROTOCOL_TYPE) return false
  return protocols.some(({ name }) => isCommon(draft, memberId, name))
}

function commonProtocol(draft: ConsumerDraft, { memberId, protocols }: Join): string | null {
  return protocols.find(({ name }) => isCommon(draft, memberId, name))?.name ?? null
}

function isCommon(draft: ConsumerDraft, memberId: string, name: string): boolean {
  return draft
    .members()
    .every(
      (member) =>
        member.memberId === memberId || member.classic?.protocols.some((each) => each.name === name) !== false,
    )
}

export function syncAsClassic(draft: ConsumerDraft, sync: Sync): SyncAnswer {
  const found = classicMember(draft, sync)
  if (typeof found === 'number') return syncError(found)
  if (sync.generationId !== found.memberEpoch) return syncError(ILLEGAL_GENERATION)
  const { protocolType, protocolName, memberId, groupId } = sync
  const knowsProtocol =
    protocolName === null || found.classic?.protocols.some(({ name }) => name === protocolName) === true
  if ((protocolType !== null && protocolType !== CONSUMER_PROTOCOL_TYPE) || !knowsProtocol)
    return syncError(INCONSISTENT_GROUP_PROTOCOL)
  draft.turn.cancelTimer(modernKey({ name: 'sync', groupId, memberId }))
  draft.keepSession(found)
  return { errorCode: NONE, protocolType, protocolName, assignment: assignmentBytes(found, draft.topics) }
}

export function heartbeatAsClassic(draft: ConsumerDraft, heartbeat: Heartbeat): number {
  const found = classicMember(draft, heartbeat)
  if (typeof found === 'number') return found
  if (heartbeat.generationId !== found.memberEpoch) return ILLEGAL_GENERATION
  draft.keepSession(found)
  if (!hasToJoin(draft, found)) return NONE
  const { turn, groupId } = draft
  const { memberId, rebalanceTimeoutMs } = found
  if (!draft.group.isAskedToJoin(memberId)) {
    draft.askToJoin(memberId, 'yes')
    turn.setTimer({ kind: 'modern', name: 'join', groupId, memberId, epoch: 0 }, rebalanceTimeoutMs)
  }
  return REBALANCE_IN_PROGRESS
}

/** There is a newer epoch, something to give up, or something that has become free. */
function hasToJoin(draft: ConsumerDraft, member: ConsumerMember): boolean {
  if (member.memberEpoch < draft.epoch || member.state === 'unrevoked') return true
  if (member.state !== 'unreleased') return false
  for (const [topicId, partitions] of draft.target(member.memberId)) {
    const has = member.assigned.get(topicId)
    for (const partition of partitions)
      if (has?.has(partition) !== true && draft.group.ownerEpoch(topicId, partition) !== -1) return false
  }
  return true
}

/** The error codes of those who leave, in order. */
export function leaveAsClassic(draft: ConsumerDraft, leaving: readonly MemberIdentity[]): number[] {
  const gone = new Map<string, ConsumerMember>()
  const errors = leaving.map(({ memberId, groupInstanceId }) => {
    const member = groupInstanceId === null ? draft.member(memberId) : draft.group.staticMember(groupInstanceId)
    const error = memberId === '' && member !== undefined ? NONE : identityError(member, memberId)
    if (member !== undefined && error === NONE) gone.set(member.memberId, member)
    return error
  })
  removeMembers(draft, [...gone.values()])
  return errors
}

function classicMember(draft: ConsumerDraft, { memberId, groupInstanceId }: MemberIdentity): ConsumerMember | number {
  const member = groupInstanceId === null ? draft.member(memberId) : draft.group.staticMember(groupInstanceId)
  const error = identityError(member, memberId)
  if (member === undefined || error !== NONE) return error
  return member.classic === null ? UNKNOWN_MEMBER_ID : member
}
