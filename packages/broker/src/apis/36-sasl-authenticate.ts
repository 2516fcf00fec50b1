/**
 * SaslAuthenticate (key 36), versions 0 to 2.
 *
 * Goes on with a login. No listener asks for one yet: ILLEGAL_SASL_STATE, as Kafka answers on a listener without SASL.
 */
import { ErrorCode, SaslAuthenticateRequest, SaslAuthenticateResponse } from '@ottla/protocol'
import { defineApi } from './handler.ts'

export const saslAuthenticate = defineApi({
  key: 36,
  request: SaslAuthenticateRequest,
  response: SaslAuthenticateResponse,
  handle: () => ({
    errorCode: ErrorCode.ILLEGAL_SASL_STATE,
    errorMessage: 'SaslAuthenticate request received after successful authentication',
  }),
})
