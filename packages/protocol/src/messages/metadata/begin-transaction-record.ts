/**
 * Type 23. The records up to the end record take effect together. Version 0, always flexible.
 */

import { string } from '../../schema/field.ts'
import { metadataRecord, type Value } from '../../schema/schema.ts'

export const BeginTransactionRecord = metadataRecord(
  { key: 23, name: 'BeginTransactionRecord', versions: '0', flexible: '0+' },
  () => ({
    name: string({ nullable: '0+', tag: 0, default: null }),
  }),
)
export type BeginTransactionRecord = Value<typeof BeginTransactionRecord>
