/**
 * Type 2 of __consumer_offsets. A classic group with its members and assignments. Value versions 0–4, flexible from 4.
 */

import { array, bytes, int32, int64, string, struct } from '../../schema/field.ts'
import { coordinatorKey, coordinatorValue, type Value } from '../../schema/schema.ts'

export const GroupMetadataKey = coordinatorKey({ key: 2, name: 'GroupMetadataKey', versions: '0' }, () => ({
  group: string(),
}))
export type GroupMetadataKey = Value<typeof GroupMetadataKey>

const MemberMetadata = struct({
  memberId: string(),
  groupInstanceId: string({ versions: '3+', nullable: '0+', default: null, ignorable: true }),
  clientId: string(),
  clientHost: string(),
  rebalanceTimeout: int32({ versions: '1+', default: -1, ignorable: true }),
  sessionTimeout: int32(),
  subscription: bytes(),
  assignment: bytes(),
})

export const GroupMetadataValue = coordinatorValue(
  { key: 2, name: 'GroupMetadataValue', versions: '0-4', flexible: '4+' },
  () => ({
    protocolType: string(),
    generation: int32(),
    protocol: string({ nullable: '0+' }),
    leader: string({ nullable: '0+' }),
    currentStateTimestamp: int64({ versions: '2+', default: -1, ignorable: true }),
    members: array(MemberMetadata),
  }),
)
export type GroupMetadataValue = Value<typeof GroupMetadataValue>
