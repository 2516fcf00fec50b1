/**
 * Type 7 of __consumer_offsets. The target assignment of one member of a consumer group. Value version 0, always flexible.
 */

import { array, int32, string, struct, uuid } from '../../schema/field.ts'
import { coordinatorKey, coordinatorValue, type Value } from '../../schema/schema.ts'

export const ConsumerGroupTargetAssignmentMemberKey = coordinatorKey(
  { key: 7, name: 'ConsumerGroupTargetAssignmentMemberKey', versions: '0' },
  () => ({
    groupId: string(),
    memberId: string(),
  }),
)
export type ConsumerGroupTargetAssignmentMemberKey = Value<typeof ConsumerGroupTargetAssignmentMemberKey>

export const ConsumerGroupTargetAssignmentMemberValue = coordinatorValue(
  { key: 7, name: 'ConsumerGroupTargetAssignmentMemberValue', versions: '0', flexible: '0+' },
  () => ({
    topicPartitions: array(
      struct({
        topicId: uuid(),
        partitions: array(int32()),
      }),
    ),
  }),
)
export type ConsumerGroupTargetAssignmentMemberValue = Value<typeof ConsumerGroupTargetAssignmentMemberValue>
