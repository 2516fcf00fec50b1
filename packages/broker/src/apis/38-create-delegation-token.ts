/**
 * CreateDelegationToken (key 38), versions 1 to 3.
 *
 * There is no login yet, and so nobody who could hand on his: DELEGATION_TOKEN_REQUEST_NOT_ALLOWED, as Kafka answers on a listener
 * without authentication.
 */
import { CreateDelegationTokenRequest, CreateDelegationTokenResponse, ErrorCode } from '@ottla/protocol'
import { defineApi } from './handler.ts'

export const createDelegationToken = defineApi({
  key: 38,
  request: CreateDelegationTokenRequest,
  response: CreateDelegationTokenResponse,
  handle({ apiVersion, session: { principal } }) {
    const requester = {
      tokenRequesterPrincipalType: principal.type,
      tokenRequesterPrincipalName: principal.name,
    }
    return {
      errorCode: ErrorCode.DELEGATION_TOKEN_REQUEST_NOT_ALLOWED,
      principalType: principal.type,
      principalName: principal.name,
      ...(apiVersion >= 3 ? requester : {}),
      issueTimestampMs: -1,
      expiryTimestampMs: -1,
      maxTimestampMs: -1,
    }
  },
})
