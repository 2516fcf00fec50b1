/**
 * RenewDelegationToken (key 39), versions 1 and 2.
 *
 * There is no login yet, and so there are no tokens: DELEGATION_TOKEN_REQUEST_NOT_ALLOWED, as Kafka answers on a listener without
 * authentication.
 */
import { ErrorCode, RenewDelegationTokenRequest, RenewDelegationTokenResponse } from '@ottla/protocol'
import { defineApi } from './handler.ts'

export const renewDelegationToken = defineApi({
  key: 39,
  request: RenewDelegationTokenRequest,
  response: RenewDelegationTokenResponse,
  handle: () => ({ errorCode: ErrorCode.DELEGATION_TOKEN_REQUEST_NOT_ALLOWED, expiryTimestampMs: -1 }),
})
