/**
 * Type 9. A topic is deleted. Version 0, always flexible.
 */

import { uuid } from '../../schema/field.ts'
import { metadataRecord, type Value } from '../../schema/schema.ts'

export const RemoveTopicRecord = metadataRecord(
  { key: 9, name: 'RemoveTopicRecord', versions: '0', flexible: '0+' },
  () => ({
    topicId: uuid(),
  }),
)
export type RemoveTopicRecord = Value<typeof RemoveTopicRecord>
