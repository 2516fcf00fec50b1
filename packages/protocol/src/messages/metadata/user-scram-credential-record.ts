/**
 * Type 11. A SCRAM credential is set. Version 0, always flexible.
 */

import { bytes, int8, int32, string } from '../../schema/field.ts'
import { metadataRecord, type Value } from '../../schema/schema.ts'

export const UserScramCredentialRecord = metadataRecord(
  { key: 11, name: 'UserScramCredentialRecord', versions: '0', flexible: '0+' },
  () => ({
    name: string(),
    mechanism: int8(),
    salt: bytes(),
    storedKey: bytes(),
    serverKey: bytes(),
    iterations: int32(),
  }),
)
export type UserScramCredentialRecord = Value<typeof UserScramCredentialRecord>
