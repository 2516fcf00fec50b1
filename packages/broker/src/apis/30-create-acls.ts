/**
 * CreateAcls (key 30), versions 1 to 3.
 *
 * There is no authorizer yet: SECURITY_DISABLED for each rule, as Kafka answers without one.
 */
import { CreateAclsRequest, CreateAclsResponse, ErrorCode } from '@ottla/protocol'
import { defineApi } from './handler.ts'

export const NO_AUTHORIZER = {
  errorCode: ErrorCode.SECURITY_DISABLED,
  errorMessage: 'No Authorizer is configured.',
} as const

export const createAcls = defineApi({
  key: 30,
  request: CreateAclsRequest,
  response: CreateAclsResponse,
  handle: (_context, { creations }) => ({ results: creations.map(() => NO_AUTHORIZER) }),
})
