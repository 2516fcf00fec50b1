/**
 * Type 19 of __consumer_offsets. A member of a streams group. Value version 0, always flexible.
 */

import { array, int32, string, struct, uint16 } from '../../schema/field.ts'
import { coordinatorKey, coordinatorValue, type Value } from '../../schema/schema.ts'

export const StreamsGroupMemberMetadataKey = coordinatorKey(
  { key: 19, name: 'StreamsGroupMemberMetadataKey', versions: '0' },
  () => ({
    groupId: string(),
    memberId: string(),
  }),
)
export type StreamsGroupMemberMetadataKey = Value<typeof StreamsGroupMemberMetadataKey>

const Endpoint = struct({
  host: string(),
  port: uint16(),
})

const KeyValue = struct({
  key: string(),
  value: string(),
})

export const StreamsGroupMemberMetadataValue = coordinatorValue(
  { key: 19, name: 'StreamsGroupMemberMetadataValue', versions: '0', flexible: '0+' },
  () => ({
    instanceId: string({ nullable: '0+' }),
    rackId: string({ nullable: '0+' }),
    clientId: string(),
    clientHost: string(),
    rebalanceTimeoutMs: int32({ default: -1 }),
    topologyEpoch: int32(),
    processId: string(),
    userEndpoint: struct(Endpoint.fields, { nullable: '0+', default: null }),
    clientTags: array(KeyValue),
  }),
)
export type StreamsGroupMemberMetadataValue = Value<typeof StreamsGroupMemberMetadataValue>
