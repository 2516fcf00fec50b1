/**
 * 28 TxnOffsetCommit, versions 0–6, flexible from 3. Commits offsets within a transaction.
 *
 * - 2: leader epochs
 * - 3: flexible; member and generation, to fence
 * - 5: the offsets partition joins the transaction implicitly (KIP-890)
 * - 6: topic ids in place of names
 */

import { array, int16, int32, int64, string, struct, uuid } from '../schema/field.ts'
import { request, response, type Value } from '../schema/schema.ts'

export const TxnOffsetCommitRequest = request(
  { key: 28, name: 'TxnOffsetCommitRequest', versions: '0-6', flexible: '3+' },
  () => ({
    transactionalId: string(),
    groupId: string(),
    producerId: int64(),
    producerEpoch: int16(),
    generationIdOrMemberEpoch: int32({ versions: '3+', default: -1 }),
    memberId: string({ versions: '3+' }),
    groupInstanceId: string({ versions: '3+', nullable: '0+', default: null }),
    topics: array(
      struct({
        name: string({ versions: '0-5', ignorable: true }),
        topicId: uuid({ versions: '6+', ignorable: true }),
        partitions: array(
          struct({
            partitionIndex: int32(),
            committedOffset: int64(),
            committedLeaderEpoch: int32({ versions: '2+', default: -1, ignorable: true }),
            committedMetadata: string({ nullable: '0+' }),
          }),
        ),
      }),
    ),
  }),
)
export type TxnOffsetCommitRequest = Value<typeof TxnOffsetCommitRequest>

export const TxnOffsetCommitResponse = response(
  { key: 28, name: 'TxnOffsetCommitResponse', versions: '0-6', flexible: '3+' },
  () => ({
    throttleTimeMs: int32(),
    topics: array(
      struct({
        name: string({ versions: '0-5', ignorable: true }),
        topicId: uuid({ versions: '6+', ignorable: true }),
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
export type TxnOffsetCommitResponse = Value<typeof TxnOffsetCommitResponse>
