/**
 * 37 CreatePartitions, versions 0–3, flexible from 2. Raises the number of partitions of topics.
 */

import { array, bool, int16, int32, string, struct } from '../schema/field.ts'
import { request, response, type Value } from '../schema/schema.ts'

export const CreatePartitionsRequest = request(
  { key: 37, name: 'CreatePartitionsRequest', versions: '0-3', flexible: '2+' },
  () => ({
    topics: array(
      struct({
        name: string(),
        count: int32(),
        assignments: array(
          struct({
            brokerIds: array(int32()),
          }),
          { nullable: '0+' },
        ),
      }),
    ),
    timeoutMs: int32(),
    validateOnly: bool(),
  }),
)
export type CreatePartitionsRequest = Value<typeof CreatePartitionsRequest>

export const CreatePartitionsResponse = response(
  { key: 37, name: 'CreatePartitionsResponse', versions: '0-3', flexible: '2+' },
  () => ({
    throttleTimeMs: int32(),
    results: array(
      struct({
        name: string(),
        errorCode: int16(),
        errorMessage: string({ nullable: '0+', default: null }),
      }),
    ),
  }),
)
export type CreatePartitionsResponse = Value<typeof CreatePartitionsResponse>
