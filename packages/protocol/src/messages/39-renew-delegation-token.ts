/**
 * 39 RenewDelegationToken, versions 0–2, flexible from 2. Extends the life of a delegation token.
 * Versions below 1 are those of Kafka 2.4, for old clients.
 */

import { bytes, int16, int32, int64 } from '../schema/field.ts'
import { request, response, type Value } from '../schema/schema.ts'

export const RenewDelegationTokenRequest = request(
  { key: 39, name: 'RenewDelegationTokenRequest', versions: '0-2', flexible: '2+' },
  () => ({
    hmac: bytes(),
    renewPeriodMs: int64(),
  }),
)
export type RenewDelegationTokenRequest = Value<typeof RenewDelegationTokenRequest>

export const RenewDelegationTokenResponse = response(
  { key: 39, name: 'RenewDelegationTokenResponse', versions: '0-2', flexible: '2+' },
  () => ({
    errorCode: int16(),
    expiryTimestampMs: int64(),
    throttleTimeMs: int32(),
  }),
)
export type RenewDelegationTokenResponse = Value<typeof RenewDelegationTokenResponse>
