/**
 * Type 10. A delegation token is created or renewed. Version 0, always flexible.
 */

import { array, int64, string } from '../../schema/field.ts'
import { metadataRecord, type Value } from '../../schema/schema.ts'

export const DelegationTokenRecord = metadataRecord(
  { key: 10, name: 'DelegationTokenRecord', versions: '0', flexible: '0+' },
  () => ({
    owner: string(),
    requester: string(),
    renewers: array(string()),
    issueTimestamp: int64(),
    maxTimestamp: int64(),
    expirationTimestamp: int64(),
    tokenId: string(),
  }),
)
export type DelegationTokenRecord = Value<typeof DelegationTokenRecord>
