/**
 * 22 InitProducerId, versions 0–6, flexible from 2. Hands out a producer id, and fences earlier producers of a transactional
 * id.
 *
 * - 2: flexible
 * - 3: a producer may ask for a new epoch of its id
 * - 5: TRANSACTION_ABORTABLE may be answered
 * - 6: two-phase commit (unstable)
 */

import { bool, int16, int32, int64, string } from '../schema/field.ts'
import { request, response, type Value } from '../schema/schema.ts'

export const InitProducerIdRequest = request(
  { key: 22, name: 'InitProducerIdRequest', versions: '0-6', flexible: '2+', latestVersionUnstable: true },
  () => ({
    transactionalId: string({ nullable: '0+' }),
    transactionTimeoutMs: int32(),
    producerId: int64({ versions: '3+', default: -1 }),
    producerEpoch: int16({ versions: '3+', default: -1 }),
    enable2Pc: bool({ versions: '6+' }),
    keepPreparedTxn: bool({ versions: '6+' }),
  }),
)
export type InitProducerIdRequest = Value<typeof InitProducerIdRequest>

export const InitProducerIdResponse = response(
  { key: 22, name: 'InitProducerIdResponse', versions: '0-6', flexible: '2+' },
  () => ({
    throttleTimeMs: int32(),
    errorCode: int16(),
    producerId: int64({ default: -1 }),
    producerEpoch: int16(),
    ongoingTxnProducerId: int64({ versions: '6+', default: -1 }),
    ongoingTxnProducerEpoch: int16({ versions: '6+', default: -1 }),
  }),
)
export type InitProducerIdResponse = Value<typeof InitProducerIdResponse>
