/**
 * AddOffsetsToTxn (key 25), versions 0 to 4.
 *
 * The partition of `__consumer_offsets` that a group belongs to becomes part of a transaction. Versions: 2 PRODUCER_FENCED, 4 TRANSACTION_ABORTABLE.
 */
import { AddOffsetsToTxnRequest, AddOffsetsToTxnResponse } from '@ottla/protocol'
import { defineApi } from './handler.ts'

export const addOffsetsToTxn = defineApi({
  key: 25,
  request: AddOffsetsToTxnRequest,
  response: AddOffsetsToTxnResponse,
  handle: ({ broker, apiVersion }, request) => broker.transactions.coordinator.addOffsetsToTxn(request, { apiVersion }),
})
