/**
 * The producers of a partition, as the .snapshot file keeps them. Version 1, never flexible.
 */

import { array, int16, int32, int64, struct, uint32 } from '../../schema/field.ts'
import { data, type Value } from '../../schema/schema.ts'

export const ProducerSnapshot = data({ name: 'ProducerSnapshot', versions: '1' }, () => ({
  crc: uint32(),
  producerEntries: array(
    struct({
      producerId: int64(),
      epoch: int16(),
      lastSequence: int32(),
      lastOffset: int64(),
      offsetDelta: int32(),
      timestamp: int64(),
      coordinatorEpoch: int32(),
      currentTxnFirstOffset: int64(),
    }),
  ),
}))
export type ProducerSnapshot = Value<typeof ProducerSnapshot>
