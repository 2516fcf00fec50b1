/**
 * ConsumerGroupHeartbeat: the one request of a member. What it says of itself is taken over, the group's epoch goes up when that changes
 * what there is to assign, the target follows the epoch, the member follows the target. In the long run a heartbeat changes nothing but the
 * session's timer: that way is kept short.
 */
import { type ConsumerGroupHeartbeatResponse, ErrorCode, type Init } from '@ottla/protocol'
import type { PartitionsByTopic } from '../assignor/assignor.ts'
import type { Group } from '../group.ts'
import type { Asked } from '../group-requests.ts'
import type { GroupDecision } from '../turn.ts'
import { modernKey } from '../turn.ts'
import { ConsumerDraft } from './consumer-draft.ts'
import type { ConsumerGroup } from './consumer-group.ts'
import {
  type ConsumerMember,
  hasSameMetadata,
  hasSameTopics,
  holdsSame,
  JOIN_EPOCH,
  partitionsOf,
  STATIC_LEAVE_EPOCH,
} from './consumer-member.ts'
import { memberFor } from './enter.ts'
import { consumerGroupFor } from './find-group.ts'
import { identityError, leaveForAWhile, removeMembers } from './leave.ts'
import { reconcile } from './reconcile.ts'
import { followSubscription } from './subscription.ts'
import { topicIdsOf, updateTarget } from './target.ts'
import { watchRevocation } from './timers.ts'

/** A heartbeat, checked for what can be told without the group. */
export interface ConsumerHeartbeat {
  readonly groupId: string
  readonly memberId: string
  readonly memberEpoch: number
  /** null, here and below: unchanged. */
  readonly instanceId: string | null
  readonly rackId: string | null
  readonly rebalanceTimeoutMs: number | null
  readonly serverAssignor: string | null
  readonly topicNames: readonly string[] | null
  readonly topicRegex: string | null
  readonly owned: PartitionsByTopic | null
  readonly clientId: string
  readonly clientHost: string
}

export type ConsumerAnswer = Init<typeof ConsumerGroupHeartbeatResponse>

export interface Refusal {
  readonly errorCode: number
  readonly errorMessage: string | null
}

export function refusal(errorCode: number, errorMessage: string | null = null): Refusal {
  return { errorCode, errorMessage }
}

/** Replies a {@link ConsumerAnswer}. */
export function consumerHeartbeat(asked: Asked, heartbeat: ConsumerHeartbeat): GroupDecision {
  const { shard, token, now } = asked
  const turn = shard.turn(now)
  const group = consumerGroupFor(shard, turn, heartbeat)
  if ('errorCode' in group) {
    turn.reply(token, group)
    return turn.decision()
  }
  const draft = new ConsumerDraft(group, turn)
  const answer = steady(group, draft, heartbeat) ?? follow(draft, heartbeat)
  // A refusal takes nothing over: not even a group that was only just made from a classic one.
  if (answer.errorCode !== ErrorCode.NONE) {
    const refused = shard.turn(now)
    refused.reply(token, answer)
    return refused.decision()
  }
  turn.reply(token, answer)
  return turn.decision()
}

/** The heartbeat of a member that says nothing new in a group where nothing is to be done. */
function steady(group: ConsumerGroup, draft: ConsumerDraft, heartbeat: ConsumerHeartbeat): ConsumerAnswer | null {
  const member = group.members.get(heartbeat.memberId)
  if (member === undefined || heartbeat.memberEpoch !== member.memberEpoch || heartbeat.memberEpoch <= 0) return null
  const { topicNames, topicRegex, rebalanceTimeoutMs, serverAssignor, rackId, instanceId } = heartbeat
  if (topicNames !== null || topicRegex !== null || rebalanceTimeoutMs !== null) return null
  if (serverAssignor !== null || rackId !== null || instanceId !== member.instanceId) return null
  if (heartbeat.clientId !== member.clientId || heartbeat.clientHost !== member.clientHost) return null
  const { epoch, targetEpoch, metadataHash } = group.state
  if (epoch !== targetEpoch || member.state !== 'stable' || member.memberEpoch !== targetEpoch) return null
  if (member.classic !== null || member.topicRegex !== '') return null
  if (group.metadataHashOf(draft.topics) !== metadataHash) return null
  draft.keepSession(member)
  return answerOf(draft, member, null)
}

function follow(draft: ConsumerDraft, heartbeat: ConsumerHeartbeat): ConsumerAnswer {
  const entered = memberFor(draft, heartbeat)
  if ('errorCode' in entered) return entered
  const before = entered.member
  const updated = withHeartbeat(before, heartbeat)
  const isKnown = draft.member(updated.memberId) !== undefined
  if (!isKnown || !hasSameMetadata(before, updated)) draft.putMetadata(updated)
  const isSubscriptionChanged = !hasSameTopics(before, updated) || before.topicRegex !== updated.topicRegex
  const invalid = followSubscription(draft, { before, updated, isSubscriptionChanged })
  if (invalid !== null) return invalid
  updateTarget(draft)
  const after = settle(draft, updated, { owned: heartbeat.owned, isSubscriptionChanged })
  if (after === 'fenced')
    return refusal(
      ErrorCode.FENCED_MEMBER_EPOCH,
      'The consumer group member is in a unknown state. The member must abandon all its partitions and rejoin.',
    )
  draft.keepSession(after)
  const isFull =
    heartbeat.rebalanceTimeoutMs !== null &&
    (heartbeat.topicNames !== null || heartbeat.topicRegex !== null) &&
    heartbeat.owned !== null
  const isTold = heartbeat.memberEpoch === JOIN_EPOCH || isFull || !holdsSame(before.assigned, after.assigned)
  return answerOf(draft, after, isTold ? after.assigned : null)
}

/** Takes the member a step towards its target. */
export function settle(
  draft: ConsumerDraft,
  member: ConsumerMember,
  { owned, isSubscriptionChanged }: { owned: PartitionsByTopic | null; isSubscriptionChanged: boolean },
): ConsumerMember | 'fenced' {
  const isSettled = member.state === 'stable' && member.memberEpoch === draft.targetEpoch
  if (isSettled && !isSubscriptionChanged) return member
  const topicIds = topicIdsOf(draft, member)
  const after = reconcile(member, {
    targetEpoch: draft.targetEpoch,
    target: draft.target(member.memberId),
    isSubscribed: (topicId) => topicIds.has(topicId),
    ownerEpoch: (topicId, partition) => draft.group.ownerEpoch(topicId, partition),
    owned,
  })
  if (after === 'fenced' || after === member) return after
  draft.putAssignment(after)
  const { turn, groupId } = draft
  if (after.state === 'unrevoked') watchRevocation(draft, after)
  else turn.cancelTimer(modernKey({ name: 'rebalance', groupId, memberId: after.memberId }))
  return after
}

function withHeartbeat(member: ConsumerMember, heartbeat: ConsumerHeartbeat): ConsumerMember {
  return {
    ...member,
    instanceId: heartbeat.instanceId ?? member.instanceId,
    rackId: heartbeat.rackId ?? member.rackId,
    rebalanceTimeoutMs: heartbeat.rebalanceTimeoutMs ?? member.rebalanceTimeoutMs,
    serverAssignor: heartbeat.serverAssignor ?? member.serverAssignor,
    topicNames: heartbeat.topicNames === null ? member.topicNames : [...new Set(heartbeat.topicNames)].sort(),
    topicRegex: heartbeat.topicRegex ?? member.topicRegex,
    clientId: heartbeat.clientId,
    clientHost: heartbeat.clientHost,
    classic: null,
  }
}

function answerOf(
  draft: ConsumerDraft,
  { memberId, memberEpoch }: ConsumerMember,
  assigned: ConsumerMember['assigned'] | null,
): ConsumerAnswer {
  return {
    errorCode: ErrorCode.NONE,
    memberId,
    memberEpoch,
    heartbeatIntervalMs: draft.turn.groupConfig(draft.groupId)['consumer.heartbeat.interval.ms'],
    assignment: assigned === null ? null : { topicPartitions: partitionsOf(assigned) },
  }
}

/** Replies a {@link ConsumerAnswer}. */
export function consumerLeave(
  { shard, token, now }: Asked,
  { groupId, memberId, memberEpoch, instanceId }: ConsumerHeartbeat,
): GroupDecision {
  const turn = shard.turn(now)
  const group = shard.groups.get(groupId)
  if (group?.kind !== 'consumer') {
    const errorMessage =
      group === undefined ? `Group ${groupId} not found.` : `Group ${groupId} is not a consumer group.`
    turn.reply(token, refusal(ErrorCode.GROUP_ID_NOT_FOUND, errorMessage))
    return turn.decision()
  }
  const draft = new ConsumerDraft(group, turn)
  const member = instanceId === null ? group.members.get(memberId) : group.staticMember(instanceId)
  const error = identityError(member, memberId)
  if (member === undefined || error !== ErrorCode.NONE) {
    turn.reply(token, refusal(error, identityMessage(error, { groupId, memberId, instanceId }, member)))
    return turn.decision()
  }
  const how = memberEpoch === STATIC_LEAVE_EPOCH ? 'for a while' : 'for good'
  turn.log('member leaves the consumer group', { groupId, memberId, instanceId, how })
  if (memberEpoch === STATIC_LEAVE_EPOCH) leaveForAWhile(draft, member)
  else removeMembers(draft, [member])
  turn.reply(token, { errorCode: ErrorCode.NONE, memberId, memberEpoch } satisfies ConsumerAnswer)
  return turn.decision()
}

export function notFound(groupId: string, group: Group | undefined): Refusal {
  return refusal(
    ErrorCode.GROUP_ID_NOT_FOUND,
    group === undefined ? `Consumer group ${groupId} not found.` : `Group ${groupId} is not a consumer group.`,
  )
}

/** In the words that Kafka's users know. */
export function identityMessage(
  error: number,
  { groupId, memberId, instanceId }: { groupId: string; memberId: string; instanceId: string | null },
  known?: ConsumerMember,
): string {
  if (error === ErrorCode.FENCED_INSTANCE_ID)
    return `Static member ${memberId} with instance id ${instanceId} was fenced by member ${known?.memberId}.`
  return instanceId === null
    ? `Member ${memberId} is not a member of group ${groupId}.`
    : `Instance id ${instanceId} is unknown.`
}
