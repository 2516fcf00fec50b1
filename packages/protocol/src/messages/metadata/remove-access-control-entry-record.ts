/**
 * Type 19. An ACL is deleted. Version 0, always flexible.
 */

import { uuid } from '../../schema/field.ts'
import { metadataRecord, type Value } from '../../schema/schema.ts'

export const RemoveAccessControlEntryRecord = metadataRecord(
  { key: 19, name: 'RemoveAccessControlEntryRecord', versions: '0', flexible: '0+' },
  () => ({
    id: uuid(),
  }),
)
export type RemoveAccessControlEntryRecord = Value<typeof RemoveAccessControlEntryRecord>
