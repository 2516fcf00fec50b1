/**
 * 59 FetchSnapshot, versions 0–1, always flexible. Reads a snapshot of the metadata log in pieces.
 *
 * - 1: directory id of the replica (KIP-853)
 */

import { array, int16, int32, int64, records, string, struct, uint16, uuid } from '../schema/field.ts'
import { request, response, type Value } from '../schema/schema.ts'

export const FetchSnapshotRequest = request(
  { key: 59, name: 'FetchSnapshotRequest', versions: '0-1', flexible: '0+' },
  () => ({
    clusterId: string({ nullable: '0+', tag: 0, default: null }),
    replicaId: int32({ default: -1 }),
    maxBytes: int32({ default: 0x7fff_ffff }),
    topics: array(
      struct({
        name: string(),
        partitions: array(
          struct({
            partition: int32(),
            currentLeaderEpoch: int32(),
            snapshotId: struct({
              endOffset: int64(),
              epoch: int32(),
            }),
            position: int64(),
            replicaDirectoryId: uuid({ versions: '1+', tag: 0, ignorable: true }),
          }),
        ),
      }),
    ),
  }),
)
export type FetchSnapshotRequest = Value<typeof FetchSnapshotRequest>

export const FetchSnapshotResponse = response(
  { key: 59, name: 'FetchSnapshotResponse', versions: '0-1', flexible: '0+' },
  () => ({
    throttleTimeMs: int32(),
    errorCode: int16(),
    topics: array(
      struct({
        name: string(),
        partitions: array(
          struct({
            index: int32(),
            errorCode: int16(),
            snapshotId: struct({
              endOffset: int64(),
              epoch: int32(),
            }),
            currentLeader: struct(
              {
                leaderId: int32(),
                leaderEpoch: int32(),
              },
              { tag: 0 },
            ),
            size: int64(),
            position: int64(),
            unalignedRecords: records(),
          }),
        ),
      }),
    ),
    nodeEndpoints: array(
      struct({
        nodeId: int32(),
        host: string(),
        port: uint16(),
      }),
      { versions: '1+', tag: 0 },
    ),
  }),
)
export type FetchSnapshotResponse = Value<typeof FetchSnapshotResponse>
