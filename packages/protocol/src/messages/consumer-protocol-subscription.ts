/**
 * What a consumer says of itself when it joins a classic group. Follows two bytes of version. Versions 0–3, never flexible.
 */

import { array, bytes, int32, string, struct } from '../schema/field.ts'
import { data, type Value } from '../schema/schema.ts'

export const ConsumerProtocolSubscription = data({ name: 'ConsumerProtocolSubscription', versions: '0-3' }, () => ({
  topics: array(string()),
  userData: bytes({ nullable: '0+', default: null }),
  ownedPartitions: array(
    struct({
      topic: string(),
      partitions: array(int32()),
    }),
    { versions: '1+', ignorable: true },
  ),
  generationId: int32({ versions: '2+', default: -1, ignorable: true }),
  rackId: string({ versions: '3+', nullable: '0+', default: null, ignorable: true }),
}))
export type ConsumerProtocolSubscription = Value<typeof ConsumerProtocolSubscription>
