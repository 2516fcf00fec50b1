/**
 * 14 SyncGroup, versions 0–5, flexible from 4. Hands the assignment of a classic group from its leader to all members.
 *
 * - 3: static members
 * - 4: flexible
 * - 5: protocol type and name, to be checked
 */

import { array, bytes, int16, int32, string, struct } from '../schema/field.ts'
import { request, response, type Value } from '../schema/schema.ts'

export const SyncGroupRequest = request({ key: 14, name: 'SyncGroupRequest', versions: '0-5', flexible: '4+' }, () => ({
  groupId: string(),
  generationId: int32(),
  memberId: string(),
  groupInstanceId: string({ versions: '3+', nullable: '0+', default: null }),
  protocolType: string({ versions: '5+', nullable: '0+', default: null, ignorable: true }),
  protocolName: string({ versions: '5+', nullable: '0+', default: null, ignorable: true }),
  assignments: array(
    struct({
      memberId: string(),
      assignment: bytes(),
    }),
  ),
}))
export type SyncGroupRequest = Value<typeof SyncGroupRequest>

export const SyncGroupResponse = response(
  { key: 14, name: 'SyncGroupResponse', versions: '0-5', flexible: '4+' },
  () => ({
    throttleTimeMs: int32({ versions: '1+', ignorable: true }),
    errorCode: int16(),
    protocolType: string({ versions: '5+', nullable: '0+', default: null, ignorable: true }),
    protocolName: string({ versions: '5+', nullable: '0+', default: null, ignorable: true }),
    assignment: bytes(),
  }),
)
export type SyncGroupResponse = Value<typeof SyncGroupResponse>
