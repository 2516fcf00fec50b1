/**
 * ListGroups (key 16), versions 0 to 5.
 *
 * Groups of this broker. v4: by state; v5: by type.
 */
import { ListGroupsRequest, ListGroupsResponse } from '@ottla/protocol'
import { defineApi } from './handler.ts'

export const listGroups = defineApi({
  key: 16,
  request: ListGroupsRequest,
  response: ListGroupsResponse,
  handle: (context, request) => context.broker.groups.coordinator.listGroups(request),
})
