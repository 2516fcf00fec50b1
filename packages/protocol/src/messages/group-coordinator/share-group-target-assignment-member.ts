/**
 * Type 13 of __consumer_offsets. The target assignment of one member of a share group. Value version 0, always flexible.
 */

import { array, int32, string, struct, uuid } from '../../schema/field.ts'
import { coordinatorKey, coordinatorValue, type Value } from '../../schema/schema.ts'

export const ShareGroupTargetAssignmentMemberKey = coordinatorKey(
  { key: 13, name: 'ShareGroupTargetAssignmentMemberKey', versions: '0' },
  () => ({
    groupId: string(),
    memberId: string(),
  }),
)
export type ShareGroupTargetAssignmentMemberKey = Value<typeof ShareGroupTargetAssignmentMemberKey>

export const ShareGroupTargetAssignmentMemberValue = coordinatorValue(
  { key: 13, name: 'ShareGroupTargetAssignmentMemberValue', versions: '0', flexible: '0+' },
  () => ({
    topicPartitions: array(
      struct({
        topicId: uuid(),
        partitions: array(int32()),
      }),
    ),
  }),
)
export type ShareGroupTargetAssignmentMemberValue = Value<typeof ShareGroupTargetAssignmentMemberValue>
