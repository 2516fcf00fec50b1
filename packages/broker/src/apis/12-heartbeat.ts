/**
 * Heartbeat (key 12), versions 0 to 4.
 *
 * A member is alive. REBALANCE_IN_PROGRESS calls it to join again.
 */
import { HeartbeatRequest, HeartbeatResponse } from '@ottla/protocol'
import { defineApi } from './handler.ts'

export const heartbeat = defineApi({
  key: 12,
  request: HeartbeatRequest,
  response: HeartbeatResponse,
  handle: (context, request) => context.broker.groups.coordinator.heartbeat(request),
})
