/**
 * Type 0 of __consumer_offsets. A committed offset in the oldest form; still read. Value version 0, never flexible.
 */

import { int32, int64, string } from '../../schema/field.ts'
import { coordinatorKey, coordinatorValue, type Value } from '../../schema/schema.ts'

export const LegacyOffsetCommitKey = coordinatorKey({ key: 0, name: 'LegacyOffsetCommitKey', versions: '0' }, () => ({
  group: string(),
  topic: string(),
  partition: int32(),
}))
export type LegacyOffsetCommitKey = Value<typeof LegacyOffsetCommitKey>

export const LegacyOffsetCommitValue = coordinatorValue(
  { key: 0, name: 'LegacyOffsetCommitValue', versions: '0' },
  () => ({
    offset: int64(),
    metadata: string(),
    commitTimestamp: int64(),
  }),
)
export type LegacyOffsetCommitValue = Value<typeof LegacyOffsetCommitValue>
