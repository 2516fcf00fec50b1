/**
 * 64 UnregisterBroker, version 0, always flexible. Removes the registration of a broker.
 */

import { int16, int32, string } from '../schema/field.ts'
import { request, response, type Value } from '../schema/schema.ts'

export const UnregisterBrokerRequest = request(
  { key: 64, name: 'UnregisterBrokerRequest', versions: '0', flexible: '0+' },
  () => ({
    brokerId: int32(),
  }),
)
export type UnregisterBrokerRequest = Value<typeof UnregisterBrokerRequest>

export const UnregisterBrokerResponse = response(
  { key: 64, name: 'UnregisterBrokerResponse', versions: '0', flexible: '0+' },
  () => ({
    throttleTimeMs: int32(),
    errorCode: int16(),
    errorMessage: string({ nullable: '0+' }),
  }),
)
export type UnregisterBrokerResponse = Value<typeof UnregisterBrokerResponse>
