/**
 * 56 AlterPartition, versions 2–3, always flexible. A partition leader proposes in-sync replicas to the controller.
 *
 * - 2: topic ids, recovery state
 * - 3: broker epochs of the replicas
 */

import { array, int8, int16, int32, int64, struct, uuid } from '../schema/field.ts'
import { request, response, type Value } from '../schema/schema.ts'

export const AlterPartitionRequest = request(
  { key: 56, name: 'AlterPartitionRequest', versions: '2-3', flexible: '2+' },
  () => ({
    brokerId: int32(),
    brokerEpoch: int64({ default: -1 }),
    topics: array(
      struct({
        topicId: uuid(),
        partitions: array(
          struct({
            partitionIndex: int32(),
            leaderEpoch: int32(),
            newIsr: array(int32(), { versions: '2' }),
            newIsrWithEpochs: array(
              struct({
                brokerId: int32(),
                brokerEpoch: int64({ default: -1 }),
              }),
              { versions: '3+' },
            ),
            leaderRecoveryState: int8(),
            partitionEpoch: int32(),
          }),
        ),
      }),
    ),
  }),
)
export type AlterPartitionRequest = Value<typeof AlterPartitionRequest>

export const AlterPartitionResponse = response(
  { key: 56, name: 'AlterPartitionResponse', versions: '2-3', flexible: '2+' },
  () => ({
    throttleTimeMs: int32(),
    errorCode: int16(),
    topics: array(
      struct({
        topicId: uuid(),
        partitions: array(
          struct({
            partitionIndex: int32(),
            errorCode: int16(),
            leaderId: int32(),
            leaderEpoch: int32(),
            isr: array(int32()),
            leaderRecoveryState: int8(),
            partitionEpoch: int32(),
          }),
        ),
      }),
    ),
  }),
)
export type AlterPartitionResponse = Value<typeof AlterPartitionResponse>
