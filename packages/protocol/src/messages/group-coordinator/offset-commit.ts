/**
 * Type 1 of __consumer_offsets. The committed offset of a partition in a group. Value versions 0–4, flexible from 4.
 */

import { int32, int64, string, uuid } from '../../schema/field.ts'
import { coordinatorKey, coordinatorValue, type Value } from '../../schema/schema.ts'

export const OffsetCommitKey = coordinatorKey({ key: 1, name: 'OffsetCommitKey', versions: '0' }, () => ({
  group: string(),
  topic: string(),
  partition: int32(),
}))
export type OffsetCommitKey = Value<typeof OffsetCommitKey>

export const OffsetCommitValue = coordinatorValue(
  { key: 1, name: 'OffsetCommitValue', versions: '0-4', flexible: '4+' },
  () => ({
    offset: int64(),
    leaderEpoch: int32({ versions: '3+', default: -1, ignorable: true }),
    metadata: string(),
    commitTimestamp: int64(),
    expireTimestamp: int64({ versions: '1', default: -1, ignorable: true }),
    topicId: uuid({ versions: '4+', tag: 0, ignorable: true }),
  }),
)
export type OffsetCommitValue = Value<typeof OffsetCommitValue>
