/**
 * Type 18. An ACL is created. Version 0, always flexible.
 */

import { int8, string, uuid } from '../../schema/field.ts'
import { metadataRecord, type Value } from '../../schema/schema.ts'

export const AccessControlEntryRecord = metadataRecord(
  { key: 18, name: 'AccessControlEntryRecord', versions: '0', flexible: '0+' },
  () => ({
    id: uuid(),
    resourceType: int8(),
    resourceName: string(),
    patternType: int8(),
    principal: string(),
    host: string(),
    operation: int8(),
    permissionType: int8(),
  }),
)
export type AccessControlEntryRecord = Value<typeof AccessControlEntryRecord>
