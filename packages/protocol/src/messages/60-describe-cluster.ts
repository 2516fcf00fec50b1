/**
 * 60 DescribeCluster, versions 0–2, always flexible. Describes the cluster: its id, controller and brokers.
 *
 * - 1: controllers in place of brokers, on demand
 * - 2: fenced brokers, on demand
 */

import { array, bool, int8, int16, int32, string, struct } from '../schema/field.ts'
import { request, response, type Value } from '../schema/schema.ts'

export const DescribeClusterRequest = request(
  { key: 60, name: 'DescribeClusterRequest', versions: '0-2', flexible: '0+' },
  () => ({
    includeClusterAuthorizedOperations: bool(),
    endpointType: int8({ versions: '1+', default: 1 }),
    includeFencedBrokers: bool({ versions: '2+' }),
  }),
)
export type DescribeClusterRequest = Value<typeof DescribeClusterRequest>

export const DescribeClusterResponse = response(
  { key: 60, name: 'DescribeClusterResponse', versions: '0-2', flexible: '0+' },
  () => ({
    throttleTimeMs: int32(),
    errorCode: int16(),
    errorMessage: string({ nullable: '0+', default: null }),
    endpointType: int8({ versions: '1+', default: 1 }),
    clusterId: string(),
    controllerId: int32({ default: -1 }),
    brokers: array(
      struct({
        brokerId: int32(),
        host: string(),
        port: int32(),
        rack: string({ nullable: '0+', default: null }),
        isFenced: bool({ versions: '2+' }),
      }),
    ),
    clusterAuthorizedOperations: int32({ default: -2147483648 }),
  }),
)
export type DescribeClusterResponse = Value<typeof DescribeClusterResponse>
