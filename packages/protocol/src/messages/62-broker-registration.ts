/**
 * 62 BrokerRegistration, versions 0–4, always flexible. A broker registers with the controller.
 *
 * - 1: migration from ZooKeeper
 * - 2: log directories
 * - 3: features with a lowest level of 0
 * - 4: epoch of the last clean stop
 */

import { array, bool, int16, int32, int64, string, struct, uint16, uuid } from '../schema/field.ts'
import { request, response, type Value } from '../schema/schema.ts'

export const BrokerRegistrationRequest = request(
  { key: 62, name: 'BrokerRegistrationRequest', versions: '0-4', flexible: '0+' },
  () => ({
    brokerId: int32(),
    clusterId: string(),
    incarnationId: uuid(),
    listeners: array(
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
    isMigratingZkBroker: bool({ versions: '1+' }),
    logDirs: array(uuid(), { versions: '2+', ignorable: true }),
    previousBrokerEpoch: int64({ versions: '3+', default: -1, ignorable: true }),
  }),
)
export type BrokerRegistrationRequest = Value<typeof BrokerRegistrationRequest>

export const BrokerRegistrationResponse = response(
  { key: 62, name: 'BrokerRegistrationResponse', versions: '0-4', flexible: '0+' },
  () => ({
    throttleTimeMs: int32(),
    errorCode: int16(),
    brokerEpoch: int64({ default: -1 }),
  }),
)
export type BrokerRegistrationResponse = Value<typeof BrokerRegistrationResponse>
