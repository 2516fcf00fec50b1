/**
 * 67 AllocateProducerIds, version 0, always flexible. Gives a broker a block of producer ids.
 */

import { int16, int32, int64 } from '../schema/field.ts'
import { request, response, type Value } from '../schema/schema.ts'

export const AllocateProducerIdsRequest = request(
  { key: 67, name: 'AllocateProducerIdsRequest', versions: '0', flexible: '0+' },
  () => ({
    brokerId: int32(),
    brokerEpoch: int64({ default: -1 }),
  }),
)
export type AllocateProducerIdsRequest = Value<typeof AllocateProducerIdsRequest>

export const AllocateProducerIdsResponse = response(
  { key: 67, name: 'AllocateProducerIdsResponse', versions: '0', flexible: '0+' },
  () => ({
    throttleTimeMs: int32(),
    errorCode: int16(),
    producerIdStart: int64(),
    producerIdLen: int32(),
  }),
)
export type AllocateProducerIdsResponse = Value<typeof AllocateProducerIdsResponse>
