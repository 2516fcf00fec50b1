/**
 * 6 UpdateMetadata, versions 0–6, flexible from 6. The controller pushes brokers and partition states to a broker. Only in
 * clusters with ZooKeeper.
 * Kafka 4 has dropped it; its number stays taken. These are the versions of Kafka 2.4.
 */

import { array, int16, int32, int64, string, struct } from '../schema/field.ts'
import { request, response, type Value } from '../schema/schema.ts'

const UpdateMetadataPartitionState = struct({
  topicName: string({ versions: '0-4', ignorable: true }),
  partitionIndex: int32(),
  controllerEpoch: int32(),
  leader: int32(),
  leaderEpoch: int32(),
  isr: array(int32()),
  zkVersion: int32(),
  replicas: array(int32()),
  offlineReplicas: array(int32(), { versions: '4+', ignorable: true }),
})

export const UpdateMetadataRequest = request(
  { key: 6, name: 'UpdateMetadataRequest', versions: '0-6', flexible: '6+' },
  () => ({
    controllerId: int32(),
    controllerEpoch: int32(),
    brokerEpoch: int64({ versions: '5+', default: -1, ignorable: true }),
    ungroupedPartitionStates: array(UpdateMetadataPartitionState, { versions: '0-4' }),
    topicStates: array(
      struct({
        topicName: string(),
        partitionStates: array(UpdateMetadataPartitionState),
      }),
      { versions: '5+' },
    ),
    liveBrokers: array(
      struct({
        id: int32(),
        v0Host: string({ versions: '0', ignorable: true }),
        v0Port: int32({ versions: '0', ignorable: true }),
        endpoints: array(
          struct({
            port: int32(),
            host: string(),
            listener: string({ versions: '3+', ignorable: true }),
            securityProtocol: int16(),
          }),
          { versions: '1+', ignorable: true },
        ),
        rack: string({ versions: '2+', nullable: '0+', ignorable: true }),
      }),
    ),
  }),
)
export type UpdateMetadataRequest = Value<typeof UpdateMetadataRequest>

export const UpdateMetadataResponse = response(
  { key: 6, name: 'UpdateMetadataResponse', versions: '0-6', flexible: '6+' },
  () => ({
    errorCode: int16(),
  }),
)
export type UpdateMetadataResponse = Value<typeof UpdateMetadataResponse>
