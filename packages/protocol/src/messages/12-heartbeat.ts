/**
 * 12 Heartbeat, versions 0–4, flexible from 4. Keeps a member of a classic group alive and tells it of rebalances.
 *
 * - 3: static members
 * - 4: flexible
 */

import { int16, int32, string } from '../schema/field.ts'
import { request, response, type Value } from '../schema/schema.ts'

export const HeartbeatRequest = request({ key: 12, name: 'HeartbeatRequest', versions: '0-4', flexible: '4+' }, () => ({
  groupId: string(),
  generationId: int32(),
  memberId: string(),
  groupInstanceId: string({ versions: '3+', nullable: '0+', default: null }),
}))
export type HeartbeatRequest = Value<typeof HeartbeatRequest>

export const HeartbeatResponse = response(
  { key: 12, name: 'HeartbeatResponse', versions: '0-4', flexible: '4+' },
  () => ({
    throttleTimeMs: int32({ versions: '1+', ignorable: true }),
    errorCode: int16(),
  }),
)
export type HeartbeatResponse = Value<typeof HeartbeatResponse>
