/**
 * One entry of a .txnindex file: an aborted transaction of a segment. Version 0, never flexible.
 */

import { int64 } from '../../schema/field.ts'
import { data, type Value } from '../../schema/schema.ts'

export const AbortedTxn = data({ name: 'AbortedTxn', versions: '0' }, () => ({
  producerId: int64(),
  firstOffset: int64(),
  lastOffset: int64(),
  lastStableOffset: int64(),
}))
export type AbortedTxn = Value<typeof AbortedTxn>
