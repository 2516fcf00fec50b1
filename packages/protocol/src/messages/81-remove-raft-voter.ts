/**
 * 81 RemoveRaftVoter, version 0, always flexible. Removes a voter from the metadata quorum.
 */

import { int16, int32, string, uuid } from '../schema/field.ts'
import { request, response, type Value } from '../schema/schema.ts'

export const RemoveRaftVoterRequest = request(
  { key: 81, name: 'RemoveRaftVoterRequest', versions: '0', flexible: '0+' },
  () => ({
    clusterId: string({ nullable: '0+' }),
    voterId: int32(),
    voterDirectoryId: uuid(),
  }),
)
export type RemoveRaftVoterRequest = Value<typeof RemoveRaftVoterRequest>

export const RemoveRaftVoterResponse = response(
  { key: 81, name: 'RemoveRaftVoterResponse', versions: '0', flexible: '0+' },
  () => ({
    throttleTimeMs: int32(),
    errorCode: int16(),
    errorMessage: string({ nullable: '0+' }),
  }),
)
export type RemoveRaftVoterResponse = Value<typeof RemoveRaftVoterResponse>
