/**
 * LeaveGroup (key 13), versions 0 to 5.
 *
 * Members leave. v3: many at once, static ones by instance id; v5: with a reason.
 */
import { LeaveGroupRequest, LeaveGroupResponse } from '@ottla/protocol'
import { groupRequest } from '../groups/group-request.ts'
import { defineApi } from './handler.ts'

export const leaveGroup = defineApi({
  key: 13,
  request: LeaveGroupRequest,
  response: LeaveGroupResponse,
  handle: (context, request) => context.broker.groups.coordinator.leaveGroup(request, groupRequest(context)),
})
