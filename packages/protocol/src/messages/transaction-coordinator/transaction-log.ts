/**
 * Type 0 of __transaction_state. A transactional id: its producer, state and partitions. Value versions 0–1, flexible from 1.
 */

import { array, int8, int16, int32, int64, string, struct } from '../../schema/field.ts'
import { coordinatorKey, coordinatorValue, type Value } from '../../schema/schema.ts'

export const TransactionLogKey = coordinatorKey({ key: 0, name: 'TransactionLogKey', versions: '0' }, () => ({
  transactionalId: string(),
}))
export type TransactionLogKey = Value<typeof TransactionLogKey>

export const TransactionLogValue = coordinatorValue(
  { key: 0, name: 'TransactionLogValue', versions: '0-1', flexible: '1+' },
  () => ({
    producerId: int64(),
    previousProducerId: int64({ versions: '1+', tag: 0, default: -1 }),
    nextProducerId: int64({ versions: '1+', tag: 1, default: -1 }),
    producerEpoch: int16(),
    nextProducerEpoch: int16({ versions: '1+', tag: 3, default: -1 }),
    transactionTimeoutMs: int32(),
    transactionStatus: int8(),
    transactionPartitions: array(
      struct({
        topic: string(),
        partitionIds: array(int32()),
      }),
      { nullable: '0+' },
    ),
    transactionLastUpdateTimestampMs: int64(),
    transactionStartTimestampMs: int64(),
    clientTransactionVersion: int16({ versions: '1+', tag: 2 }),
  }),
)
export type TransactionLogValue = Value<typeof TransactionLogValue>
