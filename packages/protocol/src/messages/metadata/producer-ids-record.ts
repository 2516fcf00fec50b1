/**
 * Type 15. A block of producer ids is given out. Version 0, always flexible.
 */

import { int32, int64 } from '../../schema/field.ts'
import { metadataRecord, type Value } from '../../schema/schema.ts'

export const ProducerIdsRecord = metadataRecord(
  { key: 15, name: 'ProducerIdsRecord', versions: '0', flexible: '0+' },
  () => ({
    brokerId: int32(),
    brokerEpoch: int64({ default: -1 }),
    nextProducerId: int64(),
  }),
)
export type ProducerIdsRecord = Value<typeof ProducerIdsRecord>
