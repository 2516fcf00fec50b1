/**
 * 26 EndTxn, versions 0–5, flexible from 3. Commits or aborts a transaction.
 *
 * - 3: flexible
 * - 5: the answer carries the next producer epoch (KIP-890)
 */

import { bool, int16, int32, int64, string } from '../schema/field.ts'
import { request, response, type Value } from '../schema/schema.ts'

export const EndTxnRequest = request({ key: 26, name: 'EndTxnRequest', versions: '0-5', flexible: '3+' }, () => ({
  transactionalId: string(),
  producerId: int64(),
  producerEpoch: int16(),
  committed: bool(),
}))
export type EndTxnRequest = Value<typeof EndTxnRequest>

export const EndTxnResponse = response({ key: 26, name: 'EndTxnResponse', versions: '0-5', flexible: '3+' }, () => ({
  throttleTimeMs: int32(),
  errorCode: int16(),
  producerId: int64({ versions: '5+', default: -1, ignorable: true }),
  producerEpoch: int16({ versions: '5+', default: -1, ignorable: true }),
}))
export type EndTxnResponse = Value<typeof EndTxnResponse>
