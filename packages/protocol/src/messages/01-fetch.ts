/**
 * 1 Fetch, versions 4–18, flexible from 12. Reads record batches of partitions: for consumers, for followers (replica id set),
 * and for the metadata quorum.
 *
 * - 4: isolation level, aborted transactions
 * - 5: log start offset
 * - 7: fetch sessions (KIP-227)
 * - 9: current leader epoch, to fence
 * - 10: zstd batches may be answered
 * - 11: rack of the client, preferred read replica (KIP-392)
 * - 12: flexible; last fetched epoch and diverging epoch
 * - 13: topic ids in place of names (KIP-516)
 * - 15: replica state in a tagged field
 * - 16: endpoints of current leaders (KIP-951)
 * - 17: directory id of the replica (KIP-853)
 * - 18: high watermark known to the replica
 */

import { INT64_MAX } from '@ottla/stdx'
import { array, int8, int16, int32, int64, records, string, struct, uuid } from '../schema/field.ts'
import { request, response, type Value } from '../schema/schema.ts'

export const FetchRequest = request({ key: 1, name: 'FetchRequest', versions: '4-18', flexible: '12+' }, () => ({
  clusterId: string({ versions: '12+', nullable: '0+', tag: 0, default: null, ignorable: true }),
  replicaId: int32({ versions: '4-14', default: -1 }),
  replicaState: struct(
    {
      replicaId: int32({ default: -1 }),
      replicaEpoch: int64({ default: -1 }),
    },
    { versions: '15+', tag: 1 },
  ),
  maxWaitMs: int32(),
  minBytes: int32(),
  maxBytes: int32({ default: 0x7fff_ffff }),
  isolationLevel: int8(),
  sessionId: int32({ versions: '7+', ignorable: true }),
  sessionEpoch: int32({ versions: '7+', default: -1, ignorable: true }),
  topics: array(
    struct({
      topic: string({ versions: '4-12', ignorable: true }),
      topicId: uuid({ versions: '13+', ignorable: true }),
      partitions: array(
        struct({
          partition: int32(),
          currentLeaderEpoch: int32({ versions: '9+', default: -1, ignorable: true }),
          fetchOffset: int64(),
          lastFetchedEpoch: int32({ versions: '12+', default: -1 }),
          logStartOffset: int64({ versions: '5+', default: -1, ignorable: true }),
          partitionMaxBytes: int32(),
          replicaDirectoryId: uuid({ versions: '17+', tag: 0, ignorable: true }),
          highWatermark: int64({ versions: '18+', tag: 1, default: INT64_MAX, ignorable: true }),
        }),
      ),
    }),
  ),
  forgottenTopicsData: array(
    struct({
      topic: string({ versions: '7-12', ignorable: true }),
      topicId: uuid({ versions: '13+', ignorable: true }),
      partitions: array(int32()),
    }),
    { versions: '7+' },
  ),
  rackId: string({ versions: '11+', ignorable: true }),
}))
export type FetchRequest = Value<typeof FetchRequest>

export const FetchResponse = response({ key: 1, name: 'FetchResponse', versions: '4-18', flexible: '12+' }, () => ({
  throttleTimeMs: int32(),
  errorCode: int16({ versions: '7+', ignorable: true }),
  sessionId: int32({ versions: '7+' }),
  responses: array(
    struct({
      topic: string({ versions: '4-12', ignorable: true }),
      topicId: uuid({ versions: '13+', ignorable: true }),
      partitions: array(
        struct({
          partitionIndex: int32(),
          errorCode: int16(),
          highWatermark: int64(),
          lastStableOffset: int64({ default: -1 }),
          logStartOffset: int64({ versions: '5+', default: -1, ignorable: true }),
          divergingEpoch: struct(
            {
              epoch: int32({ default: -1 }),
              endOffset: int64({ default: -1 }),
            },
            { versions: '12+', tag: 0 },
          ),
          currentLeader: struct(
            {
              leaderId: int32({ default: -1 }),
              leaderEpoch: int32({ default: -1 }),
            },
            { versions: '12+', tag: 1 },
          ),
          snapshotId: struct(
            {
              endOffset: int64({ default: -1 }),
              epoch: int32({ default: -1 }),
            },
            { versions: '12+', tag: 2 },
          ),
          abortedTransactions: array(
            struct({
              producerId: int64(),
              firstOffset: int64(),
            }),
            { nullable: '0+' },
          ),
          preferredReadReplica: int32({ versions: '11+', default: -1 }),
          records: records({ nullable: '0+' }),
        }),
      ),
    }),
  ),
  nodeEndpoints: array(
    struct({
      nodeId: int32(),
      host: string(),
      port: int32(),
      rack: string({ nullable: '0+', default: null }),
    }),
    { versions: '16+', tag: 0 },
  ),
}))
export type FetchResponse = Value<typeof FetchResponse>
