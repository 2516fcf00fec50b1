/**
 * 4 LeaderAndIsr, versions 0–4, flexible from 4. The controller tells a broker which partitions it leads and follows. Only in
 * clusters with ZooKeeper.
 * Kafka 4 has dropped it; its number stays taken. These are the versions of Kafka 2.4.
 */

import { array, bool, int16, int32, int64, string, struct } from '../schema/field.ts'
import { request, response, type Value } from '../schema/schema.ts'

const LeaderAndIsrPartitionState = struct({
  topicName: string({ versions: '0-1', ignorable: true }),
  partitionIndex: int32(),
  controllerEpoch: int32(),
  leader: int32(),
  leaderEpoch: int32(),
  isr: array(int32()),
  zkVersion: int32(),
  replicas: array(int32()),
  addingReplicas: array(int32(), { versions: '3+', ignorable: true }),
  removingReplicas: array(int32(), { versions: '3+', ignorable: true }),
  isNew: bool({ versions: '1+', ignorable: true }),
})

export const LeaderAndIsrRequest = request(
  { key: 4, name: 'LeaderAndIsrRequest', versions: '0-4', flexible: '4+' },
  () => ({
    controllerId: int32(),
    controllerEpoch: int32(),
    brokerEpoch: int64({ versions: '2+', default: -1, ignorable: true }),
    ungroupedPartitionStates: array(LeaderAndIsrPartitionState, { versions: '0-1' }),
    topicStates: array(
      struct({
        topicName: string(),
        partitionStates: array(LeaderAndIsrPartitionState),
      }),
      { versions: '2+' },
    ),
    liveLeaders: array(
      struct({
        brokerId: int32(),
        hostName: string(),
        port: int32(),
      }),
    ),
  }),
)
export type LeaderAndIsrRequest = Value<typeof LeaderAndIsrRequest>

export const LeaderAndIsrResponse = response(
  { key: 4, name: 'LeaderAndIsrResponse', versions: '0-4', flexible: '4+' },
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
export type LeaderAndIsrResponse = Value<typeof LeaderAndIsrResponse>
