/**
 * 9 OffsetFetch, versions 0–10, flexible from 6. Gives the committed offsets of groups.
 * Versions below 1 are those of Kafka 2.4, for old clients.
 *
 * - 2: null topics ask for all; an error for the whole answer
 * - 5: leader epochs
 * - 6: flexible
 * - 7: stable offsets only, on demand
 * - 8: several groups in one request
 * - 9: member epochs (KIP-848)
 * - 10: topic ids in place of names
 */

import { array, bool, int16, int32, int64, string, struct, uuid } from '../schema/field.ts'
import { request, response, type Value } from '../schema/schema.ts'

export const OffsetFetchRequest = request(
  { key: 9, name: 'OffsetFetchRequest', versions: '0-10', flexible: '6+' },
  () => ({
    groupId: string({ versions: '0-7' }),
    topics: array(
      struct({
        name: string(),
        partitionIndexes: array(int32()),
      }),
      { versions: '0-7', nullable: '2-7' },
    ),
    groups: array(
      struct({
        groupId: string(),
        memberId: string({ versions: '9+', nullable: '0+', default: null, ignorable: true }),
        memberEpoch: int32({ versions: '9+', default: -1, ignorable: true }),
        topics: array(
          struct({
            name: string({ versions: '8-9', ignorable: true }),
            topicId: uuid({ versions: '10+', ignorable: true }),
            partitionIndexes: array(int32()),
          }),
          { nullable: '0+' },
        ),
      }),
      { versions: '8+' },
    ),
    requireStable: bool({ versions: '7+' }),
  }),
)
export type OffsetFetchRequest = Value<typeof OffsetFetchRequest>

export const OffsetFetchResponse = response(
  { key: 9, name: 'OffsetFetchResponse', versions: '0-10', flexible: '6+' },
  () => ({
    throttleTimeMs: int32({ versions: '3+', ignorable: true }),
    topics: array(
      struct({
        name: string(),
        partitions: array(
          struct({
            partitionIndex: int32(),
            committedOffset: int64(),
            committedLeaderEpoch: int32({ versions: '5-7', default: -1, ignorable: true }),
            metadata: string({ nullable: '0+' }),
            errorCode: int16(),
          }),
        ),
      }),
      { versions: '0-7' },
    ),
    errorCode: int16({ versions: '2-7', ignorable: true }),
    groups: array(
      struct({
        groupId: string(),
        topics: array(
          struct({
            name: string({ versions: '8-9', ignorable: true }),
            topicId: uuid({ versions: '10+', ignorable: true }),
            partitions: array(
              struct({
                partitionIndex: int32(),
                committedOffset: int64(),
                committedLeaderEpoch: int32({ default: -1, ignorable: true }),
                metadata: string({ nullable: '0+' }),
                errorCode: int16(),
              }),
            ),
          }),
        ),
        errorCode: int16(),
      }),
      { versions: '8+' },
    ),
  }),
)
export type OffsetFetchResponse = Value<typeof OffsetFetchResponse>
