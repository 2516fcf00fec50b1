/**
 * Type 29. The registration of a controller is removed. Version 0, always flexible.
 */

import { int32 } from '../../schema/field.ts'
import { metadataRecord, type Value } from '../../schema/schema.ts'

export const UnregisterControllerRecord = metadataRecord(
  { key: 29, name: 'UnregisterControllerRecord', versions: '0', flexible: '0+' },
  () => ({
    controllerId: int32(),
  }),
)
export type UnregisterControllerRecord = Value<typeof UnregisterControllerRecord>
