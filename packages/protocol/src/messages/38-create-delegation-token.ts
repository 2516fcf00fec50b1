/**
 * 38 CreateDelegationToken, versions 0–3, flexible from 2. Creates a delegation token.
 * Versions below 1 are those of Kafka 2.4, for old clients.
 *
 * - 2: flexible
 * - 3: for another owner than the requester
 */

import { array, bytes, int16, int32, int64, string, struct } from '../schema/field.ts'
import { request, response, type Value } from '../schema/schema.ts'

export const CreateDelegationTokenRequest = request(
  { key: 38, name: 'CreateDelegationTokenRequest', versions: '0-3', flexible: '2+' },
  () => ({
    ownerPrincipalType: string({ versions: '3+', nullable: '0+' }),
    ownerPrincipalName: string({ versions: '3+', nullable: '0+' }),
    renewers: array(
      struct({
        principalType: string(),
        principalName: string(),
      }),
    ),
    maxLifetimeMs: int64(),
  }),
)
export type CreateDelegationTokenRequest = Value<typeof CreateDelegationTokenRequest>

export const CreateDelegationTokenResponse = response(
  { key: 38, name: 'CreateDelegationTokenResponse', versions: '0-3', flexible: '2+' },
  () => ({
    errorCode: int16(),
    principalType: string(),
    principalName: string(),
    tokenRequesterPrincipalType: string({ versions: '3+' }),
    tokenRequesterPrincipalName: string({ versions: '3+' }),
    issueTimestampMs: int64(),
    expiryTimestampMs: int64(),
    maxTimestampMs: int64(),
    tokenId: string(),
    hmac: bytes(),
    throttleTimeMs: int32(),
  }),
)
export type CreateDelegationTokenResponse = Value<typeof CreateDelegationTokenResponse>
