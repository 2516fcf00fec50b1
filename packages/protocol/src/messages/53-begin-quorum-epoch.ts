/**
 * 53 BeginQuorumEpoch, versions 0–1, flexible from 1. The leader of the metadata quorum announces its epoch.
 *
 * - 1: flexible; directory ids and endpoints (KIP-853)
 */

import { array, int16, int32, string, struct, uint16, uuid } from '../schema/field.ts'
import { request, response, type Value } from '../schema/schema.ts'

export const BeginQuorumEpochRequest = request(
  { key: 53, name: 'BeginQuorumEpochRequest', versions: '0-1', flexible: '1+' },
  () => ({
    clusterId: string({ nullable: '0+', default: null }),
    voterId: int32({ versions: '1+', default: -1, ignorable: true }),
    topics: array(
      struct({
        topicName: string(),
        partitions: array(
          struct({
            partitionIndex: int32(),
            voterDirectoryId: uuid({ versions: '1+', ignorable: true }),
            leaderId: int32(),
            leaderEpoch: int32(),
          }),
        ),
      }),
    ),
    leaderEndpoints: array(
      struct({
        name: string(),
        host: string(),
        port: uint16(),
      }),
      { versions: '1+', ignorable: true },
    ),
  }),
)
export type BeginQuorumEpochRequest = Value<typeof BeginQuorumEpochRequest>

export const BeginQuorumEpochResponse = response(
  { key: 53, name: 'BeginQuorumEpochResponse', versions: '0-1', flexible: '1+' },
  () => ({
    errorCode: int16(),
    topics: array(
      struct({
        topicName: string(),
        partitions: array(
          struct({
            partitionIndex: int32(),
            errorCode: int16(),
            leaderId: int32(),
            leaderEpoch: int32(),
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
export type BeginQuorumEpochResponse = Value<typeof BeginQuorumEpochResponse>
