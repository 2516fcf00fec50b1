/**
 * Type 1. The registration of a broker is removed. Version 0, always flexible.
 */

import { int32, int64 } from '../../schema/field.ts'
import { metadataRecord, type Value } from '../../schema/schema.ts'

export const UnregisterBrokerRecord = metadataRecord(
  { key: 1, name: 'UnregisterBrokerRecord', versions: '0', flexible: '0+' },
  () => ({
    brokerId: int32(),
    brokerEpoch: int64(),
  }),
)
export type UnregisterBrokerRecord = Value<typeof UnregisterBrokerRecord>
