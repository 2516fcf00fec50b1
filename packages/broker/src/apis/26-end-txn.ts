/**
 * EndTxn (key 26), versions 0 to 5.
 *
 * Commits or aborts a transaction: answered when the end is decided for good; markers are written behind the answer. Versions: 2 PRODUCER_FENCED,
 * 4 TRANSACTION_ABORTABLE, 5 the answer holds the epoch, and maybe the id, that the producer goes on with (KIP-890).
 */
import { EndTxnRequest, EndTxnResponse } from '@ottla/protocol'
import { defineApi } from './handler.ts'

export const endTxn = defineApi({
  key: 26,
  request: EndTxnRequest,
  response: EndTxnResponse,
  handle: ({ broker, apiVersion }, request) => broker.transactions.coordinator.endTxn(request, { apiVersion }),
})
