import { type ConsumerGroupDescribeResponse, ErrorCode, type Init } from '@ottla/protocol'
import type { GroupTopics } from '../../ports.ts'
import type { PartitionsByTopic } from '../assignor/assignor.ts'
import type { GroupShard } from '../group-shard.ts'
import { byTopic, type ConsumerMember } from './consumer-member.ts'
import { preferredAssignor } from './target.ts'

export type ConsumerGroupDescription = NonNullable<Init<typeof ConsumerGroupDescribeResponse>['groups']>[number]

const CLASSIC_MEMBER = 0
const CONSUMER_MEMBER = 1

export interface DescribeConsumerGroup {
  readonly groupId: string
  readonly topics: GroupTopics
  readonly assignors: readonly string[]
}

/** The group as it was at the offset. Topics that are gone are left out. */
export function describeConsumerGroup(
  shard: GroupShard,
  offset: number,
  { groupId, topics, assignors }: DescribeConsumerGroup,
): ConsumerGroupDescription {
  const group = shard.groups.getAt(groupId, offset)
  if (group?.kind !== 'consumer') {
    const errorMessage =
      group === undefined ? `Group ${groupId} not found.` : `Group ${groupId} is not a consumer group.`
    return { groupId, errorCode: ErrorCode.GROUP_ID_NOT_FOUND, errorMessage }
  }
  const { epoch, targetEpoch } = group.infoAt(offset)
  const members = [...group.members.valuesAt(offset)]
  return {
    groupId,
    errorCode: ErrorCode.NONE,
    groupState: group.stateAt(offset),
    groupEpoch: epoch,
    assignmentEpoch: targetEpoch,
    assignorName: preferredAssignor(members, assignors),
    members: members.map((member) => ({
      memberId: member.memberId,
      instanceId: member.instanceId,
      rackId: member.rackId,
      memberEpoch: member.memberEpoch,
      clientId: member.clientId,
      clientHost: member.clientHost,
      subscribedTopicNames: member.topicNames,
      subscribedTopicRegex: member.topicRegex,
      assignment: assignmentOf(held(member), topics),
      targetAssignment: assignmentOf(group.targets.getAt(member.memberId, offset) ?? new Map(), topics),
      memberType: member.classic === null ? CONSUMER_MEMBER : CLASSIC_MEMBER,
    })),
  }
}

/** What it was told to give up counts until it has. */
function held({ assigned, pendingRevocation }: ConsumerMember): PartitionsByTopic {
  const all = new Map<string, readonly number[]>()
  for (const [topicId, partitions] of [...byTopic(assigned), ...byTopic(pendingRevocation)])
    all.set(
      topicId,
      [...(all.get(topicId) ?? []), ...partitions].sort((a, b) => a - b),
    )
  return all
}

function assignmentOf(partitionsByTopic: PartitionsByTopic, topics: GroupTopics) {
  return {
    topicPartitions: [...partitionsByTopic].flatMap(([topicId, partitions]) => {
      const topicName = topics.nameOf(topicId)
      return topicName === undefined ? [] : [{ topicId, topicName, partitions }]
    }),
  }
}
