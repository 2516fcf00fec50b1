/**
 * 25 AddOffsetsToTxn, versions 0–4, flexible from 3. Adds the offsets partition of a group to a transaction.
 */

import { int16, int32, int64, string } from '../schema/field.ts'
import { request, response, type Value } from '../schema/schema.ts'

export const AddOffsetsToTxnRequest = request(
  { key: 25, name: 'AddOffsetsToTxnRequest', versions: '0-4', flexible: '3+' },
  () => ({
    transactionalId: string(),
    producerId: int64(),
    producerEpoch: int16(),
    groupId: string(),
  }),
)
export type AddOffsetsToTxnRequest = Value<typeof AddOffsetsToTxnRequest>

export const AddOffsetsToTxnResponse = response(
  { key: 25, name: 'AddOffsetsToTxnResponse', versions: '0-4', flexible: '3+' },
  () => ({
    throttleTimeMs: int32(),
    errorCode: int16(),
  }),
)
export type AddOffsetsToTxnResponse = Value<typeof AddOffsetsToTxnResponse>
