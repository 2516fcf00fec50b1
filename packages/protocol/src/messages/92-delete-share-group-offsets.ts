/**
 * 92 DeleteShareGroupOffsets, version 0, always flexible. Deletes offsets of a share group.
 */

import { array, int16, int32, string, struct, uuid } from '../schema/field.ts'
import { request, response, type Value } from '../schema/schema.ts'

export const DeleteShareGroupOffsetsRequest = request(
  { key: 92, name: 'DeleteShareGroupOffsetsRequest', versions: '0', flexible: '0+' },
  () => ({
    groupId: string(),
    topics: array(
      struct({
        topicName: string(),
      }),
    ),
  }),
)
export type DeleteShareGroupOffsetsRequest = Value<typeof DeleteShareGroupOffsetsRequest>

export const DeleteShareGroupOffsetsResponse = response(
  { key: 92, name: 'DeleteShareGroupOffsetsResponse', versions: '0', flexible: '0+' },
  () => ({
    throttleTimeMs: int32(),
    errorCode: int16(),
    errorMessage: string({ nullable: '0+', default: null }),
    responses: array(
      struct({
        topicName: string(),
        topicId: uuid(),
        errorCode: int16(),
        errorMessage: string({ nullable: '0+', default: null }),
      }),
    ),
  }),
)
export type DeleteShareGroupOffsetsResponse = Value<typeof DeleteShareGroupOffsetsResponse>
