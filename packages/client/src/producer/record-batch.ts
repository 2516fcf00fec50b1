/** Records of one partition that travel together: collected, sent, sent again, answered. */
import { BatchBuilder, type CompressionType, HEADER_BYTES, NO_SEQUENCE } from '@ottla/protocol'
import { assert } from '@ottla/stdx'
import { BrokerError } from '../errors.ts'
import type { PendingRecord } from './producer-record.ts'

/** Under which the broker tells repetitions: producer id, epoch and the sequence of the first record. */
export interface BatchIdentity {
  readonly producerId: number
  readonly producerEpoch: number
  readonly baseSequence: number
}

export interface BatchPosition {
  readonly topic: string
  readonly partition: number
}

export interface BatchForm {
  readonly type: CompressionType
  /** Undefined: the codec's own. */
  readonly level: number | undefined
  readonly isTransactional: boolean
}

export class RecordBatch {
  readonly position: BatchPosition
  /** Monotonic time by which it must be answered. */
  readonly dueAt: number
  /** Monotonic time at which it was begun. */
  readonly createdAt: number
  /** Batches are numbered as they are begun; parts of a split one keep its number. */
  readonly number: number
  readonly records: PendingRecord[] = []
  sizeBytes = HEADER_BYTES
  /** Requests that carried it. */
  attempts = 0
  identity: BatchIdentity | null = null
  #bytes: Buffer | null = null

  constructor(position: BatchPosition, times: { number: number; createdAt: number; dueAt: number }) {
    this.position = position
    this.number = times.number
    this.createdAt = times.createdAt
    this.dueAt = times.dueAt
  }

  add(record: PendingRecord): void {
    assert(this.#bytes === null, 'a batch that was built takes no more records')
    this.records.push(record)
    this.sizeBytes += record.sizeBytes
  }

  /** The batch as it goes over the wire; built once, and again when its identity changed. */
  bytes({ type, level, isTransactional }: BatchForm): Buffer {
    if (this.#bytes !== null) return this.#bytes
    const builder = new BatchBuilder({
      compression: type,
      ...(level === undefined ? {} : { level }),
      transactional: isTransactional,
      ...(this.identity ?? { baseSequence: NO_SEQUENCE }),
      initialBytes: this.sizeBytes,
    })
    for (const record of this.records) builder.append(record)
    this.#bytes = builder.build()
    return this.#bytes
  }

  setIdentity(identity: BatchIdentity | null): void {
    this.identity = identity
    this.#bytes = null
  }

  /** Two batches with half of the records each. */
  split(): [RecordBatch, RecordBatch] {
    const half = Math.ceil(this.records.length / 2)
    const parts: [RecordBatch, RecordBatch] = [
      new RecordBatch(this.position, this),
      new RecordBatch(this.position, this),
    ]
    this.records.forEach((record, index) => {
      parts[index < half ? 0 : 1].add(record)
    })
    return parts
  }

  /** Tells all who wait where their record is. `baseOffset` -1: unknown. */
  succeed(baseOffset: number, logAppendTimeMs: number): void {
    const { topic, partition } = this.position
    this.records.forEach(({ resolve, timestamp }, index) => {
      const offset = baseOffset < 0 ? -1 : baseOffset + index
      resolve({ topic, partition, offset, timestamp: logAppendTimeMs >= 0 ? logAppendTimeMs : timestamp })
    })
  }

  /** Tells all who wait what went wrong. `perRecord` are messages of the broker about single records (KIP-467). */
  fail(error: unknown, perRecord?: ReadonlyMap<number, string | null>): void {
    this.records.forEach(({ reject }, index) => {
      if (perRecord === undefined || perRecord.size === 0 || !(error instanceof BrokerError)) reject(error)
      else if (perRecord.has(index)) reject(new BrokerError(error.errorCode, perRecord.get(index), this.position))
      else reject(new BrokerError(error.errorCode, 'another record of the same batch was invalid', this.position))
    })
  }
}
