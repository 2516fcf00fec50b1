/**
 * DescribeAcls (key 29), versions 1 to 3.
 *
 * Rules of access. There is no authorizer yet: SECURITY_DISABLED, as Kafka answers without one.
 */
import { DescribeAclsRequest, DescribeAclsResponse, ErrorCode } from '@ottla/protocol'
import { defineApi } from './handler.ts'

export const describeAcls = defineApi({
  key: 29,
  request: DescribeAclsRequest,
  response: DescribeAclsResponse,
  handle: () => ({
    errorCode: ErrorCode.SECURITY_DISABLED,
    errorMessage: 'No Authorizer is configured on the broker',
  }),
})
