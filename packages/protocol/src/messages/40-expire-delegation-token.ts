/**
 * 40 ExpireDelegationToken, versions 0–2, flexible from 2. Ends the life of a delegation token, or shortens it.
 * Versions below 1 are those of Kafka 2.4, for old clients.
 */

import { bytes, int16, int32, int64 } from '../schema/field.ts'
import { request, response, type Value } from '../schema/schema.ts'

export const ExpireDelegationTokenRequest = request(
  { key: 40, name: 'ExpireDelegationTokenRequest', versions: '0-2', flexible: '2+' },
  () => ({
    hmac: bytes(),
    expiryTimePeriodMs: int64(),
  }),
)
export type ExpireDelegationTokenRequest = Value<typeof ExpireDelegationTokenRequest>

export const ExpireDelegationTokenResponse = response(
  { key: 40, name: 'ExpireDelegationTokenResponse', versions: '0-2', flexible: '2+' },
  () => ({
    errorCode: int16(),
    expiryTimestampMs: int64(),
    throttleTimeMs: int32(),
  }),
)
export type ExpireDelegationTokenResponse = Value<typeof ExpireDelegationTokenResponse>
