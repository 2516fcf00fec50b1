/**
 * 11 JoinGroup, versions 0–9, flexible from 6. Joins a classic group; the leader learns of all members.
 *
 * - 1: rebalance timeout
 * - 4: a member id is handed out before joining (MEMBER_ID_REQUIRED)
 * - 5: static members
 * - 6: flexible
 * - 7: protocol type in the answer
 * - 8: reason for joining
 * - 9: the leader may be told to skip the assignment
 */

import { array, bool, bytes, int16, int32, string, struct } from '../schema/field.ts'
import { request, response, type Value } from '../schema/schema.ts'

export const JoinGroupRequest = request({ key: 11, name: 'JoinGroupRequest', versions: '0-9', flexible: '6+' }, () => ({
  groupId: string(),
  sessionTimeoutMs: int32(),
  rebalanceTimeoutMs: int32({ versions: '1+', default: -1, ignorable: true }),
  memberId: string(),
  groupInstanceId: string({ versions: '5+', nullable: '0+', default: null }),
  protocolType: string(),
  protocols: array(
    struct({
      name: string(),
      metadata: bytes(),
    }),
  ),
  reason: string({ versions: '8+', nullable: '0+', default: null, ignorable: true }),
}))
export type JoinGroupRequest = Value<typeof JoinGroupRequest>

export const JoinGroupResponse = response(
  { key: 11, name: 'JoinGroupResponse', versions: '0-9', flexible: '6+' },
  () => ({
    throttleTimeMs: int32({ versions: '2+', ignorable: true }),
    errorCode: int16(),
    generationId: int32({ default: -1 }),
    protocolType: string({ versions: '7+', nullable: '0+', default: null, ignorable: true }),
    protocolName: string({ nullable: '7+' }),
    leader: string(),
    skipAssignment: bool({ versions: '9+' }),
    memberId: string(),
    members: array(
      struct({
        memberId: string(),
        groupInstanceId: string({ versions: '5+', nullable: '0+', default: null, ignorable: true }),
        metadata: bytes(),
      }),
    ),
  }),
)
export type JoinGroupResponse = Value<typeof JoinGroupResponse>
