/**
 * Type 0 of __share_group_state. The whole state of one share partition. Value version 0, always flexible.
 */

import { array, int8, int16, int32, int64, string, struct, uuid } from '../../schema/field.ts'
import { coordinatorKey, coordinatorValue, type Value } from '../../schema/schema.ts'

export const ShareSnapshotKey = coordinatorKey({ key: 0, name: 'ShareSnapshotKey', versions: '0' }, () => ({
  groupId: string(),
  topicId: uuid(),
  partition: int32(),
}))
export type ShareSnapshotKey = Value<typeof ShareSnapshotKey>

export const ShareSnapshotValue = coordinatorValue(
  { key: 0, name: 'ShareSnapshotValue', versions: '0', flexible: '0+' },
  () => ({
    snapshotEpoch: int32(),
    stateEpoch: int32(),
    leaderEpoch: int32(),
    startOffset: int64(),
    deliveryCompleteCount: int32({ tag: 0, default: -1 }),
    createTimestamp: int64(),
    writeTimestamp: int64(),
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
export type ShareSnapshotValue = Value<typeof ShareSnapshotValue>
