/**
 * SyncGroup (key 14), versions 0 to 5.
 *
 * The leader of a generation brings the assignment, which is stored; each member takes its part. Members wait for the leader. v5:
 * members must say of which protocol type and name they think the group is (KIP-559).
 */
import { ErrorCode, SyncGroupRequest, SyncGroupResponse } from '@ottla/protocol'
import { defineApi } from './handler.ts'

export const syncGroup = defineApi({
  key: 14,
  request: SyncGroupRequest,
  response: SyncGroupResponse,
  handle(context, request) {
    const saysProtocol = request.protocolType !== null && request.protocolName !== null
    if (context.apiVersion >= 5 && !saysProtocol) return { errorCode: ErrorCode.INCONSISTENT_GROUP_PROTOCOL }
    return context.broker.groups.coordinator.syncGroup(request)
  },
})
