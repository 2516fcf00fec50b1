/**
 * TxnOffsetCommit (key 28), versions 0 to 6.
 *
 * Offsets that count when the transaction is committed; until then others see those before, or UNSTABLE_OFFSET_COMMIT. Versions: 3 member and
 * generation, to fence; 4 TRANSACTION_ABORTABLE; 5 the group's partition joins the transaction by the commit (KIP-890); 6 topic ids.
 */
import { TxnOffsetCommitRequest, TxnOffsetCommitResponse } from '@ottla/protocol'
import { groupRequest } from '../groups/group-request.ts'
import { commitInTransaction } from '../transactions/commit-in-transaction.ts'
import { defineApi } from './handler.ts'

export const txnOffsetCommit = defineApi({
  key: 28,
  request: TxnOffsetCommitRequest,
  response: TxnOffsetCommitResponse,
  handle: (context, request) => commitInTransaction(context.broker, request, groupRequest(context)),
})
