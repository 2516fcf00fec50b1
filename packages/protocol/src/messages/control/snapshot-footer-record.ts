/**
 * Control record: the last record of a snapshot. Version 0, always flexible.
 */

import { int16 } from '../../schema/field.ts'
import { data, type Value } from '../../schema/schema.ts'

export const SnapshotFooterRecord = data({ name: 'SnapshotFooterRecord', versions: '0', flexible: '0+' }, () => ({
  version: int16(),
}))
export type SnapshotFooterRecord = Value<typeof SnapshotFooterRecord>
