/**
 * ExpireDelegationToken (key 40), versions 1 and 2.
 *
 * There is no login yet, and so there are no tokens: DELEGATION_TOKEN_REQUEST_NOT_ALLOWED, as Kafka answers on a listener without
 * authentication.
 */
import { ErrorCode, ExpireDelegationTokenRequest, ExpireDelegationTokenResponse } from '@ottla/protocol'
import { defineApi } from './handler.ts'

export const expireDelegationToken = defineApi({
  key: 40,
  request: ExpireDelegationTokenRequest,
  response: ExpireDelegationTokenResponse,
  handle: () => ({ errorCode: ErrorCode.DELEGATION_TOKEN_REQUEST_NOT_ALLOWED, expiryTimestampMs: -1 }),
})
