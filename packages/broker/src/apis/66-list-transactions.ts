/**
 * ListTransactions (key 66), versions 0 to 2.
 *
 * The transactional ids of this coordinator, by state, producer, age (version 1) and a pattern of RE2 over the id (version 2).
 */
import { ListTransactionsRequest, ListTransactionsResponse } from '@ottla/protocol'
import { loadRe2 } from '../re2.ts'
import { defineApi } from './handler.ts'

export const listTransactions = defineApi({
  key: 66,
  request: ListTransactionsRequest,
  response: ListTransactionsResponse,
  async handle({ broker }, request) {
    if (request.transactionalIdPattern !== null) await loadRe2()
    return broker.transactions.coordinator.listTransactions(request)
  },
})
