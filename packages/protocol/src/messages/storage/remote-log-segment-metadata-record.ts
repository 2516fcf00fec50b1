/**
 * Type 0. A segment is being copied to tiered storage. Version 0, always flexible.
 */

import { array, bool, bytes, int8, int32, int64, string, struct, uuid } from '../../schema/field.ts'
import { metadataRecord, type Value } from '../../schema/schema.ts'

export const RemoteLogSegmentMetadataRecord = metadataRecord(
  { key: 0, name: 'RemoteLogSegmentMetadataRecord', versions: '0', flexible: '0+' },
  () => ({
    remoteLogSegmentId: struct({
      topicIdPartition: struct({
        name: string(),
        id: uuid(),
        partition: int32(),
      }),
      id: uuid(),
    }),
    startOffset: int64(),
    endOffset: int64(),
    brokerId: int32(),
    maxTimestampMs: int64(),
    eventTimestampMs: int64(),
    segmentLeaderEpochs: array(
      struct({
        leaderEpoch: int32(),
        offset: int64(),
      }),
    ),
    segmentSizeInBytes: int32(),
    customMetadata: bytes({ nullable: '0+', default: null }),
    remoteLogSegmentState: int8(),
    txnIndexEmpty: bool({ tag: 0 }),
  }),
)
export type RemoteLogSegmentMetadataRecord = Value<typeof RemoteLogSegmentMetadataRecord>
