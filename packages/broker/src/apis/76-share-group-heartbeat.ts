/**
 * ShareGroupHeartbeat (key 76), version 1.
 *
 * A member of a share group (KIP-932) joins, lives, hears of its partitions, and leaves.
 */
import { ShareGroupHeartbeatRequest, ShareGroupHeartbeatResponse } from '@ottla/protocol'
import { groupRequest } from '../groups/group-request.ts'
import { requireShareGroups } from '../share-state/share-groups-enabled.ts'
import { defineApi } from './handler.ts'

export const shareGroupHeartbeat = defineApi({
  key: 76,
  request: ShareGroupHeartbeatRequest,
  response: ShareGroupHeartbeatResponse,
  handle(context, request) {
    requireShareGroups(context.broker)
    return context.broker.groups.coordinator.shareGroups.heartbeat(request, groupRequest(context))
  },
})
