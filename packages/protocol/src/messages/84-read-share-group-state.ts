/**
 * 84 ReadShareGroupState, version 0, always flexible. A partition leader reads share state.
 */

import { array, int8, int16, int32, int64, string, struct, uuid } from '../schema/field.ts'
import { request, response, type Value } from '../schema/schema.ts'

export const ReadShareGroupStateRequest = request(
  { key: 84, name: 'ReadShareGroupStateRequest', versions: '0', flexible: '0+' },
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
export type ReadShareGroupStateRequest = Value<typeof ReadShareGroupStateRequest>

export const ReadShareGroupStateResponse = response(
  { key: 84, name: 'ReadShareGroupStateResponse', versions: '0', flexible: '0+' },
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
            startOffset: int64(),
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
export type ReadShareGroupStateResponse = Value<typeof ReadShareGroupStateResponse>
