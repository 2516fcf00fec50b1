/**
 * Type 1. The state of a tiered segment changed. Version 0, always flexible.
 */

import { bytes, int8, int32, int64, string, struct, uuid } from '../../schema/field.ts'
import { metadataRecord, type Value } from '../../schema/schema.ts'

export const RemoteLogSegmentMetadataUpdateRecord = metadataRecord(
  { key: 1, name: 'RemoteLogSegmentMetadataUpdateRecord', versions: '0', flexible: '0+' },
  () => ({
    remoteLogSegmentId: struct({
      topicIdPartition: struct({
        name: string(),
        id: uuid(),
        partition: int32(),
      }),
      id: uuid(),
    }),
    brokerId: int32(),
    eventTimestampMs: int64(),
    customMetadata: bytes({ nullable: '0+', default: null }),
    remoteLogSegmentState: int8(),
  }),
)
export type RemoteLogSegmentMetadataUpdateRecord = Value<typeof RemoteLogSegmentMetadataUpdateRecord>
