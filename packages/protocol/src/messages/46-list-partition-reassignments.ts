/**
 * 46 ListPartitionReassignments, version 0, always flexible. Lists reassignments under way.
 */

import { array, int16, int32, string, struct } from '../schema/field.ts'
import { request, response, type Value } from '../schema/schema.ts'

export const ListPartitionReassignmentsRequest = request(
  { key: 46, name: 'ListPartitionReassignmentsRequest', versions: '0', flexible: '0+' },
  () => ({
    timeoutMs: int32({ default: 60000 }),
    topics: array(
      struct({
        name: string(),
        partitionIndexes: array(int32()),
      }),
      { nullable: '0+', default: null },
    ),
  }),
)
export type ListPartitionReassignmentsRequest = Value<typeof ListPartitionReassignmentsRequest>

export const ListPartitionReassignmentsResponse = response(
  { key: 46, name: 'ListPartitionReassignmentsResponse', versions: '0', flexible: '0+' },
  () => ({
    throttleTimeMs: int32(),
    errorCode: int16(),
    errorMessage: string({ nullable: '0+' }),
    topics: array(
      struct({
        name: string(),
        partitions: array(
          struct({
            partitionIndex: int32(),
            replicas: array(int32()),
            addingReplicas: array(int32()),
            removingReplicas: array(int32()),
          }),
        ),
      }),
    ),
  }),
)
export type ListPartitionReassignmentsResponse = Value<typeof ListPartitionReassignmentsResponse>
