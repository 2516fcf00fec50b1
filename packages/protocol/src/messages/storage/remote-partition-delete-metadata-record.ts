/**
 * Type 2. The tiered data of a partition is being deleted. Version 0, always flexible.
 */

import { int8, int32, int64, string, struct, uuid } from '../../schema/field.ts'
import { metadataRecord, type Value } from '../../schema/schema.ts'

export const RemotePartitionDeleteMetadataRecord = metadataRecord(
  { key: 2, name: 'RemotePartitionDeleteMetadataRecord', versions: '0', flexible: '0+' },
  () => ({
    topicIdPartition: struct({
      name: string(),
      id: uuid(),
      partition: int32(),
    }),
    brokerId: int32(),
    eventTimestampMs: int64(),
    remotePartitionDeleteState: int8(),
  }),
)
export type RemotePartitionDeleteMetadataRecord = Value<typeof RemotePartitionDeleteMetadataRecord>
