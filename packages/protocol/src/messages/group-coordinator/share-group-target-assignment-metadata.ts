/**
 * Type 12 of __consumer_offsets. The epoch of the target assignment of a share group. Value version 0, always flexible.
 */

import { int32, int64, string } from '../../schema/field.ts'
import { coordinatorKey, coordinatorValue, type Value } from '../../schema/schema.ts'

export const ShareGroupTargetAssignmentMetadataKey = coordinatorKey(
  { key: 12, name: 'ShareGroupTargetAssignmentMetadataKey', versions: '0' },
  () => ({
    groupId: string(),
  }),
)
export type ShareGroupTargetAssignmentMetadataKey = Value<typeof ShareGroupTargetAssignmentMetadataKey>

export const ShareGroupTargetAssignmentMetadataValue = coordinatorValue(
  { key: 12, name: 'ShareGroupTargetAssignmentMetadataValue', versions: '0', flexible: '0+' },
  () => ({
    assignmentEpoch: int32(),
    assignmentTimestamp: int64({ tag: 0 }),
  }),
)
export type ShareGroupTargetAssignmentMetadataValue = Value<typeof ShareGroupTargetAssignmentMetadataValue>
