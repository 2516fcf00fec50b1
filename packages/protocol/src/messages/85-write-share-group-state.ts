/**
 * 85 WriteShareGroupState, versions 0–1, always flexible. A partition leader writes share state.
 *
 * - 1: count of finished deliveries
 */

import { array, int8, int16, int32, int64, string, struct, uuid } from '../schema/field.ts'
import { request, response, type Value } from '../schema/schema.ts'

export const WriteShareGroupStateRequest = request(
  { key: 85, name: 'WriteShareGroupStateRequest', versions: '0-1', flexible: '0+' },
  () => ({
    groupId: string(),
    topics: array(
      struct({
        topicId: uuid(),
        partitions: array(
          struct({
            partition: int32(),
            stateEpoch: int32(),
            leaderEpoch: int32(),
            startOffset: int64(),
            deliveryCompleteCount: int32({ versions: '1+', default: -1, ignorable: true }),
            stateBatches: array(
              struct({
                firstOffset: int64(),
                lastOffset: int64(),
                deliveryState: int8(),
                deliveryCount: int16(),
              }),
            ),
          }),
        ),
      }),
    ),
  }),
)
export type WriteShareGroupStateRequest = Value<typeof WriteShareGroupStateRequest>

export const WriteShareGroupStateResponse = response(
  { key: 85, name: 'WriteShareGroupStateResponse', versions: '0-1', flexible: '0+' },
  () => ({
    results: array(
      struct({
        topicId: uuid(),
        partitions: array(
          struct({
            partition: int32(),
            errorCode: int16(),
            errorMessage: string({ nullable: '0+', default: null }),
          }),
        ),
      }),
    ),
  }),
)
export type WriteShareGroupStateResponse = Value<typeof WriteShareGroupStateResponse>
