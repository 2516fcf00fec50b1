/**
 * 55 DescribeQuorum, versions 0–2, always flexible. Describes the metadata quorum and how far its replicas are.
 *
 * - 1: times of the last fetch
 * - 2: directory ids, endpoints, error messages
 */

import { array, int16, int32, int64, string, struct, uint16, uuid } from '../schema/field.ts'
import { request, response, type Value } from '../schema/schema.ts'

export const DescribeQuorumRequest = request(
  { key: 55, name: 'DescribeQuorumRequest', versions: '0-2', flexible: '0+' },
  () => ({
    topics: array(
      struct({
        topicName: string(),
        partitions: array(
          struct({
            partitionIndex: int32(),
          }),
        ),
      }),
    ),
  }),
)
export type DescribeQuorumRequest = Value<typeof DescribeQuorumRequest>

const ReplicaState = struct({
  replicaId: int32(),
  replicaDirectoryId: uuid({ versions: '2+' }),
  logEndOffset: int64(),
  lastFetchTimestamp: int64({ versions: '1+', default: -1, ignorable: true }),
  lastCaughtUpTimestamp: int64({ versions: '1+', default: -1, ignorable: true }),
})

export const DescribeQuorumResponse = response(
  { key: 55, name: 'DescribeQuorumResponse', versions: '0-2', flexible: '0+' },
  () => ({
    errorCode: int16(),
    errorMessage: string({ versions: '2+', nullable: '0+', ignorable: true }),
    topics: array(
      struct({
        topicName: string(),
        partitions: array(
          struct({
            partitionIndex: int32(),
            errorCode: int16(),
            errorMessage: string({ versions: '2+', nullable: '0+', ignorable: true }),
            leaderId: int32(),
            leaderEpoch: int32(),
            highWatermark: int64(),
            currentVoters: array(ReplicaState),
            observers: array(ReplicaState),
          }),
        ),
      }),
    ),
    nodes: array(
      struct({
        nodeId: int32(),
        listeners: array(
          struct({
            name: string(),
            host: string(),
            port: uint16(),
          }),
        ),
      }),
      { versions: '2+' },
    ),
  }),
)
export type DescribeQuorumResponse = Value<typeof DescribeQuorumResponse>
