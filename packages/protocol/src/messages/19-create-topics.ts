/**
 * 19 CreateTopics, versions 0–7, flexible from 5. Creates topics.
 * Versions below 2 are those of Kafka 2.4, for old clients.
 *
 * - 0: no validation without effect
 * - 1: validation only, error messages
 * - 4: defaults for partition count and replication factor
 * - 5: flexible; configs in the answer
 * - 7: topic ids in the answer
 */

import { array, bool, int8, int16, int32, string, struct, uuid } from '../schema/field.ts'
import { request, response, type Value } from '../schema/schema.ts'

export const CreateTopicsRequest = request(
  { key: 19, name: 'CreateTopicsRequest', versions: '0-7', flexible: '5+' },
  () => ({
    topics: array(
      struct({
        name: string(),
        numPartitions: int32(),
        replicationFactor: int16(),
        assignments: array(
          struct({
            partitionIndex: int32(),
            brokerIds: array(int32()),
          }),
        ),
        configs: array(
          struct({
            name: string(),
            value: string({ nullable: '0+' }),
          }),
        ),
      }),
    ),
    timeoutMs: int32({ default: 60000 }),
    validateOnly: bool({ versions: '1+' }),
  }),
)
export type CreateTopicsRequest = Value<typeof CreateTopicsRequest>

export const CreateTopicsResponse = response(
  { key: 19, name: 'CreateTopicsResponse', versions: '0-7', flexible: '5+' },
  () => ({
    throttleTimeMs: int32({ versions: '2+', ignorable: true }),
    topics: array(
      struct({
        name: string(),
        topicId: uuid({ versions: '7+', ignorable: true }),
        errorCode: int16(),
        errorMessage: string({ versions: '1+', nullable: '0+', ignorable: true }),
        topicConfigErrorCode: int16({ versions: '5+', tag: 0, ignorable: true }),
        numPartitions: int32({ versions: '5+', default: -1, ignorable: true }),
        replicationFactor: int16({ versions: '5+', default: -1, ignorable: true }),
        configs: array(
          struct({
            name: string(),
            value: string({ nullable: '0+' }),
            readOnly: bool(),
            configSource: int8({ default: -1, ignorable: true }),
            isSensitive: bool(),
          }),
          { versions: '5+', nullable: '0+', ignorable: true },
        ),
      }),
    ),
  }),
)
export type CreateTopicsResponse = Value<typeof CreateTopicsResponse>
