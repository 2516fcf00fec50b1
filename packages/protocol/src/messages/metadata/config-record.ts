/**
 * Type 4. One config of one resource is set, or deleted by a null value. Version 0, always flexible.
 */

import { int8, string } from '../../schema/field.ts'
import { metadataRecord, type Value } from '../../schema/schema.ts'

export const ConfigRecord = metadataRecord({ key: 4, name: 'ConfigRecord', versions: '0', flexible: '0+' }, () => ({
  resourceType: int8(),
  resourceName: string(),
  name: string(),
  value: string({ nullable: '0+' }),
}))
export type ConfigRecord = Value<typeof ConfigRecord>
