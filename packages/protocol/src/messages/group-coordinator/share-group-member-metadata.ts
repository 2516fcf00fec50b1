/**
 * Type 10 of __consumer_offsets. A member of a share group and its subscription. Value version 0, always flexible.
 */

import { array, string } from '../../schema/field.ts'
import { coordinatorKey, coordinatorValue, type Value } from '../../schema/schema.ts'

export const ShareGroupMemberMetadataKey = coordinatorKey(
  { key: 10, name: 'ShareGroupMemberMetadataKey', versions: '0' },
  () => ({
    groupId: string(),
    memberId: string(),
  }),
)
export type ShareGroupMemberMetadataKey = Value<typeof ShareGroupMemberMetadataKey>

export const ShareGroupMemberMetadataValue = coordinatorValue(
  { key: 10, name: 'ShareGroupMemberMetadataValue', versions: '0', flexible: '0+' },
  () => ({
    rackId: string({ nullable: '0+' }),
    clientId: string(),
    clientHost: string(),
    subscribedTopicNames: array(string()),
  }),
)
export type ShareGroupMemberMetadataValue = Value<typeof ShareGroupMemberMetadataValue>
