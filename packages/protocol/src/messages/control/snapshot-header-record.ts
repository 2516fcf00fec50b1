/**
 * Control record: the first record of a snapshot. Version 0, always flexible.
 */

import { int16, int64 } from '../../schema/field.ts'
import { data, type Value } from '../../schema/schema.ts'

export const SnapshotHeaderRecord = data({ name: 'SnapshotHeaderRecord', versions: '0', flexible: '0+' }, () => ({
  version: int16(),
  lastContainedLogTimestamp: int64(),
}))
export type SnapshotHeaderRecord = Value<typeof SnapshotHeaderRecord>
