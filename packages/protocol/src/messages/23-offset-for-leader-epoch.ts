/**
 * 23 OffsetForLeaderEpoch, versions 0–4, flexible from 4. Gives the end offset of a leader epoch, for truncation.
 * Versions below 2 are those of Kafka 2.4, for old clients.
 *
 * - 0: offset alone
 * - 1: epoch with the offset
 * - 2: current leader epoch, to fence
 * - 3: replica id
 * - 4: flexible
 */

import { array, int16, int32, int64, string, struct } from '../schema/field.ts'
import { request, response, type Value } from '../schema/schema.ts'

export const OffsetForLeaderEpochRequest = request(
  { key: 23, name: 'OffsetForLeaderEpochRequest', versions: '0-4', flexible: '4+' },
  () => ({
    replicaId: int32({ versions: '3+', default: -2, ignorable: true }),
    topics: array(
      struct({
        topic: string(),
        partitions: array(
          struct({
            partition: int32(),
            currentLeaderEpoch: int32({ versions: '2+', default: -1, ignorable: true }),
            leaderEpoch: int32(),
          }),
        ),
      }),
    ),
  }),
)
export type OffsetForLeaderEpochRequest = Value<typeof OffsetForLeaderEpochRequest>

export const OffsetForLeaderEpochResponse = response(
  { key: 23, name: 'OffsetForLeaderEpochResponse', versions: '0-4', flexible: '4+' },
  () => ({
    throttleTimeMs: int32({ versions: '2+', ignorable: true }),
    topics: array(
      struct({
        topic: string(),
        partitions: array(
          struct({
            errorCode: int16(),
            partition: int32(),
            leaderEpoch: int32({ versions: '1+', default: -1, ignorable: true }),
            endOffset: int64({ default: -1 }),
          }),
        ),
      }),
    ),
  }),
)
export type OffsetForLeaderEpochResponse = Value<typeof OffsetForLeaderEpochResponse>
