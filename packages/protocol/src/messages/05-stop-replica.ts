/**
 * 5 StopReplica, versions 0–2, flexible from 2. The controller tells a broker to stop replicas, or to delete them. Only in
 * clusters with ZooKeeper.
 * Kafka 4 has dropped it; its number stays taken. These are the versions of Kafka 2.4.
 */

import { array, bool, int16, int32, int64, string, struct } from '../schema/field.ts'
import { request, response, type Value } from '../schema/schema.ts'

export const StopReplicaRequest = request(
  { key: 5, name: 'StopReplicaRequest', versions: '0-2', flexible: '2+' },
  () => ({
    controllerId: int32(),
    controllerEpoch: int32(),
    brokerEpoch: int64({ versions: '1+', default: -1, ignorable: true }),
    deletePartitions: bool(),
    ungroupedPartitions: array(
      struct({
        topicName: string(),
        partitionIndex: int32(),
      }),
      { versions: '0' },
    ),
    topics: array(
      struct({
        name: string(),
        partitionIndexes: array(int32()),
      }),
      { versions: '1+' },
    ),
  }),
)
export type StopReplicaRequest = Value<typeof StopReplicaRequest>

export const StopReplicaResponse = response(
  { key: 5, name: 'StopReplicaResponse', versions: '0-2', flexible: '2+' },
  () => ({
    errorCode: int16(),
    partitionErrors: array(
      struct({
        topicName: string(),
        partitionIndex: int32(),
        errorCode: int16(),
      }),
    ),
  }),
)
export type StopReplicaResponse = Value<typeof StopReplicaResponse>
