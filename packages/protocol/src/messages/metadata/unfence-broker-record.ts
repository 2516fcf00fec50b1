/**
 * Type 8. A broker is unfenced. Written before metadata version 3.3 only. Version 0, always flexible.
 */

import { int32, int64 } from '../../schema/field.ts'
import { metadataRecord, type Value } from '../../schema/schema.ts'

export const UnfenceBrokerRecord = metadataRecord(
  { key: 8, name: 'UnfenceBrokerRecord', versions: '0', flexible: '0+' },
  () => ({
    id: int32(),
    epoch: int64(),
  }),
)
export type UnfenceBrokerRecord = Value<typeof UnfenceBrokerRecord>
