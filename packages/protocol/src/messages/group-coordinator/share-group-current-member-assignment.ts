/**
 * Type 14 of __consumer_offsets. What a member of a share group holds now. Value version 0, always flexible.
 */

import { array, int8, int32, string, struct, uuid } from '../../schema/field.ts'
import { coordinatorKey, coordinatorValue, type Value } from '../../schema/schema.ts'

export const ShareGroupCurrentMemberAssignmentKey = coordinatorKey(
  { key: 14, name: 'ShareGroupCurrentMemberAssignmentKey', versions: '0' },
  () => ({
    groupId: string(),
    memberId: string(),
  }),
)
export type ShareGroupCurrentMemberAssignmentKey = Value<typeof ShareGroupCurrentMemberAssignmentKey>

const TopicPartitions = struct({
  topicId: uuid(),
  partitions: array(int32()),
})

export const ShareGroupCurrentMemberAssignmentValue = coordinatorValue(
  { key: 14, name: 'ShareGroupCurrentMemberAssignmentValue', versions: '0', flexible: '0+' },
  () => ({
    memberEpoch: int32(),
    previousMemberEpoch: int32(),
    state: int8(),
    assignedPartitions: array(TopicPartitions),
  }),
)
export type ShareGroupCurrentMemberAssignmentValue = Value<typeof ShareGroupCurrentMemberAssignmentValue>
