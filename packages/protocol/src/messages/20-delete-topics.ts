/**
 * 20 DeleteTopics, versions 0–6, flexible from 4. Deletes topics.
 * Versions below 1 are those of Kafka 2.4, for old clients.
 *
 * - 4: flexible
 * - 5: error messages
 * - 6: by topic id too
 */

import { array, int16, int32, string, struct, uuid } from '../schema/field.ts'
import { request, response, type Value } from '../schema/schema.ts'

export const DeleteTopicsRequest = request(
  { key: 20, name: 'DeleteTopicsRequest', versions: '0-6', flexible: '4+' },
  () => ({
    topics: array(
      struct({
        name: string({ nullable: '0+', default: null }),
        topicId: uuid(),
      }),
      { versions: '6+' },
    ),
    topicNames: array(string(), { versions: '0-5', ignorable: true }),
    timeoutMs: int32(),
  }),
)
export type DeleteTopicsRequest = Value<typeof DeleteTopicsRequest>

export const DeleteTopicsResponse = response(
  { key: 20, name: 'DeleteTopicsResponse', versions: '0-6', flexible: '4+' },
  () => ({
    throttleTimeMs: int32({ versions: '1+', ignorable: true }),
    responses: array(
      struct({
        name: string({ nullable: '6+' }),
        topicId: uuid({ versions: '6+', ignorable: true }),
        errorCode: int16(),
        errorMessage: string({ versions: '5+', nullable: '0+', default: null, ignorable: true }),
      }),
    ),
  }),
)
export type DeleteTopicsResponse = Value<typeof DeleteTopicsResponse>
