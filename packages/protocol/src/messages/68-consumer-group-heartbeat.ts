/**
 * 68 ConsumerGroupHeartbeat, versions 0–1, always flexible. The one request of a member of a consumer group: joins, keeps
 * alive, reports and receives partitions, leaves (KIP-848).
 *
 * - 1: regular expressions; the client chooses its member id
 */

import { array, int16, int32, string, struct, uuid } from '../schema/field.ts'
import { request, response, type Value } from '../schema/schema.ts'

export const ConsumerGroupHeartbeatRequest = request(
  { key: 68, name: 'ConsumerGroupHeartbeatRequest', versions: '0-1', flexible: '0+' },
  () => ({
    groupId: string(),
    memberId: string(),
    memberEpoch: int32(),
    instanceId: string({ nullable: '0+', default: null }),
    rackId: string({ nullable: '0+', default: null }),
    rebalanceTimeoutMs: int32({ default: -1 }),
    subscribedTopicNames: array(string(), { nullable: '0+', default: null }),
    subscribedTopicRegex: string({ versions: '1+', nullable: '0+', default: null }),
    serverAssignor: string({ nullable: '0+', default: null }),
    topicPartitions: array(
      struct({
        topicId: uuid(),
        partitions: array(int32()),
      }),
      { nullable: '0+', default: null },
    ),
  }),
)
export type ConsumerGroupHeartbeatRequest = Value<typeof ConsumerGroupHeartbeatRequest>

const TopicPartitions = struct({
  topicId: uuid(),
  partitions: array(int32()),
})

export const ConsumerGroupHeartbeatResponse = response(
  { key: 68, name: 'ConsumerGroupHeartbeatResponse', versions: '0-1', flexible: '0+' },
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
export type ConsumerGroupHeartbeatResponse = Value<typeof ConsumerGroupHeartbeatResponse>
