/**
 * 76 ShareGroupHeartbeat, version 1, always flexible. The one request of a member of a share group (KIP-932).
 */

import { array, int16, int32, string, struct, uuid } from '../schema/field.ts'
import { request, response, type Value } from '../schema/schema.ts'

export const ShareGroupHeartbeatRequest = request(
  { key: 76, name: 'ShareGroupHeartbeatRequest', versions: '1', flexible: '1+' },
  () => ({
    groupId: string(),
    memberId: string(),
    memberEpoch: int32(),
    rackId: string({ nullable: '0+', default: null }),
    subscribedTopicNames: array(string(), { nullable: '0+', default: null }),
  }),
)
export type ShareGroupHeartbeatRequest = Value<typeof ShareGroupHeartbeatRequest>

const TopicPartitions = struct({
  topicId: uuid(),
  partitions: array(int32()),
})

export const ShareGroupHeartbeatResponse = response(
  { key: 76, name: 'ShareGroupHeartbeatResponse', versions: '1', flexible: '1+' },
  () => ({
    throttleTimeMs: int32(),
    errorCode: int16(),
    errorMessage: string({ nullable: '0+', default: null }),
    memberId: string({ nullable: '0+', default: null }),
    memberEpoch: int32(),
    heartbeatIntervalMs: int32(),
    assignment: struct(
      {
        topicPartitions: array(TopicPartitions),
      },
      { nullable: '0+', default: null },
    ),
  }),
)
export type ShareGroupHeartbeatResponse = Value<typeof ShareGroupHeartbeatResponse>
