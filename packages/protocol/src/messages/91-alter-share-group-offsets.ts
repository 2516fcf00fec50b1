/**
 * 91 AlterShareGroupOffsets, version 0, always flexible. Sets the start offsets of a share group.
 */

import { array, int16, int32, int64, string, struct, uuid } from '../schema/field.ts'
import { request, response, type Value } from '../schema/schema.ts'

export const AlterShareGroupOffsetsRequest = request(
  { key: 91, name: 'AlterShareGroupOffsetsRequest', versions: '0', flexible: '0+' },
  () => ({
    groupId: string(),
    topics: array(
      struct({
        topicName: string(),
        partitions: array(
          struct({
            partitionIndex: int32(),
            startOffset: int64(),
          }),
        ),
      }),
    ),
  }),
)
export type AlterShareGroupOffsetsRequest = Value<typeof AlterShareGroupOffsetsRequest>

export const AlterShareGroupOffsetsResponse = response(
  { key: 91, name: 'AlterShareGroupOffsetsResponse', versions: '0', flexible: '0+' },
  () => ({
    throttleTimeMs: int32(),
    errorCode: int16(),
    errorMessage: string({ nullable: '0+', default: null }),
    responses: array(
      struct({
        topicName: string(),
        topicId: uuid(),
        partitions: array(
          struct({
            partitionIndex: int32(),
            errorCode: int16(),
            errorMessage: string({ nullable: '0+', default: null }),
          }),
        ),
      }),
    ),
  }),
)
export type AlterShareGroupOffsetsResponse = Value<typeof AlterShareGroupOffsetsResponse>
