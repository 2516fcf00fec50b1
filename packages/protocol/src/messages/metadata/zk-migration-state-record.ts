/**
 * Type 21. How far a migration from ZooKeeper is. Version 0, always flexible.
 */

import { int8 } from '../../schema/field.ts'
import { metadataRecord, type Value } from '../../schema/schema.ts'

export const ZkMigrationStateRecord = metadataRecord(
  { key: 21, name: 'ZkMigrationStateRecord', versions: '0', flexible: '0+' },
  () => ({
    zkMigrationState: int8(),
  }),
)
export type ZkMigrationStateRecord = Value<typeof ZkMigrationStateRecord>
