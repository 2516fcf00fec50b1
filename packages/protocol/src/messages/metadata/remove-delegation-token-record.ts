/**
 * Type 26. A delegation token is deleted. Version 0, always flexible.
 */

import { string } from '../../schema/field.ts'
import { metadataRecord, type Value } from '../../schema/schema.ts'

export const RemoveDelegationTokenRecord = metadataRecord(
  { key: 26, name: 'RemoveDelegationTokenRecord', versions: '0', flexible: '0+' },
  () => ({
    tokenId: string(),
  }),
)
export type RemoveDelegationTokenRecord = Value<typeof RemoveDelegationTokenRecord>
