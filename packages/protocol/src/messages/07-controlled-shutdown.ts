/**
 * 7 ControlledShutdown, versions 0–3, flexible from 3. A broker asks the controller to move its leaderships away. Only in
 * clusters with ZooKeeper.
 * Kafka 4 has dropped it; its number stays taken. These are the versions of Kafka 2.4.
 */

import { array, int16, int32, int64, string, struct } from '../schema/field.ts'
import { request, response, type Value } from '../schema/schema.ts'

export const ControlledShutdownRequest = request(
  { key: 7, name: 'ControlledShutdownRequest', versions: '0-3', flexible: '3+' },
  () => ({
    brokerId: int32(),
    brokerEpoch: int64({ versions: '2+', default: -1, ignorable: true }),
  }),
)
export type ControlledShutdownRequest = Value<typeof ControlledShutdownRequest>

export const ControlledShutdownResponse = response(
  { key: 7, name: 'ControlledShutdownResponse', versions: '0-3', flexible: '3+' },
  () => ({
    errorCode: int16(),
    remainingPartitions: array(
      struct({
        topicName: string(),
        partitionIndex: int32(),
      }),
    ),
  }),
)
export type ControlledShutdownResponse = Value<typeof ControlledShutdownResponse>
