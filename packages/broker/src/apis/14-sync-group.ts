/**
 * SyncGroup (key 14), versions 0 to 5.
 *
 * The leader of a generation brings the assignment, which is stored; each member takes its part. Members wait for the leader.
 */
import { SyncGroupRequest, SyncGroupResponse } from '@ottla/protocol'
import { defineApi } from './handler.ts'

export const syncGroup = defineApi({
  key: 14,
  request: SyncGroupRequest,
  response: SyncGroupResponse,
  handle: (context, request) => context.broker.groups.coordinator.syncGroup(request),
})
