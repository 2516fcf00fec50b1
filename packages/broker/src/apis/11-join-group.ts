/**
 * JoinGroup (key 11), versions 0 to 9.
 *
 * A member joins, or comes back for the next generation; answered when the generation stands. v4: who comes without an id gets one and asks again; v5: instance ids
 * (static membership); v9: the leader may be told to leave the assignment as it is.
 */
import { JoinGroupRequest, JoinGroupResponse } from '@ottla/protocol'
import { groupRequest } from '../groups/group-request.ts'
import { defineApi } from './handler.ts'

export const joinGroup = defineApi({
  key: 11,
  request: JoinGroupRequest,
  response: JoinGroupResponse,
  handle: (context, request) => context.broker.groups.coordinator.joinGroup(request, groupRequest(context)),
})
