/**
 * Type 7. A broker is fenced. Written before metadata version 3.3 only. Version 0, always flexible.
 */

import { int32, int64 } from '../../schema/field.ts'
import { metadataRecord, type Value } from '../../schema/schema.ts'

export const FenceBrokerRecord = metadataRecord(
  { key: 7, name: 'FenceBrokerRecord', versions: '0', flexible: '0+' },
  () => ({
    id: int32(),
    epoch: int64(),
  }),
)
export type FenceBrokerRecord = Value<typeof FenceBrokerRecord>
