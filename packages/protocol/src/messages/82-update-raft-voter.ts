/**
 * 82 UpdateRaftVoter, version 0, always flexible. A voter reports its endpoints and versions.
 */

import { array, int16, int32, string, struct, uint16, uuid } from '../schema/field.ts'
import { request, response, type Value } from '../schema/schema.ts'

export const UpdateRaftVoterRequest = request(
  { key: 82, name: 'UpdateRaftVoterRequest', versions: '0', flexible: '0+' },
  () => ({
    clusterId: string({ nullable: '0+' }),
    currentLeaderEpoch: int32(),
    voterId: int32(),
    voterDirectoryId: uuid(),
    listeners: array(
      struct({
        name: string(),
        host: string(),
        port: uint16(),
      }),
    ),
    kRaftVersionFeature: struct({
      minSupportedVersion: int16(),
      maxSupportedVersion: int16(),
    }),
  }),
)
export type UpdateRaftVoterRequest = Value<typeof UpdateRaftVoterRequest>

export const UpdateRaftVoterResponse = response(
  { key: 82, name: 'UpdateRaftVoterResponse', versions: '0', flexible: '0+' },
  () => ({
    throttleTimeMs: int32(),
    errorCode: int16(),
    currentLeader: struct(
      {
        leaderId: int32({ default: -1 }),
        leaderEpoch: int32({ default: -1 }),
        host: string(),
        port: int32(),
      },
      { tag: 0 },
    ),
  }),
)
export type UpdateRaftVoterResponse = Value<typeof UpdateRaftVoterResponse>
