/**
 * 66 ListTransactions, versions 0–2, always flexible. Lists transactions of a coordinator.
 *
 * - 1: filter by duration
 * - 2: filter by pattern of the transactional id
 */

import { array, int16, int32, int64, string, struct } from '../schema/field.ts'
import { request, response, type Value } from '../schema/schema.ts'

export const ListTransactionsRequest = request(
  { key: 66, name: 'ListTransactionsRequest', versions: '0-2', flexible: '0+' },
  () => ({
    stateFilters: array(string()),
    producerIdFilters: array(int64()),
    durationFilter: int64({ versions: '1+', default: -1 }),
    transactionalIdPattern: string({ versions: '2+', nullable: '0+', default: null }),
  }),
)
export type ListTransactionsRequest = Value<typeof ListTransactionsRequest>

export const ListTransactionsResponse = response(
  { key: 66, name: 'ListTransactionsResponse', versions: '0-2', flexible: '0+' },
  () => ({
    throttleTimeMs: int32(),
    errorCode: int16(),
    unknownStateFilters: array(string()),
    transactionStates: array(
      struct({
        transactionalId: string(),
        producerId: int64(),
        transactionState: string(),
      }),
    ),
  }),
)
export type ListTransactionsResponse = Value<typeof ListTransactionsResponse>
