/** A coordinator's writes to its partition: each call one batch, appended by the leader's replica. */
import type { AppendOptions, NewRecord, PartitionMarker, PartitionWriter } from '@ottla/coordinator'
import type { AppendResult } from '@ottla/log'
import { ApiError, BatchBuilder, ErrorCode, HEADER_BYTES, maxSizeOfRecord } from '@ottla/protocol'
import type { Replica } from '../replica/replica.ts'
import { appendMarker } from '../transactions/append-marker.ts'

export class ReplicaWriter implements PartitionWriter {
  readonly #replica: Replica
  readonly #epoch: number

  /** Writes in leader epoch `epoch` and in no other. */
  constructor(replica: Replica, epoch: number) {
    this.#replica = replica
    this.#epoch = epoch
  }

  append(records: readonly NewRecord[], { timestampMs, producer }: AppendOptions): number {
    const replica = this.#servingReplica()
    let initialBytes = HEADER_BYTES
    for (const record of records) initialBytes += maxSizeOfRecord(record)
    const batch = new BatchBuilder({
      timestamp: timestampMs,
      initialBytes,
      ...(producer === undefined
        ? undefined
        : { producerId: producer.id, producerEpoch: producer.epoch, transactional: true }),
    })
    for (const record of records) batch.append(record)
    const end = endOf(replica.append(batch.build(), { origin: 'coordinator' }))
    if (producer !== undefined) replica.guards.clear(producer.id)
    return end
  }

  appendMarker(marker: PartitionMarker, { timestampMs }: Pick<AppendOptions, 'timestampMs'>): number {
    return endOf(appendMarker(this.#servingReplica(), marker, timestampMs))
  }

  #servingReplica(): Replica {
    const replica = this.#replica
    const error = replica.leaderError(-1)
    if (error !== ErrorCode.NONE || replica.leaderEpoch !== this.#epoch) {
      throw new ApiError(error === ErrorCode.KAFKA_STORAGE_ERROR ? error : ErrorCode.NOT_LEADER_OR_FOLLOWER)
    }
    if (replica.image.isr.length < replica.minInsyncReplicas) throw new ApiError(ErrorCode.NOT_ENOUGH_REPLICAS)
    return replica
  }

  deleteRecordsBefore(offset: number): void {
    const replica = this.#replica
    if (replica.leaderError(-1) === ErrorCode.NONE && replica.leaderEpoch === this.#epoch)
      replica.log.deleteRecordsBefore(offset)
  }
}

function endOf(result: AppendResult): number {
  if (result.kind === 'rejected') throw new ApiError(result.error, result.message)
  return result.lastOffset + 1
}
