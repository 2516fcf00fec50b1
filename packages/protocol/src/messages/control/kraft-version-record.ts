/**
 * Control record of the metadata log: the finalized kraft.version. Version 0, always flexible.
 */

import { int16 } from '../../schema/field.ts'
import { data, type Value } from '../../schema/schema.ts'

export const KRaftVersionRecord = data({ name: 'KRaftVersionRecord', versions: '0', flexible: '0+' }, () => ({
  version: int16(),
  kRaftVersion: int16(),
}))
export type KRaftVersionRecord = Value<typeof KRaftVersionRecord>
