/**
 * 47 OffsetDelete, version 0, never flexible. Deletes committed offsets of a group.
 */

import { array, int16, int32, string, struct } from '../schema/field.ts'
import { request, response, type Value } from '../schema/schema.ts'

export const OffsetDeleteRequest = request({ key: 47, name: 'OffsetDeleteRequest', versions: '0' }, () => ({
  groupId: string(),
  topics: array(
    struct({
      name: string(),
      partitions: array(
        struct({
          partitionIndex: int32(),
        }),
      ),
    }),
  ),
}))
export type OffsetDeleteRequest = Value<typeof OffsetDeleteRequest>

export const OffsetDeleteResponse = response({ key: 47, name: 'OffsetDeleteResponse', versions: '0' }, () => ({
  errorCode: int16(),
  throttleTimeMs: int32(),
  topics: array(
    struct({
      name: string(),
      partitions: array(
        struct({
          partitionIndex: int32(),
          errorCode: int16(),
        }),
      ),
    }),
  ),
}))
export type OffsetDeleteResponse = Value<typeof OffsetDeleteResponse>
