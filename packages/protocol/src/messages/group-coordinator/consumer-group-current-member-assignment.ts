/**
 * Type 8 of __consumer_offsets. What a member of a consumer group holds now. Value version 0, always flexible.
 */

import { array, int8, int32, string, struct, uuid } from '../../schema/field.ts'
import { coordinatorKey, coordinatorValue, type Value } from '../../schema/schema.ts'

export const ConsumerGroupCurrentMemberAssignmentKey = coordinatorKey(
  { key: 8, name: 'ConsumerGroupCurrentMemberAssignmentKey', versions: '0' },
  () => ({
    groupId: string(),
    memberId: string(),
  }),
)
export type ConsumerGroupCurrentMemberAssignmentKey = Value<typeof ConsumerGroupCurrentMemberAssignmentKey>

const TopicPartitions = struct({
  topicId: uuid(),
  partitions: array(int32()),
  assignmentEpochs: array(int32(), { nullable: '0+', tag: 0 }),
})

export const ConsumerGroupCurrentMemberAssignmentValue = coordinatorValue(
  { key: 8, name: 'ConsumerGroupCurrentMemberAssignmentValue', versions: '0', flexible: '0+' },
  () => ({
    memberEpoch: int32(),
    previousMemberEpoch: int32(),
    state: int8(),
    assignedPartitions: array(TopicPartitions),
    partitionsPendingRevocation: array(TopicPartitions),
  }),
)
export type ConsumerGroupCurrentMemberAssignmentValue = Value<typeof ConsumerGroupCurrentMemberAssignmentValue>
