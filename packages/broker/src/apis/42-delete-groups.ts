/**
 * DeleteGroups (key 42), versions 0 to 3.
 *
 * Deletes groups without members, and their offsets.
 */
import { DeleteGroupsRequest, DeleteGroupsResponse } from '@ottla/protocol'
import { defineApi } from './handler.ts'

export const deleteGroups = defineApi({
  key: 42,
  request: DeleteGroupsRequest,
  response: DeleteGroupsResponse,
  handle: (context, request) => context.broker.groups.coordinator.deleteGroups(request),
})
