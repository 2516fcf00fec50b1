/**
 * What a consumer is given in a classic group. Follows two bytes of version. Versions 0–3, never flexible.
 */

import { array, bytes, int32, string, struct } from '../schema/field.ts'
import { data, type Value } from '../schema/schema.ts'

export const ConsumerProtocolAssignment = data({ name: 'ConsumerProtocolAssignment', versions: '0-3' }, () => ({
  assignedPartitions: array(
    struct({
      topic: string(),
      partitions: array(int32()),
    }),
  ),
  userData: bytes({ nullable: '0+', default: null }),
}))
export type ConsumerProtocolAssignment = Value<typeof ConsumerProtocolAssignment>
