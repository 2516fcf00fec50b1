/** A coordinator's writes to its partition: each call one batch, appended by the leader's replica. */
import type { AppendOptions, NewRecord, PartitionWriter } from '@ottla/coordinator'
import { ApiError, BatchBuilder, ErrorCode } from '@ottla/protocol'
import type { Replica } from '../replica/replica.ts'

export class ReplicaWriter implements PartitionWriter {
  readonly #replica: Replica
  readonly #epoch: number

  /** Writes in leader epoch `epoch` and in no other. */
  constructor(replica: Replica, epoch: number) {
    this.#replica = replica
    this.#epoch = epoch
  }

  append(records: readonly NewRecord[], { timestampMs, producer }: AppendOptions): number {
    const replica = this.#replica
    const error = replica.leaderError(-1)
    if (error !== ErrorCode.NONE || replica.leaderEpoch !== this.#epoch) {
      throw new ApiError(error === ErrorCode.KAFKA_STORAGE_ERROR ? error : ErrorCode.NOT_LEADER_OR_FOLLOWER)
    }
    if (replica.image.isr.length < replica.minInsyncReplicas) throw new ApiError(ErrorCode.NOT_ENOUGH_REPLICAS)
    const batch = new BatchBuilder({
      timestamp: timestampMs,
      ...(producer === undefined
        ? undefined
        : { producerId: producer.id, producerEpoch: producer.epoch, transactional: true }),
    })
    for (const record of records) batch.append(record)
    const result = replica.append(batch.build(), { origin: 'coordinator' })
    if (result.kind === 'rejected') throw new ApiError(result.error, result.message)
    return result.lastOffset + 1
  }

  deleteRecordsBefore(offset: number): void {
    const replica = this.#replica
    if (replica.leaderError(-1) === ErrorCode.NONE && replica.leaderEpoch === this.#epoch)
      replica.log.deleteRecordsBefore(offset)
  }
}
