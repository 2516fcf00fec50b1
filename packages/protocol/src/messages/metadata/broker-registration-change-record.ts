/**
 * Type 17. What changed in the registration of a broker; what did not is left out. Versions 0–3, always flexible.
 */

import { array, int8, int32, int64, uuid } from '../../schema/field.ts'
import { metadataRecord, type Value } from '../../schema/schema.ts'

export const BrokerRegistrationChangeRecord = metadataRecord(
  { key: 17, name: 'BrokerRegistrationChangeRecord', versions: '0-3', flexible: '0+' },
  () => ({
    brokerId: int32(),
    brokerEpoch: int64(),
    fenced: int8({ tag: 0 }),
    inControlledShutdown: int8({ versions: '1+', tag: 1 }),
    logDirs: array(uuid(), { versions: '2+', tag: 2 }),
    cordonedLogDirs: array(uuid(), { versions: '3+', nullable: '0+', tag: 3, default: null }),
  }),
)
export type BrokerRegistrationChangeRecord = Value<typeof BrokerRegistrationChangeRecord>
