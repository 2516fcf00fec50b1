/**
 * 10 FindCoordinator, versions 0–6, flexible from 3. Names the broker that coordinates a group, a transactional id or a share
 * partition.
 *
 * - 1: key types
 * - 3: flexible
 * - 4: several keys in one request
 * - 6: share partitions
 */

import { array, int8, int16, int32, string, struct } from '../schema/field.ts'
import { request, response, type Value } from '../schema/schema.ts'

export const FindCoordinatorRequest = request(
  { key: 10, name: 'FindCoordinatorRequest', versions: '0-6', flexible: '3+' },
  () => ({
    key: string({ versions: '0-3' }),
    keyType: int8({ versions: '1+' }),
    coordinatorKeys: array(string(), { versions: '4+' }),
  }),
)
export type FindCoordinatorRequest = Value<typeof FindCoordinatorRequest>

export const FindCoordinatorResponse = response(
  { key: 10, name: 'FindCoordinatorResponse', versions: '0-6', flexible: '3+' },
  () => ({
    throttleTimeMs: int32({ versions: '1+', ignorable: true }),
    errorCode: int16({ versions: '0-3' }),
    errorMessage: string({ versions: '1-3', nullable: '0+', ignorable: true }),
    nodeId: int32({ versions: '0-3' }),
    host: string({ versions: '0-3' }),
    port: int32({ versions: '0-3' }),
    coordinators: array(
      struct({
        key: string(),
        nodeId: int32(),
        host: string(),
        port: int32(),
        errorCode: int16(),
        errorMessage: string({ nullable: '0+', ignorable: true }),
      }),
      { versions: '4+' },
    ),
  }),
)
export type FindCoordinatorResponse = Value<typeof FindCoordinatorResponse>
