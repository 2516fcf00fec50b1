/** Records of one partition that travel together: collected, sent, sent again, answered. */
import {
  BatchBuilder,
  type CompressionType,
  NO_PRODUCER_EPOCH,
  NO_PRODUCER_ID,
  NO_SEQUENCE,
  type ProducerFields,
  RecordCursor,
  readCursorHeaders,
  stampProducer,
} from '@ottla/protocol'
import { assert } from '@ottla/stdx'
import { BrokerError } from '../errors.ts'
import type { PendingRecord } from './producer-record.ts'
import type { RecordWaiter } from './record-waiter.ts'

/** Under which the broker tells repetitions: producer id, epoch and the sequence of the first record. */
export type BatchIdentity = ProducerFields

export interface BatchPosition {
  readonly topic: string
  readonly partition: number
}

export interface BatchForm {
  readonly type: CompressionType
  /** Undefined: the codec's own. */
  readonly level: number | undefined
  readonly isTransactional: boolean
  /** Room to begin with. */
  readonly initialBytes: number
}

export interface BatchTimes {
  readonly number: number
  readonly createdAt: number
  readonly dueAt: number
}

const NOBODY: BatchIdentity = {
  producerId: NO_PRODUCER_ID,
  producerEpoch: NO_PRODUCER_EPOCH,
  baseSequence: NO_SEQUENCE,
}

/**
 * A record is written into the batch as it comes, so that nothing of it is kept but who waits for it: at a hundred thousand
 * records on their way, objects for each are what the garbage collector is busy with.
 */
export class RecordBatch {
  readonly position: BatchPosition
  /** Monotonic time by which it must be answered. */
  readonly dueAt: number
  /** Monotonic time at which it was begun. */
  readonly createdAt: number
  /** Batches are numbered as they are begun; parts of a split one keep its number. */
  readonly number: number
  /** What its records were counted as when they came. */
  reservedBytes = 0
  /** Requests that carried it. */
  attempts = 0
  /** Why it was given up; null when it was not. */
  error: unknown = null
  readonly #form: BatchForm
  readonly #waiters: RecordWaiter[] = []
  readonly #places: number[] = []
  readonly #timestamps: number[] = []
  /** Null when the batch is built. */
  #builder: BatchBuilder | null
  #bytes: Buffer | null = null
  #identity: BatchIdentity | null = null
  /** Under which it was built. */
  #stamped: BatchIdentity | null = null

  constructor(position: BatchPosition, form: BatchForm, times: BatchTimes) {
    this.position = position
    this.number = times.number
    this.createdAt = times.createdAt
    this.dueAt = times.dueAt
    this.#form = form
    const { type: compression, level, isTransactional: transactional, initialBytes } = form
    this.#builder = new BatchBuilder({ compression, level, transactional, initialBytes })
  }

  /** Records in it. */
  get count(): number {
    return this.#waiters.length
  }

  /** Before compression until it is built, then as it goes over the wire. */
  get sizeBytes(): number {
    return this.#builder?.sizeInBytes ?? this.#bytes!.length
  }

  get identity(): BatchIdentity | null {
    return this.#identity
  }

  setIdentity(identity: BatchIdentity | null): void {
    this.#identity = identity
  }

  add(record: PendingRecord): void {
    assert(this.#builder !== null, 'a batch that was built takes no more records')
    this.#builder.append(record)
    this.#waiters.push(record.waiter)
    this.#places.push(record.place)
    this.#timestamps.push(record.timestamp)
    this.reservedBytes += record.sizeBytes
  }

  /** The batch as it goes over the wire. Nobody holds it any more when it is asked for again: what carried it has failed. */
  bytes(): Buffer {
    const identity = this.#identity ?? NOBODY
    if (this.#bytes === null) {
      this.#bytes = this.#builder!.build({ producer: identity })
      this.#builder = null
    } else if (this.#stamped !== identity) stampProducer(this.#bytes, 0, identity)
    this.#stamped = identity
    return this.#bytes
  }

  /** Two batches with half of the records each. */
  split(): [RecordBatch, RecordBatch] {
    const half = Math.ceil(this.count / 2)
    const first = new RecordBatch(this.position, this.#form, this)
    const second = new RecordBatch(this.position, this.#form, this)
    const cursor = new RecordCursor(this.bytes())
    const sizeBytes = this.reservedBytes / this.count
    for (let index = 0; cursor.next(); index++) {
      const part = index < half ? first : second
      part.add({
        key: cursor.key,
        value: cursor.value,
        headers: readCursorHeaders(cursor),
        timestamp: this.#timestamps[index]!,
        sizeBytes,
        waiter: this.#waiters[index]!,
        place: this.#places[index]!,
      })
    }
    first.reservedBytes = Math.round(first.reservedBytes)
    second.reservedBytes = this.reservedBytes - first.reservedBytes
    return [first, second]
  }

  /** Tells all who wait where their record is. `baseOffset` -1: unknown. */
  succeed(baseOffset: number, logAppendTimeMs: number): void {
    const { topic, partition } = this.position
    for (let index = 0; index < this.#waiters.length; index++) {
      const offset = baseOffset < 0 ? -1 : baseOffset + index
      const timestamp = logAppendTimeMs >= 0 ? logAppendTimeMs : this.#timestamps[index]!
      this.#waiters[index]!.written(this.#places[index]!, { topic, partition, offset, timestamp })
    }
  }

  /** Tells all who wait what went wrong. `perRecord` are messages of the broker about single records (KIP-467). */
  fail(error: unknown, perRecord?: ReadonlyMap<number, string | null>): void {
    this.error = error
    const isPerRecord = perRecord !== undefined && perRecord.size > 0 && error instanceof BrokerError
    this.#waiters.forEach((waiter, index) => {
      let reason = error
      if (isPerRecord) {
        const message = perRecord.has(index) ? perRecord.get(index) : 'another record of the same batch was invalid'
        reason = new BrokerError(error.errorCode, message, this.position)
      }
      waiter.failed(this.#places[index]!, reason)
    })
  }
}
