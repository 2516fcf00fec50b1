/**
 * 65 DescribeTransactions, version 0, always flexible. Describes transactional ids.
 */

import { array, int16, int32, int64, string, struct } from '../schema/field.ts'
import { request, response, type Value } from '../schema/schema.ts'

export const DescribeTransactionsRequest = request(
  { key: 65, name: 'DescribeTransactionsRequest', versions: '0', flexible: '0+' },
  () => ({
    transactionalIds: array(string()),
  }),
)
export type DescribeTransactionsRequest = Value<typeof DescribeTransactionsRequest>

export const DescribeTransactionsResponse = response(
  { key: 65, name: 'DescribeTransactionsResponse', versions: '0', flexible: '0+' },
  () => ({
    throttleTimeMs: int32(),
    transactionStates: array(
      struct({
        errorCode: int16(),
        transactionalId: string(),
        transactionState: string(),
        transactionTimeoutMs: int32(),
        transactionStartTimeMs: int64(),
        producerId: int64(),
        producerEpoch: int16(),
        topics: array(
          struct({
            topic: string(),
            partitions: array(int32()),
          }),
        ),
      }),
    ),
  }),
)
export type DescribeTransactionsResponse = Value<typeof DescribeTransactionsResponse>
