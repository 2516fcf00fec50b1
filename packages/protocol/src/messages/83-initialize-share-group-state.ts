/**
 * 83 InitializeShareGroupState, version 0, always flexible. A group coordinator has share state created.
 */

import { array, int16, int32, int64, string, struct, uuid } from '../schema/field.ts'
import { request, response, type Value } from '../schema/schema.ts'

export const InitializeShareGroupStateRequest = request(
  { key: 83, name: 'InitializeShareGroupStateRequest', versions: '0', flexible: '0+' },
  () => ({
    groupId: string(),
    topics: array(
      struct({
        topicId: uuid(),
        partitions: array(
          struct({
            partition: int32(),
            stateEpoch: int32(),
            startOffset: int64(),
          }),
        ),
      }),
    ),
  }),
)
export type InitializeShareGroupStateRequest = Value<typeof InitializeShareGroupStateRequest>

export const InitializeShareGroupStateResponse = response(
  { key: 83, name: 'InitializeShareGroupStateResponse', versions: '0', flexible: '0+' },
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
export type InitializeShareGroupStateResponse = Value<typeof InitializeShareGroupStateResponse>
