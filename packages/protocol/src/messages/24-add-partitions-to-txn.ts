/**
 * 24 AddPartitionsToTxn, versions 0–5, flexible from 3. Adds partitions to a transaction.
 *
 * - 3: flexible
 * - 4: several transactions, and verification only; from brokers
 * - 5: TRANSACTION_ABORTABLE may be answered
 */

import { array, bool, int16, int32, int64, string, struct } from '../schema/field.ts'
import { request, response, type Value } from '../schema/schema.ts'

const AddPartitionsToTxnTopic = struct({
  name: string(),
  partitions: array(int32()),
})

export const AddPartitionsToTxnRequest = request(
  { key: 24, name: 'AddPartitionsToTxnRequest', versions: '0-5', flexible: '3+' },
  () => ({
    transactions: array(
      struct({
        transactionalId: string(),
        producerId: int64(),
        producerEpoch: int16(),
        verifyOnly: bool(),
        topics: array(AddPartitionsToTxnTopic),
      }),
      { versions: '4+' },
    ),
    v3AndBelowTransactionalId: string({ versions: '0-3' }),
    v3AndBelowProducerId: int64({ versions: '0-3' }),
    v3AndBelowProducerEpoch: int16({ versions: '0-3' }),
    v3AndBelowTopics: array(AddPartitionsToTxnTopic, { versions: '0-3' }),
  }),
)
export type AddPartitionsToTxnRequest = Value<typeof AddPartitionsToTxnRequest>

const AddPartitionsToTxnPartitionResult = struct({
  partitionIndex: int32(),
  partitionErrorCode: int16(),
})

const AddPartitionsToTxnTopicResult = struct({
  name: string(),
  resultsByPartition: array(AddPartitionsToTxnPartitionResult),
})

export const AddPartitionsToTxnResponse = response(
  { key: 24, name: 'AddPartitionsToTxnResponse', versions: '0-5', flexible: '3+' },
  () => ({
    throttleTimeMs: int32(),
    errorCode: int16({ versions: '4+', ignorable: true }),
    resultsByTransaction: array(
      struct({
        transactionalId: string(),
        topicResults: array(AddPartitionsToTxnTopicResult),
      }),
      { versions: '4+' },
    ),
    resultsByTopicV3AndBelow: array(AddPartitionsToTxnTopicResult, { versions: '0-3' }),
  }),
)
export type AddPartitionsToTxnResponse = Value<typeof AddPartitionsToTxnResponse>
