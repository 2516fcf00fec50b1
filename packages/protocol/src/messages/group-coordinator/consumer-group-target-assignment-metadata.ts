/**
 * Type 6 of __consumer_offsets. The epoch of the target assignment of a consumer group. Value version 0, always flexible.
 */

import { int32, int64, string } from '../../schema/field.ts'
import { coordinatorKey, coordinatorValue, type Value } from '../../schema/schema.ts'

export const ConsumerGroupTargetAssignmentMetadataKey = coordinatorKey(
  { key: 6, name: 'ConsumerGroupTargetAssignmentMetadataKey', versions: '0' },
  () => ({
    groupId: string(),
  }),
)
export type ConsumerGroupTargetAssignmentMetadataKey = Value<typeof ConsumerGroupTargetAssignmentMetadataKey>

export const ConsumerGroupTargetAssignmentMetadataValue = coordinatorValue(
  { key: 6, name: 'ConsumerGroupTargetAssignmentMetadataValue', versions: '0', flexible: '0+' },
  () => ({
    assignmentEpoch: int32(),
    assignmentTimestamp: int64({ tag: 0 }),
  }),
)
export type ConsumerGroupTargetAssignmentMetadataValue = Value<typeof ConsumerGroupTargetAssignmentMetadataValue>
