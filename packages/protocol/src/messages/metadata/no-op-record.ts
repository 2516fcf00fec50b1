/**
 * Type 20. Nothing. Written so that the end of the log moves in quiet times. Version 0, always flexible.
 */

import { metadataRecord, type Value } from '../../schema/schema.ts'

export const NoOpRecord = metadataRecord({ key: 20, name: 'NoOpRecord', versions: '0', flexible: '0+' }, () => ({}))
export type NoOpRecord = Value<typeof NoOpRecord>
