/**
 * 36 SaslAuthenticate, versions 0–2, flexible from 2. Carries the tokens of a SASL exchange.
 *
 * - 1: lifetime of the session
 * - 2: flexible
 */

import { bytes, int16, int64, string } from '../schema/field.ts'
import { request, response, type Value } from '../schema/schema.ts'

export const SaslAuthenticateRequest = request(
  { key: 36, name: 'SaslAuthenticateRequest', versions: '0-2', flexible: '2+' },
  () => ({
    authBytes: bytes(),
  }),
)
export type SaslAuthenticateRequest = Value<typeof SaslAuthenticateRequest>

export const SaslAuthenticateResponse = response(
  { key: 36, name: 'SaslAuthenticateResponse', versions: '0-2', flexible: '2+' },
  () => ({
    errorCode: int16(),
    errorMessage: string({ nullable: '0+' }),
    authBytes: bytes(),
    sessionLifetimeMs: int64({ versions: '1+', ignorable: true }),
  }),
)
export type SaslAuthenticateResponse = Value<typeof SaslAuthenticateResponse>
