/**
 * 43 ElectLeaders, versions 0–2, flexible from 2. Elects leaders of partitions: the preferred ones, or any replica.
 *
 * - 1: unclean elections; an error for the whole answer
 * - 2: flexible
 */

import { array, int8, int16, int32, string, struct } from '../schema/field.ts'
import { request, response, type Value } from '../schema/schema.ts'

export const ElectLeadersRequest = request(
  { key: 43, name: 'ElectLeadersRequest', versions: '0-2', flexible: '2+' },
  () => ({
    electionType: int8({ versions: '1+' }),
    topicPartitions: array(
      struct({
        topic: string(),
        partitions: array(int32()),
      }),
      { nullable: '0+' },
    ),
    timeoutMs: int32({ default: 60000 }),
  }),
)
export type ElectLeadersRequest = Value<typeof ElectLeadersRequest>

export const ElectLeadersResponse = response(
  { key: 43, name: 'ElectLeadersResponse', versions: '0-2', flexible: '2+' },
  () => ({
    throttleTimeMs: int32(),
    errorCode: int16({ versions: '1+' }),
    replicaElectionResults: array(
      struct({
        topic: string(),
        partitionResult: array(
          struct({
            partitionId: int32(),
            errorCode: int16(),
            errorMessage: string({ nullable: '0+' }),
          }),
        ),
      }),
    ),
  }),
)
export type ElectLeadersResponse = Value<typeof ElectLeadersResponse>
