/**
 * Type 1 of __share_group_state. What changed in the state of one share partition since its last snapshot. Value version 0,
 * always flexible.
 */

import { array, int8, int16, int32, int64, string, struct, uuid } from '../../schema/field.ts'
import { coordinatorKey, coordinatorValue, type Value } from '../../schema/schema.ts'

export const ShareUpdateKey = coordinatorKey({ key: 1, name: 'ShareUpdateKey', versions: '0' }, () => ({
  groupId: string(),
  topicId: uuid(),
  partition: int32(),
}))
export type ShareUpdateKey = Value<typeof ShareUpdateKey>

export const ShareUpdateValue = coordinatorValue(
  { key: 1, name: 'ShareUpdateValue', versions: '0', flexible: '0+' },
  () => ({
    snapshotEpoch: int32(),
    leaderEpoch: int32(),
    startOffset: int64(),
    deliveryCompleteCount: int32({ tag: 0, default: -1 }),
    stateBatches: array(
      struct({
        firstOffset: int64(),
        lastOffset: int64(),
        deliveryState: int8(),
        deliveryCount: int16(),
      }),
    ),
  }),
)
export type ShareUpdateValue = Value<typeof ShareUpdateValue>
