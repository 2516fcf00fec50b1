/**
 * Type 28. The eligible leader replicas of one topic, or of all, are cleared. Version 0, always flexible.
 */

import { string } from '../../schema/field.ts'
import { metadataRecord, type Value } from '../../schema/schema.ts'

export const ClearElrRecord = metadataRecord(
  { key: 28, name: 'ClearElrRecord', versions: '0', flexible: '0+' },
  () => ({
    topicName: string(),
  }),
)
export type ClearElrRecord = Value<typeof ClearElrRecord>
