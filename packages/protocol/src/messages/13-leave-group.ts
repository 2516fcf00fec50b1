/**
 * 13 LeaveGroup, versions 0–5, flexible from 4. Takes members out of a classic group.
 *
 * - 3: several members, static ones too
 * - 4: flexible
 * - 5: reason
 */

import { array, int16, int32, string, struct } from '../schema/field.ts'
import { request, response, type Value } from '../schema/schema.ts'

export const LeaveGroupRequest = request(
  { key: 13, name: 'LeaveGroupRequest', versions: '0-5', flexible: '4+' },
  () => ({
    groupId: string(),
    memberId: string({ versions: '0-2' }),
    members: array(
      struct({
        memberId: string(),
        groupInstanceId: string({ nullable: '0+', default: null }),
        reason: string({ versions: '5+', nullable: '0+', default: null, ignorable: true }),
      }),
      { versions: '3+' },
    ),
  }),
)
export type LeaveGroupRequest = Value<typeof LeaveGroupRequest>

export const LeaveGroupResponse = response(
  { key: 13, name: 'LeaveGroupResponse', versions: '0-5', flexible: '4+' },
  () => ({
    throttleTimeMs: int32({ versions: '1+', ignorable: true }),
    errorCode: int16(),
    members: array(
      struct({
        memberId: string(),
        groupInstanceId: string({ nullable: '0+' }),
        errorCode: int16(),
      }),
      { versions: '3+' },
    ),
  }),
)
export type LeaveGroupResponse = Value<typeof LeaveGroupResponse>
