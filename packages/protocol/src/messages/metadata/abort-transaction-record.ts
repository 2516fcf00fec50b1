/**
 * Type 25. The records since the begin record are void. Version 0, always flexible.
 */

import { string } from '../../schema/field.ts'
import { metadataRecord, type Value } from '../../schema/schema.ts'

export const AbortTransactionRecord = metadataRecord(
  { key: 25, name: 'AbortTransactionRecord', versions: '0', flexible: '0+' },
  () => ({
    reason: string({ nullable: '0+', tag: 0, default: null }),
  }),
)
export type AbortTransactionRecord = Value<typeof AbortTransactionRecord>
