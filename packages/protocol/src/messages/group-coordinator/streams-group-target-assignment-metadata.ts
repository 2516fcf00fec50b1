/**
 * Type 20 of __consumer_offsets. The epoch of the target assignment of a streams group. Value version 0, always flexible.
 */

import { int32, int64, string } from '../../schema/field.ts'
import { coordinatorKey, coordinatorValue, type Value } from '../../schema/schema.ts'

export const StreamsGroupTargetAssignmentMetadataKey = coordinatorKey(
  { key: 20, name: 'StreamsGroupTargetAssignmentMetadataKey', versions: '0' },
  () => ({
    groupId: string(),
  }),
)
export type StreamsGroupTargetAssignmentMetadataKey = Value<typeof StreamsGroupTargetAssignmentMetadataKey>

export const StreamsGroupTargetAssignmentMetadataValue = coordinatorValue(
  { key: 20, name: 'StreamsGroupTargetAssignmentMetadataValue', versions: '0', flexible: '0+' },
  () => ({
    assignmentEpoch: int32(),
    assignmentTimestamp: int64({ tag: 0 }),
  }),
)
export type StreamsGroupTargetAssignmentMetadataValue = Value<typeof StreamsGroupTargetAssignmentMetadataValue>
