/**
 * Type 2. A topic is created. Version 0, always flexible.
 */

import { string, uuid } from '../../schema/field.ts'
import { metadataRecord, type Value } from '../../schema/schema.ts'

export const TopicRecord = metadataRecord({ key: 2, name: 'TopicRecord', versions: '0', flexible: '0+' }, () => ({
  name: string(),
  topicId: uuid(),
}))
export type TopicRecord = Value<typeof TopicRecord>
