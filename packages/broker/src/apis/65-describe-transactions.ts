/** DescribeTransactions (key 65), version 0: the state of transactional ids of this coordinator, and the partitions of their transactions. */
import { DescribeTransactionsRequest, DescribeTransactionsResponse } from '@ottla/protocol'
import { defineApi } from './handler.ts'

export const describeTransactions = defineApi({
  key: 65,
  request: DescribeTransactionsRequest,
  response: DescribeTransactionsResponse,
  handle: ({ broker }, request) => broker.transactions.coordinator.describeTransactions(request),
})
