/**
 * Control record of the metadata log: a leader begins its epoch. Versions 0–1, always flexible.
 */

import { array, int16, int32, struct, uuid } from '../../schema/field.ts'
import { data, type Value } from '../../schema/schema.ts'

const Voter = struct({
  voterId: int32(),
  voterDirectoryId: uuid({ versions: '1+' }),
})

export const LeaderChangeMessage = data({ name: 'LeaderChangeMessage', versions: '0-1', flexible: '0+' }, () => ({
  version: int16(),
  leaderId: int32(),
  voters: array(Voter),
  grantingVoters: array(Voter),
}))
export type LeaderChangeMessage = Value<typeof LeaderChangeMessage>
