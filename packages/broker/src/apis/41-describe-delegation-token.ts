/**
 * DescribeDelegationToken (key 41), versions 1 to 3.
 *
 * There is no login yet, and so there are no tokens: DELEGATION_TOKEN_REQUEST_NOT_ALLOWED, as Kafka answers on a listener without
 * authentication.
 */
import { DescribeDelegationTokenRequest, DescribeDelegationTokenResponse, ErrorCode } from '@ottla/protocol'
import { defineApi } from './handler.ts'

export const describeDelegationToken = defineApi({
  key: 41,
  request: DescribeDelegationTokenRequest,
  response: DescribeDelegationTokenResponse,
  handle: () => ({ errorCode: ErrorCode.DELEGATION_TOKEN_REQUEST_NOT_ALLOWED }),
})
