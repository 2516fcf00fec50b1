/**
 * A classic group becomes a consumer group when the first member of the consumer protocol comes, while its members go on with the classic
 * protocol (KIP-848, migration). What they have is taken over; those who wait for a generation are sent back to join.
 */
import { ErrorCode } from '@ottla/protocol'
import { SnapshotRegistry } from '@ottla/stdx'
import { joinError, syncError } from '../classic/answers.ts'
import type { ClassicGroup, ClassicMember } from '../classic/classic-group.ts'
import { CONSUMER_PROTOCOL_TYPE, metadataOf } from '../classic/protocols.ts'
import type { ModernRecord } from '../modern/modern-record.ts'
import { joinKey, syncKey, type Turn } from '../turn.ts'
import { readAssignment, readSubscription } from './classic-protocol.ts'
import { ConsumerDraft } from './consumer-draft.ts'
import { ConsumerGroup } from './consumer-group.ts'
import { assignmentValue, type ConsumerMember, metadataValue, newMember, partitionsOf } from './consumer-member.ts'

/** The group as it is to go on, its records written; or why it stays as it is. */
export function upgrade(group: ClassicGroup, turn: Turn): ConsumerGroup | string {
  const { groupId } = group
  const { consumerMigrationPolicy: policy, consumerMaxGroupSize } = turn.config
  const refused = (reason: string) => `Cannot upgrade classic group ${groupId} to consumer group because ${reason}.`
  if (policy !== 'upgrade' && policy !== 'bidirectional') return refused('online upgrade is disabled')
  if (group.protocolType !== CONSUMER_PROTOCOL_TYPE)
    return refused('the group does not use the consumer embedded protocol')
  if (group.members.size > consumerMaxGroupSize)
    return refused('the group size exceeds the consumer group maximum size')
  const members: ConsumerMember[] = []
  for (const member of group.members.values()) {
    const taken = takenOver(member, group, turn)
    if (taken === null) return refused('an unsupported custom assignor is in use')
    members.push(taken)
  }
  sendBack(group, turn)
  turn.write({ kind: 'group', groupId, group: null })
  const upgraded = new ConsumerGroup(new SnapshotRegistry(), groupId)
  for (const record of recordsOf(group, members, turn)) {
    turn.write(record)
    upgraded.replay(record)
  }
  const draft = new ConsumerDraft(upgraded, turn)
  for (const member of members) draft.keepSession(member)
  turn.log('classic group becomes a consumer group', { groupId, members: members.length })
  return upgraded
}

/** null: what the member says is more than the coordinator can keep. */
function takenOver(member: ClassicMember, group: ClassicGroup, turn: Turn): ConsumerMember | null {
  const { generationId, protocolName } = group.state
  const metadata = metadataOf(member, protocolName)
  const subscription = readSubscription(metadata.length > 0 ? metadata : (member.protocols[0]?.metadata ?? metadata))
  const assignment = readAssignment(member.assignment, turn.topics)
  if (subscription === null || assignment === null) return null
  return {
    ...newMember(member.memberId),
    instanceId: member.groupInstanceId,
    rackId: subscription.rackId,
    clientId: member.clientId,
    clientHost: member.clientHost,
    rebalanceTimeoutMs: member.rebalanceTimeoutMs,
    topicNames: [...new Set(subscription.topics)].sort(),
    classic: { sessionTimeoutMs: member.sessionTimeoutMs, protocols: member.protocols },
    memberEpoch: generationId,
    previousMemberEpoch: generationId,
    assigned: new Map(
      [...assignment].map(([topicId, partitions]) => [
        topicId,
        new Map(partitions.map((partition) => [partition, generationId])),
      ]),
    ),
  }
}

function sendBack(group: ClassicGroup, turn: Turn): void {
  for (const { memberId, awaitingJoin, awaitingSync } of group.members.values()) {
    if (awaitingJoin !== null) turn.reply(awaitingJoin, joinError(ErrorCode.REBALANCE_IN_PROGRESS, memberId))
    if (awaitingSync !== null) turn.reply(awaitingSync, syncError(ErrorCode.REBALANCE_IN_PROGRESS))
  }
  turn.cancelTimer(joinKey(group.groupId))
  turn.cancelTimer(syncKey(group.groupId))
}

function recordsOf({ groupId, state }: ClassicGroup, members: readonly ConsumerMember[], turn: Turn): ModernRecord[] {
  const epoch = state.generationId
  const key = ({ memberId }: ConsumerMember) => ({ groupId, memberId })
  const scratch = new ConsumerGroup(new SnapshotRegistry(), groupId)
  const subscriptions = members.map(
    (member): ModernRecord => ({
      kind: 'ConsumerGroupMemberMetadata',
      key: key(member),
      value: metadataValue(member),
    }),
  )
  for (const record of subscriptions) scratch.replay(record)
  const metadataHash = scratch.metadataHashOf(turn.topics)
  return [
    ...subscriptions,
    { kind: 'ConsumerGroupMetadata', key: { groupId }, value: { epoch, metadataHash } },
    ...members.map(
      (member): ModernRecord => ({
        kind: 'ConsumerGroupTargetAssignmentMember',
        key: key(member),
        value: { topicPartitions: partitionsOf(member.assigned) },
      }),
    ),
    {
      kind: 'ConsumerGroupTargetAssignmentMetadata',
      key: { groupId },
      value: { assignmentEpoch: epoch, assignmentTimestamp: 0 },
    },
    ...members.map(
      (member): ModernRecord => ({
        kind: 'ConsumerGroupCurrentMemberAssignment',
        key: key(member),
        value: assignmentValue(member),
      }),
    ),
  ]
}
