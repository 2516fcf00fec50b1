/**
 * Type 12. A feature level is finalized. Version 0, always flexible.
 */

import { int16, string } from '../../schema/field.ts'
import { metadataRecord, type Value } from '../../schema/schema.ts'

export const FeatureLevelRecord = metadataRecord(
  { key: 12, name: 'FeatureLevelRecord', versions: '0', flexible: '0+' },
  () => ({
    name: string(),
    featureLevel: int16(),
  }),
)
export type FeatureLevelRecord = Value<typeof FeatureLevelRecord>
