/**
 * 58 Envelope, version 0, always flexible. Carries a client request from a broker to the controller, with its principal.
 */

import { bytes, int16 } from '../schema/field.ts'
import { request, response, type Value } from '../schema/schema.ts'

export const EnvelopeRequest = request({ key: 58, name: 'EnvelopeRequest', versions: '0', flexible: '0+' }, () => ({
  requestData: bytes(),
  requestPrincipal: bytes({ nullable: '0+' }),
  clientHostAddress: bytes(),
}))
export type EnvelopeRequest = Value<typeof EnvelopeRequest>

export const EnvelopeResponse = response({ key: 58, name: 'EnvelopeResponse', versions: '0', flexible: '0+' }, () => ({
  responseData: bytes({ nullable: '0+', default: null }),
  errorCode: int16(),
}))
export type EnvelopeResponse = Value<typeof EnvelopeResponse>
