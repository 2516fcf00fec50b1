/**
 * 17 SaslHandshake, versions 0–1, never flexible. Picks a SASL mechanism.
 *
 * - 0: raw tokens follow
 * - 1: tokens follow in SaslAuthenticate
 */

import { array, int16, string } from '../schema/field.ts'
import { request, response, type Value } from '../schema/schema.ts'

export const SaslHandshakeRequest = request({ key: 17, name: 'SaslHandshakeRequest', versions: '0-1' }, () => ({
  mechanism: string(),
}))
export type SaslHandshakeRequest = Value<typeof SaslHandshakeRequest>

export const SaslHandshakeResponse = response({ key: 17, name: 'SaslHandshakeResponse', versions: '0-1' }, () => ({
  errorCode: int16(),
  mechanisms: array(string()),
}))
export type SaslHandshakeResponse = Value<typeof SaslHandshakeResponse>
