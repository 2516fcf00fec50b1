/**
 * Type 0. A broker registered, or registered anew. Versions 0–4, always flexible.
 */

import { array, bool, int16, int32, int64, string, struct, uint16, uuid } from '../../schema/field.ts'
import { metadataRecord, type Value } from '../../schema/schema.ts'

export const RegisterBrokerRecord = metadataRecord(
  { key: 0, name: 'RegisterBrokerRecord', versions: '0-4', flexible: '0+' },
  () => ({
    brokerId: int32(),
    isMigratingZkBroker: bool({ versions: '2+' }),
    incarnationId: uuid(),
    brokerEpoch: int64(),
    endPoints: array(
      struct({
        name: string(),
        host: string(),
        port: uint16(),
        securityProtocol: int16(),
      }),
    ),
    features: array(
      struct({
        name: string(),
        minSupportedVersion: int16(),
        maxSupportedVersion: int16(),
      }),
    ),
    rack: string({ nullable: '0+' }),
    fenced: bool({ default: true }),
    inControlledShutdown: bool({ versions: '1+' }),
    logDirs: array(uuid(), { versions: '3+', tag: 0 }),
    cordonedLogDirs: array(uuid(), { versions: '4+', nullable: '0+', tag: 1, default: null }),
  }),
)
export type RegisterBrokerRecord = Value<typeof RegisterBrokerRecord>
