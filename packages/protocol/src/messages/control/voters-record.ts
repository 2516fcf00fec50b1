/**
 * Control record of the metadata log: the voters of the quorum. Version 0, always flexible.
 */

import { array, int16, int32, string, struct, uint16, uuid } from '../../schema/field.ts'
import { data, type Value } from '../../schema/schema.ts'

export const VotersRecord = data({ name: 'VotersRecord', versions: '0', flexible: '0+' }, () => ({
  version: int16(),
  voters: array(
    struct({
      voterId: int32(),
      voterDirectoryId: uuid(),
      endpoints: array(
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
  ),
}))
export type VotersRecord = Value<typeof VotersRecord>
