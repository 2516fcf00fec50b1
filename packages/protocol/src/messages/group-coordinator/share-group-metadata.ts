/**
 * Type 11 of __consumer_offsets. The epoch of a share group. Value version 0, always flexible.
 */

import { int32, int64bits, string } from '../../schema/field.ts'
import { coordinatorKey, coordinatorValue, type Value } from '../../schema/schema.ts'

export const ShareGroupMetadataKey = coordinatorKey({ key: 11, name: 'ShareGroupMetadataKey', versions: '0' }, () => ({
  groupId: string(),
}))
export type ShareGroupMetadataKey = Value<typeof ShareGroupMetadataKey>

export const ShareGroupMetadataValue = coordinatorValue(
  { key: 11, name: 'ShareGroupMetadataValue', versions: '0', flexible: '0+' },
  () => ({
    epoch: int32(),
    metadataHash: int64bits(),
  }),
)
export type ShareGroupMetadataValue = Value<typeof ShareGroupMetadataValue>
