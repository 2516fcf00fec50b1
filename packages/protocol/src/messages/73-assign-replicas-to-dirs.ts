/**
 * 73 AssignReplicasToDirs, version 0, always flexible. A broker reports in which log directories its replicas are.
 */

import { array, int16, int32, int64, struct, uuid } from '../schema/field.ts'
import { request, response, type Value } from '../schema/schema.ts'

export const AssignReplicasToDirsRequest = request(
  { key: 73, name: 'AssignReplicasToDirsRequest', versions: '0', flexible: '0+' },
  () => ({
    brokerId: int32(),
    brokerEpoch: int64({ default: -1 }),
    directories: array(
      struct({
        id: uuid(),
        topics: array(
          struct({
            topicId: uuid(),
            partitions: array(
              struct({
                partitionIndex: int32(),
              }),
            ),
          }),
        ),
      }),
    ),
  }),
)
export type AssignReplicasToDirsRequest = Value<typeof AssignReplicasToDirsRequest>

export const AssignReplicasToDirsResponse = response(
  { key: 73, name: 'AssignReplicasToDirsResponse', versions: '0', flexible: '0+' },
  () => ({
    throttleTimeMs: int32(),
    errorCode: int16(),
    directories: array(
      struct({
        id: uuid(),
        topics: array(
          struct({
            topicId: uuid(),
            partitions: array(
              struct({
                partitionIndex: int32(),
                errorCode: int16(),
              }),
            ),
          }),
        ),
      }),
    ),
  }),
)
export type AssignReplicasToDirsResponse = Value<typeof AssignReplicasToDirsResponse>
