/** Reads of the committed state of share groups. */
import { ErrorCode, type Init, type ShareGroupDescribeResponse } from '@ottla/protocol'
import type { GroupTopics } from '../../ports.ts'
import { simpleAssignor } from '../assignor/simple.ts'
import type { GroupShard } from '../group-shard.ts'
import type { ShareMember } from './share-member.ts'
import type { ShareTopics } from './share-partitions.ts'

export type ShareGroupDescription = NonNullable<Init<typeof ShareGroupDescribeResponse>['groups']>[number]

export function describeShareGroup(
  shard: GroupShard,
  offset: number,
  { groupId, topics }: { readonly groupId: string; readonly topics: GroupTopics },
): ShareGroupDescription {
  const group = shard.groups.getAt(groupId, offset)
  if (group?.kind !== 'share') {
    const errorMessage = group === undefined ? `Group ${groupId} not found.` : `Group ${groupId} is not a share group.`
    return { errorCode: ErrorCode.GROUP_ID_NOT_FOUND, errorMessage, groupId }
  }
  const { epoch, targetEpoch } = group.groupStateAt(offset)
  return {
    errorCode: ErrorCode.NONE,
    groupId,
    groupState: group.stateAt(offset),
    groupEpoch: epoch,
    assignmentEpoch: targetEpoch,
    assignorName: simpleAssignor.name,
    members: Array.from(group.members.valuesAt(offset), (member) => describeMember(member, topics)),
  }
}

function describeMember(member: ShareMember, topics: GroupTopics) {
  const { memberId, rackId, epoch, clientId, clientHost, topicNames, assigned } = member
  const topicPartitions = [...assigned].flatMap(([topicId, partitions]) => {
    const topicName = topics.nameOf(topicId)
    return topicName === undefined ? [] : [{ topicId, topicName, partitions: [...partitions] }]
  })
  return {
    memberId,
    rackId,
    memberEpoch: epoch,
    clientId,
    clientHost,
    subscribedTopicNames: [...topicNames],
    assignment: { topicPartitions },
  }
}

/** What has share state; undefined: no such share group. */
export function initializedPartitions(shard: GroupShard, offset: number, groupId: string): ShareTopics | undefined {
  const group = shard.groups.getAt(groupId, offset)
  return group?.kind === 'share' ? group.partitionsAt(offset).initialized : undefined
}
