/**
 * SaslHandshake (key 17), versions 0 and 1.
 *
 * Begins a login. No listener asks for one yet: ILLEGAL_SASL_STATE, as Kafka answers on a listener without SASL.
 */
import { ErrorCode, SaslHandshakeRequest, SaslHandshakeResponse } from '@ottla/protocol'
import { defineApi } from './handler.ts'

export const saslHandshake = defineApi({
  key: 17,
  request: SaslHandshakeRequest,
  response: SaslHandshakeResponse,
  handle: () => ({ errorCode: ErrorCode.ILLEGAL_SASL_STATE, mechanisms: [] }),
})
