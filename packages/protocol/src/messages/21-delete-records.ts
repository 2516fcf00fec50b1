/**
 * 21 DeleteRecords, versions 0–2, flexible from 2. Moves the log start offset of partitions forward.
 */

import { array, int16, int32, int64, string, struct } from '../schema/field.ts'
import { request, response, type Value } from '../schema/schema.ts'

export const DeleteRecordsRequest = request(
  { key: 21, name: 'DeleteRecordsRequest', versions: '0-2', flexible: '2+' },
  () => ({
    topics: array(
      struct({
        name: string(),
        partitions: array(
          struct({
            partitionIndex: int32(),
            offset: int64(),
          }),
        ),
      }),
    ),
    timeoutMs: int32(),
  }),
)
export type DeleteRecordsRequest = Value<typeof DeleteRecordsRequest>

export const DeleteRecordsResponse = response(
  { key: 21, name: 'DeleteRecordsResponse', versions: '0-2', flexible: '2+' },
  () => ({
    throttleTimeMs: int32(),
    topics: array(
      struct({
        name: string(),
        partitions: array(
          struct({
            partitionIndex: int32(),
            lowWatermark: int64(),
            errorCode: int16(),
          }),
        ),
      }),
    ),
  }),
)
export type DeleteRecordsResponse = Value<typeof DeleteRecordsResponse>
