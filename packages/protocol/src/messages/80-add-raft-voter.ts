/**
 * 80 AddRaftVoter, versions 0–1, always flexible. Adds a voter to the metadata quorum.
 *
 * - 1: the answer may come before the change is committed
 */

import { array, bool, int16, int32, string, struct, uint16, uuid } from '../schema/field.ts'
import { request, response, type Value } from '../schema/schema.ts'

export const AddRaftVoterRequest = request(
  { key: 80, name: 'AddRaftVoterRequest', versions: '0-1', flexible: '0+' },
  () => ({
    clusterId: string({ nullable: '0+' }),
    timeoutMs: int32(),
    voterId: int32(),
    voterDirectoryId: uuid(),
    listeners: array(
      struct({
        name: string(),
        host: string(),
        port: uint16(),
      }),
    ),
    ackWhenCommitted: bool({ versions: '1+', default: true }),
  }),
)
export type AddRaftVoterRequest = Value<typeof AddRaftVoterRequest>

export const AddRaftVoterResponse = response(
  { key: 80, name: 'AddRaftVoterResponse', versions: '0-1', flexible: '0+' },
  () => ({
    throttleTimeMs: int32(),
    errorCode: int16(),
    errorMessage: string({ nullable: '0+' }),
  }),
)
export type AddRaftVoterResponse = Value<typeof AddRaftVoterResponse>
