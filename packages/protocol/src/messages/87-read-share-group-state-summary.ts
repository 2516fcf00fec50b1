/**
 * 87 ReadShareGroupStateSummary, versions 0–1, always flexible. A group coordinator reads the summary of share state.
 *
 * - 1: count of finished deliveries
 */

import { array, int16, int32, int64, string, struct, uuid } from '../schema/field.ts'
import { request, response, type Value } from '../schema/schema.ts'

export const ReadShareGroupStateSummaryRequest = request(
  { key: 87, name: 'ReadShareGroupStateSummaryRequest', versions: '0-1', flexible: '0+' },
  () => ({
    groupId: string(),
    topics: array(
      struct({
        topicId: uuid(),
        partitions: array(
          struct({
            partition: int32(),
            leaderEpoch: int32(),
          }),
        ),
      }),
    ),
  }),
)
export type ReadShareGroupStateSummaryRequest = Value<typeof ReadShareGroupStateSummaryRequest>

export const ReadShareGroupStateSummaryResponse = response(
  { key: 87, name: 'ReadShareGroupStateSummaryResponse', versions: '0-1', flexible: '0+' },
  () => ({
    results: array(
      struct({
        topicId: uuid(),
        partitions: array(
          struct({
            partition: int32(),
            errorCode: int16(),
            errorMessage: string({ nullable: '0+', default: null }),
            stateEpoch: int32(),
            leaderEpoch: int32(),
            startOffset: int64(),
            deliveryCompleteCount: int32({ versions: '1+', default: -1, ignorable: true }),
          }),
        ),
      }),
    ),
  }),
)
export type ReadShareGroupStateSummaryResponse = Value<typeof ReadShareGroupStateSummaryResponse>
