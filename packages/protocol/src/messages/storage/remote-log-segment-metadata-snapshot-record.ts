/**
 * Type 3. A tiered segment, as a snapshot of the metadata holds it. Version 0, always flexible.
 */

import { array, bool, bytes, int8, int32, int64, struct, uuid } from '../../schema/field.ts'
import { metadataRecord, type Value } from '../../schema/schema.ts'

export const RemoteLogSegmentMetadataSnapshotRecord = metadataRecord(
  { key: 3, name: 'RemoteLogSegmentMetadataSnapshotRecord', versions: '0', flexible: '0+' },
  () => ({
    segmentId: uuid(),
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
export type RemoteLogSegmentMetadataSnapshotRecord = Value<typeof RemoteLogSegmentMetadataSnapshotRecord>
