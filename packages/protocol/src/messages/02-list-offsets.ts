/**
 * 2 ListOffsets, versions 0–11, flexible from 6. Looks up offsets by timestamp. Negative timestamps ask for the end (−1), the
 * start (−2), the largest timestamp (−3), the local start (−4), the end of tiered data (−5), the next offset to tier (−6).
 * Versions below 1 are those of Kafka 2.4, for old clients.
 *
 * - 0: several offsets per partition, kept for old clients
 * - 1: one offset, with its timestamp
 * - 2: isolation level
 * - 4: leader epochs
 * - 6: flexible
 * - 7: −3
 * - 8: −4
 * - 9: −5
 * - 10: timeout for lookups in tiered data
 * - 11: −6
 */

import { array, int8, int16, int32, int64, string, struct } from '../schema/field.ts'
import { request, response, type Value } from '../schema/schema.ts'

export const ListOffsetsRequest = request(
  { key: 2, name: 'ListOffsetsRequest', versions: '0-11', flexible: '6+' },
  () => ({
    replicaId: int32(),
    isolationLevel: int8({ versions: '2+' }),
    topics: array(
      struct({
        name: string(),
        partitions: array(
          struct({
            partitionIndex: int32(),
            currentLeaderEpoch: int32({ versions: '4+', default: -1, ignorable: true }),
            timestamp: int64(),
            maxNumOffsets: int32({ versions: '0', ignorable: true }),
          }),
        ),
      }),
    ),
    timeoutMs: int32({ versions: '10+', ignorable: true }),
  }),
)
export type ListOffsetsRequest = Value<typeof ListOffsetsRequest>

export const ListOffsetsResponse = response(
  { key: 2, name: 'ListOffsetsResponse', versions: '0-11', flexible: '6+' },
  () => ({
    throttleTimeMs: int32({ versions: '2+', ignorable: true }),
    topics: array(
      struct({
        name: string(),
        partitions: array(
          struct({
            partitionIndex: int32(),
            errorCode: int16(),
            oldStyleOffsets: array(int64(), { versions: '0', ignorable: true }),
            timestamp: int64({ versions: '1+', default: -1 }),
            offset: int64({ versions: '1+', default: -1 }),
            leaderEpoch: int32({ versions: '4+', default: -1 }),
          }),
        ),
      }),
    ),
  }),
)
export type ListOffsetsResponse = Value<typeof ListOffsetsResponse>
