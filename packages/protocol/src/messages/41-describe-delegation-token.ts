/**
 * 41 DescribeDelegationToken, versions 0–3, flexible from 2. Describes delegation tokens.
 * Versions below 1 are those of Kafka 2.4, for old clients.
 *
 * - 2: flexible
 * - 3: requester of the token
 */

import { array, bytes, int16, int32, int64, string, struct } from '../schema/field.ts'
import { request, response, type Value } from '../schema/schema.ts'

export const DescribeDelegationTokenRequest = request(
  { key: 41, name: 'DescribeDelegationTokenRequest', versions: '0-3', flexible: '2+' },
  () => ({
    owners: array(
      struct({
        principalType: string(),
        principalName: string(),
      }),
      { nullable: '0+' },
    ),
  }),
)
export type DescribeDelegationTokenRequest = Value<typeof DescribeDelegationTokenRequest>

export const DescribeDelegationTokenResponse = response(
  { key: 41, name: 'DescribeDelegationTokenResponse', versions: '0-3', flexible: '2+' },
  () => ({
    errorCode: int16(),
    tokens: array(
      struct({
        principalType: string(),
        principalName: string(),
        tokenRequesterPrincipalType: string({ versions: '3+' }),
        tokenRequesterPrincipalName: string({ versions: '3+' }),
        issueTimestamp: int64(),
        expiryTimestamp: int64(),
        maxTimestamp: int64(),
        tokenId: string(),
        hmac: bytes(),
        renewers: array(
          struct({
            principalType: string(),
            principalName: string(),
          }),
        ),
      }),
    ),
    throttleTimeMs: int32(),
  }),
)
export type DescribeDelegationTokenResponse = Value<typeof DescribeDelegationTokenResponse>
