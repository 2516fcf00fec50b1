/**
 * 45 AlterPartitionReassignments, versions 0–1, always flexible. Starts and cancels reassignments of partitions.
 *
 * - 1: the replication factor may be kept from changing
 */

import { array, bool, int16, int32, string, struct } from '../schema/field.ts'
import { request, response, type Value } from '../schema/schema.ts'

export const AlterPartitionReassignmentsRequest = request(
  { key: 45, name: 'AlterPartitionReassignmentsRequest', versions: '0-1', flexible: '0+' },
  () => ({
    timeoutMs: int32({ default: 60000 }),
    allowReplicationFactorChange: bool({ versions: '1+', default: true }),
    topics: array(
      struct({
        name: string(),
        partitions: array(
          struct({
            partitionIndex: int32(),
            replicas: array(int32(), { nullable: '0+', default: null }),
          }),
        ),
      }),
    ),
  }),
)
export type AlterPartitionReassignmentsRequest = Value<typeof AlterPartitionReassignmentsRequest>

export const AlterPartitionReassignmentsResponse = response(
  { key: 45, name: 'AlterPartitionReassignmentsResponse', versions: '0-1', flexible: '0+' },
  () => ({
    throttleTimeMs: int32(),
    allowReplicationFactorChange: bool({ versions: '1+', default: true, ignorable: true }),
    errorCode: int16(),
    errorMessage: string({ nullable: '0+' }),
    responses: array(
      struct({
        name: string(),
        partitions: array(
          struct({
            partitionIndex: int32(),
            errorCode: int16(),
            errorMessage: string({ nullable: '0+' }),
          }),
        ),
      }),
    ),
  }),
)
export type AlterPartitionReassignmentsResponse = Value<typeof AlterPartitionReassignmentsResponse>
