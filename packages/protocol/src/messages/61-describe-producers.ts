/**
 * 61 DescribeProducers, version 0, always flexible. Describes the active producers of partitions.
 */

import { array, int16, int32, int64, string, struct } from '../schema/field.ts'
import { request, response, type Value } from '../schema/schema.ts'

export const DescribeProducersRequest = request(
  { key: 61, name: 'DescribeProducersRequest', versions: '0', flexible: '0+' },
  () => ({
    topics: array(
      struct({
        name: string(),
        partitionIndexes: array(int32()),
      }),
    ),
  }),
)
export type DescribeProducersRequest = Value<typeof DescribeProducersRequest>

export const DescribeProducersResponse = response(
  { key: 61, name: 'DescribeProducersResponse', versions: '0', flexible: '0+' },
  () => ({
    throttleTimeMs: int32(),
    topics: array(
      struct({
        name: string(),
        partitions: array(
          struct({
            partitionIndex: int32(),
            errorCode: int16(),
            errorMessage: string({ nullable: '0+', default: null }),
            activeProducers: array(
              struct({
                producerId: int64(),
                producerEpoch: int32(),
                lastSequence: int32({ default: -1 }),
                lastTimestamp: int64({ default: -1 }),
                coordinatorEpoch: int32(),
                currentTxnStartOffset: int64({ default: -1 }),
              }),
            ),
          }),
        ),
      }),
    ),
  }),
)
export type DescribeProducersResponse = Value<typeof DescribeProducersResponse>
