/**
 * 34 AlterReplicaLogDirs, versions 0–2, flexible from 2. Moves replicas between the log directories of a broker.
 * Versions below 1 are those of Kafka 2.4, for old clients.
 */

import { array, int16, int32, string, struct } from '../schema/field.ts'
import { request, response, type Value } from '../schema/schema.ts'

export const AlterReplicaLogDirsRequest = request(
  { key: 34, name: 'AlterReplicaLogDirsRequest', versions: '0-2', flexible: '2+' },
  () => ({
    dirs: array(
      struct({
        path: string(),
        topics: array(
          struct({
            name: string(),
            partitions: array(int32()),
          }),
        ),
      }),
    ),
  }),
)
export type AlterReplicaLogDirsRequest = Value<typeof AlterReplicaLogDirsRequest>

export const AlterReplicaLogDirsResponse = response(
  { key: 34, name: 'AlterReplicaLogDirsResponse', versions: '0-2', flexible: '2+' },
  () => ({
    throttleTimeMs: int32(),
    results: array(
      struct({
        topicName: string(),
        partitions: array(
          struct({
            partitionIndex: int32(),
            errorCode: int16(),
          }),
        ),
      }),
    ),
  }),
)
export type AlterReplicaLogDirsResponse = Value<typeof AlterReplicaLogDirsResponse>
