/**
 * The value of a commit or abort marker. Version 0, never flexible.
 */

import { int32 } from '../../schema/field.ts'
import { data, type Value } from '../../schema/schema.ts'

export const EndTxnMarker = data({ name: 'EndTxnMarker', versions: '0' }, () => ({
  coordinatorEpoch: int32(),
}))
export type EndTxnMarker = Value<typeof EndTxnMarker>
