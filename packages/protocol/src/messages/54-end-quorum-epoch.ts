/**
 * 54 EndQuorumEpoch, versions 0–1, flexible from 1. The leader of the metadata quorum resigns.
 *
 * - 1: flexible; directory ids and endpoints (KIP-853)
 */

import { array, int16, int32, string, struct, uint16, uuid } from '../schema/field.ts'
import { request, response, type Value } from '../schema/schema.ts'

export const EndQuorumEpochRequest = request(
  { key: 54, name: 'EndQuorumEpochRequest', versions: '0-1', flexible: '1+' },
  () => ({
    clusterId: string({ nullable: '0+', default: null }),
    topics: array(
      struct({
        topicName: string(),
        partitions: array(
          struct({
            partitionIndex: int32(),
            leaderId: int32(),
            leaderEpoch: int32(),
            preferredSuccessors: array(int32(), { versions: '0', ignorable: true }),
            preferredCandidates: array(
              struct({
                candidateId: int32(),
                candidateDirectoryId: uuid(),
              }),
              { versions: '1+', ignorable: true },
            ),
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
export type EndQuorumEpochRequest = Value<typeof EndQuorumEpochRequest>

export const EndQuorumEpochResponse = response(
  { key: 54, name: 'EndQuorumEpochResponse', versions: '0-1', flexible: '1+' },
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
export type EndQuorumEpochResponse = Value<typeof EndQuorumEpochResponse>
