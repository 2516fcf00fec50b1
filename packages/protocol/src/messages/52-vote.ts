/**
 * 52 Vote, versions 0–2, always flexible. Asks a voter of the metadata quorum for its vote.
 *
 * - 1: directory ids (KIP-853)
 * - 2: votes in advance (KIP-996)
 */

import { array, bool, int16, int32, int64, string, struct, uint16, uuid } from '../schema/field.ts'
import { request, response, type Value } from '../schema/schema.ts'

export const VoteRequest = request({ key: 52, name: 'VoteRequest', versions: '0-2', flexible: '0+' }, () => ({
  clusterId: string({ nullable: '0+', default: null }),
  voterId: int32({ versions: '1+', default: -1, ignorable: true }),
  topics: array(
    struct({
      topicName: string(),
      partitions: array(
        struct({
          partitionIndex: int32(),
          replicaEpoch: int32(),
          replicaId: int32(),
          replicaDirectoryId: uuid({ versions: '1+', ignorable: true }),
          voterDirectoryId: uuid({ versions: '1+', ignorable: true }),
          lastOffsetEpoch: int32(),
          lastOffset: int64(),
          preVote: bool({ versions: '2+' }),
        }),
      ),
    }),
  ),
}))
export type VoteRequest = Value<typeof VoteRequest>

export const VoteResponse = response({ key: 52, name: 'VoteResponse', versions: '0-2', flexible: '0+' }, () => ({
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
          voteGranted: bool(),
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
}))
export type VoteResponse = Value<typeof VoteResponse>
