/**
 * 86 DeleteShareGroupState, version 0, always flexible. A group coordinator has share state deleted.
 */

import { array, int16, int32, string, struct, uuid } from '../schema/field.ts'
import { request, response, type Value } from '../schema/schema.ts'

export const DeleteShareGroupStateRequest = request(
  { key: 86, name: 'DeleteShareGroupStateRequest', versions: '0', flexible: '0+' },
  () => ({
    groupId: string(),
    topics: array(
      struct({
        topicId: uuid(),
        partitions: array(
          struct({
            partition: int32(),
          }),
        ),
      }),
    ),
  }),
)
export type DeleteShareGroupStateRequest = Value<typeof DeleteShareGroupStateRequest>

export const DeleteShareGroupStateResponse = response(
  { key: 86, name: 'DeleteShareGroupStateResponse', versions: '0', flexible: '0+' },
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
export type DeleteShareGroupStateResponse = Value<typeof DeleteShareGroupStateResponse>
