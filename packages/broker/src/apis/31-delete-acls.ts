/**
 * DeleteAcls (key 31), versions 1 to 3.
 *
 * There is no authorizer yet: SECURITY_DISABLED for each filter, as Kafka answers without one.
 */
import { DeleteAclsRequest, DeleteAclsResponse } from '@ottla/protocol'
import { NO_AUTHORIZER } from './30-create-acls.ts'
import { defineApi } from './handler.ts'

export const deleteAcls = defineApi({
  key: 31,
  request: DeleteAclsRequest,
  response: DeleteAclsResponse,
  handle: (_context, { filters }) => ({ filterResults: filters.map(() => NO_AUTHORIZER) }),
})
