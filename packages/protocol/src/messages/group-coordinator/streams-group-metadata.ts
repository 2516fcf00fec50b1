/**
 * Type 17 of __consumer_offsets. The epoch of a streams group. Value version 0, always flexible.
 */

import { array, int32, int64bits, string, struct } from '../../schema/field.ts'
import { coordinatorKey, coordinatorValue, type Value } from '../../schema/schema.ts'

export const StreamsGroupMetadataKey = coordinatorKey(
  { key: 17, name: 'StreamsGroupMetadataKey', versions: '0' },
  () => ({
    groupId: string(),
  }),
)
export type StreamsGroupMetadataKey = Value<typeof StreamsGroupMetadataKey>

const LastAssignmentConfig = struct({
  key: string(),
  value: string(),
})

export const StreamsGroupMetadataValue = coordinatorValue(
  { key: 17, name: 'StreamsGroupMetadataValue', versions: '0', flexible: '0+' },
  () => ({
    epoch: int32(),
    metadataHash: int64bits(),
    validatedTopologyEpoch: int32({ tag: 0, default: -1 }),
    lastAssignmentConfigs: array(LastAssignmentConfig, { nullable: '0+', tag: 1 }),
    storedDescriptionTopologyEpoch: int32({ tag: 2, default: -1 }),
    failedDescriptionTopologyEpoch: int32({ tag: 3, default: -1 }),
  }),
)
export type StreamsGroupMetadataValue = Value<typeof StreamsGroupMetadataValue>
