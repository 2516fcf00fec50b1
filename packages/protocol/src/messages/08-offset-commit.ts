/**
 * 8 OffsetCommit, versions 0–10, flexible from 8. Commits offsets of a group.
 * Versions below 2 are those of Kafka 2.4, for old clients.
 *
 * - 1: generation and member id; a timestamp per partition
 * - 2: retention time in place of the timestamps
 * - 5: no retention time
 * - 6: leader epochs
 * - 7: static members
 * - 8: flexible
 * - 9: member epochs of the consumer protocol (KIP-848)
 * - 10: topic ids in place of names
 */

import { array, int16, int32, int64, string, struct, uuid } from '../schema/field.ts'
import { request, response, type Value } from '../schema/schema.ts'

export const OffsetCommitRequest = request(
  { key: 8, name: 'OffsetCommitRequest', versions: '0-10', flexible: '8+' },
  () => ({
    groupId: string(),
    generationIdOrMemberEpoch: int32({ versions: '1+', default: -1, ignorable: true }),
    memberId: string({ versions: '1+', ignorable: true }),
    groupInstanceId: string({ versions: '7+', nullable: '0+', default: null }),
    retentionTimeMs: int64({ versions: '2-4', default: -1, ignorable: true }),
    topics: array(
      struct({
        name: string({ versions: '0-9', ignorable: true }),
        topicId: uuid({ versions: '10+', ignorable: true }),
        partitions: array(
          struct({
            partitionIndex: int32(),
            committedOffset: int64(),
            committedLeaderEpoch: int32({ versions: '6+', default: -1, ignorable: true }),
            commitTimestamp: int64({ versions: '1', default: -1, ignorable: true }),
            committedMetadata: string({ nullable: '0+' }),
          }),
        ),
      }),
    ),
  }),
)
export type OffsetCommitRequest = Value<typeof OffsetCommitRequest>

export const OffsetCommitResponse = response(
  { key: 8, name: 'OffsetCommitResponse', versions: '0-10', flexible: '8+' },
  () => ({
    throttleTimeMs: int32({ versions: '3+', ignorable: true }),
    topics: array(
      struct({
        name: string({ versions: '0-9', ignorable: true }),
        topicId: uuid({ versions: '10+', ignorable: true }),
        partitions: array(
          struct({
            partitionIndex: int32(),
            errorCode: int16(),
          }),
        ),
      }),
    ),
  }),
)
export type OffsetCommitResponse = Value<typeof OffsetCommitResponse>
