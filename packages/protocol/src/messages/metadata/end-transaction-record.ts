/**
 * Type 24. The records since the begin record take effect. Version 0, always flexible.
 */

import { metadataRecord, type Value } from '../../schema/schema.ts'

export const EndTransactionRecord = metadataRecord(
  { key: 24, name: 'EndTransactionRecord', versions: '0', flexible: '0+' },
  () => ({}),
)
export type EndTransactionRecord = Value<typeof EndTransactionRecord>
