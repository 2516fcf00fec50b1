/**
 * Type 5 of __consumer_offsets. A member of a consumer group and its subscription. Value version 0, always flexible.
 */

import { array, bytes, int32, string, struct } from '../../schema/field.ts'
import { coordinatorKey, coordinatorValue, type Value } from '../../schema/schema.ts'

export const ConsumerGroupMemberMetadataKey = coordinatorKey(
  { key: 5, name: 'ConsumerGroupMemberMetadataKey', versions: '0' },
  () => ({
    groupId: string(),
    memberId: string(),
  }),
)
export type ConsumerGroupMemberMetadataKey = Value<typeof ConsumerGroupMemberMetadataKey>

export const ConsumerGroupMemberMetadataValue = coordinatorValue(
  { key: 5, name: 'ConsumerGroupMemberMetadataValue', versions: '0', flexible: '0+' },
  () => ({
    instanceId: string({ nullable: '0+' }),
    rackId: string({ nullable: '0+' }),
    clientId: string(),
    clientHost: string(),
    subscribedTopicNames: array(string()),
    subscribedTopicRegex: string({ nullable: '0+' }),
    rebalanceTimeoutMs: int32({ default: -1 }),
    serverAssignor: string({ nullable: '0+' }),
    classicMemberMetadata: struct(
      {
        sessionTimeoutMs: int32(),
        supportedProtocols: array(
          struct({
            name: string(),
            metadata: bytes(),
          }),
        ),
      },
      { nullable: '0+', tag: 0 },
    ),
  }),
)
export type ConsumerGroupMemberMetadataValue = Value<typeof ConsumerGroupMemberMetadataValue>
