/**
 * Type 14. A quota of a client entity is set or removed. Version 0, always flexible.
 */

import { array, bool, float64, string, struct } from '../../schema/field.ts'
import { metadataRecord, type Value } from '../../schema/schema.ts'

export const ClientQuotaRecord = metadataRecord(
  { key: 14, name: 'ClientQuotaRecord', versions: '0', flexible: '0+' },
  () => ({
    entity: array(
      struct({
        entityType: string(),
        entityName: string({ nullable: '0+' }),
      }),
    ),
    key: string(),
    value: float64(),
    remove: bool(),
  }),
)
export type ClientQuotaRecord = Value<typeof ClientQuotaRecord>
