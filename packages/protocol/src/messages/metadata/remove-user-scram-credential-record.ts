/**
 * Type 22. A SCRAM credential is deleted. Version 0, always flexible.
 */

import { int8, string } from '../../schema/field.ts'
import { metadataRecord, type Value } from '../../schema/schema.ts'

export const RemoveUserScramCredentialRecord = metadataRecord(
  { key: 22, name: 'RemoveUserScramCredentialRecord', versions: '0', flexible: '0+' },
  () => ({
    name: string(),
    mechanism: int8(),
  }),
)
export type RemoveUserScramCredentialRecord = Value<typeof RemoveUserScramCredentialRecord>
