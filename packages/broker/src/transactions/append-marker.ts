/** The marker that ends a transaction on one partition, appended by its leader. */
import type { PartitionMarker } from '@ottla/coordinator'
import type { AppendResult } from '@ottla/log'
import { ControlRecordType, transactionMarkerBatch } from '@ottla/protocol'
import type { Replica } from '../replica/replica.ts'

/** The replica leads its partition, and is ready. Nobody who was verified before may begin a transaction after it. */
export function appendMarker(replica: Replica, marker: PartitionMarker, timestampMs: number): AppendResult {
  const { producerId, producerEpoch, coordinatorEpoch, transactionVersion, outcome } = marker
  const batch = transactionMarkerBatch({
    type: ControlRecordType[outcome],
    producerId,
    producerEpoch,
    coordinatorEpoch,
    timestamp: timestampMs,
  })
  const result = replica.append(batch, { origin: 'coordinator', transactionVersion })
  if (result.kind === 'appended') replica.guards.clear(producerId)
  return result
}
