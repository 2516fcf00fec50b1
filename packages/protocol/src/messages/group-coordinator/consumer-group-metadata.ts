/**
 * Type 3 of __consumer_offsets. The epoch of a consumer group. Value version 0, always flexible.
 */

import { int32, int64bits, string } from '../../schema/field.ts'
import { coordinatorKey, coordinatorValue, type Value } from '../../schema/schema.ts'

export const ConsumerGroupMetadataKey = coordinatorKey(
  { key: 3, name: 'ConsumerGroupMetadataKey', versions: '0' },
  () => ({
    groupId: string(),
  }),
)
export type ConsumerGroupMetadataKey = Value<typeof ConsumerGroupMetadataKey>

export const ConsumerGroupMetadataValue = coordinatorValue(
  { key: 3, name: 'ConsumerGroupMetadataValue', versions: '0', flexible: '0+' },
  () => ({
    epoch: int32(),
    metadataHash: int64bits({ tag: 0 }),
  }),
)
export type ConsumerGroupMetadataValue = Value<typeof ConsumerGroupMetadataValue>
