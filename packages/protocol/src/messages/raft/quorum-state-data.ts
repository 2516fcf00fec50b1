/**
 * The vote and epoch of a quorum node, as the quorum-state file keeps them in JSON. Versions 0–1, always flexible.
 */

import { array, int32, int64, string, struct, uuid } from '../../schema/field.ts'
import { data, type Value } from '../../schema/schema.ts'

export const QuorumStateData = data({ name: 'QuorumStateData', versions: '0-1', flexible: '0+' }, () => ({
  clusterId: string({ versions: '0' }),
  leaderId: int32({ default: -1 }),
  leaderEpoch: int32({ default: -1 }),
  votedId: int32({ default: -1 }),
  votedDirectoryId: uuid({ versions: '1+' }),
  appliedOffset: int64({ versions: '0' }),
  currentVoters: array(
    struct({
      voterId: int32(),
    }),
    { versions: '0', nullable: '0+' },
  ),
}))
export type QuorumStateData = Value<typeof QuorumStateData>
