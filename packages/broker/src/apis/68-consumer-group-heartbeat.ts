/**
 * ConsumerGroupHeartbeat (key 68), versions 0 and 1.
 *
 * The one request of a member of a consumer group (KIP-848): joins, keeps alive, says what it has, learns what it is to have, leaves. v1: regular
 * expressions, resolved here; the client chooses its member id. Refused while group.version is 0 or group.coordinator.rebalance.protocols leaves
 * `consumer` out.
 */
import { ConsumerGroupHeartbeatRequest, ConsumerGroupHeartbeatResponse, ErrorCode } from '@ottla/protocol'
import { groupRequest, servesConsumerGroups } from '../groups/group-request.ts'
import { defineApi } from './handler.ts'

export const consumerGroupHeartbeat = defineApi({
  key: 68,
  request: ConsumerGroupHeartbeatRequest,
  response: ConsumerGroupHeartbeatResponse,
  handle: (context, request) =>
    servesConsumerGroups(context)
      ? context.broker.groups.coordinator.consumerGroupHeartbeat(request, groupRequest(context))
      : { errorCode: ErrorCode.UNSUPPORTED_VERSION },
})
