/**
 * The batches that one answer brought of one partition, handed out record by record. Left out are records before the
 * position, control records, and in read_committed those of aborted transactions.
 */
import {
  batchEnd,
  ControlRecordType,
  checkBatch,
  controlRecordTypeOf,
  type FetchResponse,
  isControl,
  isLogAppendTime,
  isTransactional,
  lastOffset,
  messageOfFault,
  partitionLeaderEpoch,
  producerId,
  RecordCursor,
  readCursorHeaders,
  type Value,
} from '@ottla/protocol'
import type { SlabSlice } from '@ottla/stdx'
import type { Codec } from '../codec/codec.ts'
import { CodecError, CorruptRecordError } from '../errors.ts'
import type { ConsumerRecord, TimestampType } from './consumer-record.ts'
import type { ResponseMemory } from './response-memory.ts'

type PartitionData = Pick<
  Value<typeof FetchResponse>['responses'][number]['partitions'][number],
  'records' | 'abortedTransactions'
>

export interface FetchedRecordsOptions {
  readonly topic: string
  readonly partition: number
  /** Offset that was asked for; the first batch may begin before it. */
  readonly fetchOffset: number
  readonly isReadCommitted: boolean
  readonly checkCrcs: boolean
  readonly key: Codec<unknown>
  readonly value: Codec<unknown>
  /** Holds the bytes, which are used again after {@link FetchedRecords.release}. Undefined: they belong to nobody else. */
  readonly memory?: ResponseMemory
}

/**
 * Records are copied out of such bytes in pieces of this size. Small enough for memory that the process has already: larger blocks come from the
 * system page by page, and that costs more than the copy.
 */
const COPY_BYTES = 64 << 10
const NO_BYTES = Buffer.alloc(0)

export class FetchedRecords {
  readonly sizeBytes: number
  readonly #options: FetchedRecordsOptions
  #bytes: Buffer
  #memory: ResponseMemory | null
  /** Holds what the open batch was unpacked to. */
  #unpacked: SlabSlice | null = null
  /** Aborted transactions that begin later, by their first offset. */
  readonly #aborted: { producerId: number; firstOffset: number }[]
  /** Producers whose current transaction ends with an abort. */
  readonly #abortedProducers = new Set<number>()
  #at = 0
  #cursor: RecordCursor | null = null
  #timestampType: TimestampType = 'CreateTime'
  #leaderEpoch = -1
  /** A record that could not be decoded stays the next one. */
  #isStuck = false
  /** The offset after all that was handed out or left out. */
  nextOffset: number

  constructor(data: PartitionData, options: FetchedRecordsOptions) {
    this.#options = options
    this.#bytes = data.records ?? NO_BYTES
    this.#memory = options.memory ?? null
    this.sizeBytes = this.#bytes.length
    this.nextOffset = options.fetchOffset
    this.#aborted = options.isReadCommitted ? [...(data.abortedTransactions ?? [])] : []
    this.#aborted.sort((a, b) => a.firstOffset - b.firstOffset)
  }

  /** The offset after the last whole batch; that which was asked for when there is none. No record is looked at. */
  endOffset(): number {
    let end = this.#options.fetchOffset
    for (let at = 0; ; ) {
      const next = batchEnd(this.#bytes, at, this.#bytes.length)
      if (next < 0) return end
      end = Math.max(end, lastOffset(this.#bytes, at) + 1)
      at = next
    }
  }

  /** The next record, or null at the end. Throws CorruptRecordError, CodecError; the record stays the next one. */
  next(): ConsumerRecord<unknown, unknown> | null {
    for (;;) {
      if (this.#cursor === null && !this.#openBatch()) return null
      const cursor = this.#cursor!
      try {
        if (!this.#isStuck && !cursor.next()) {
          this.#closeBatch()
          continue
        }
      } catch (cause) {
        throw this.#corrupt((cause as Error).message, cause)
      }
      if (cursor.offset < this.nextOffset) continue
      if (this.#isLent(cursor.buffer)) cursor.copyOut(COPY_BYTES)
      this.#isStuck = true
      const record = this.#record(cursor)
      this.#isStuck = false
      this.nextOffset = cursor.offset + 1
      return record
    }
  }

  /** Gives the bytes back. What was handed out stays as it is; there is nothing more. */
  release(): void {
    this.#unpacked?.release()
    this.#unpacked = null
    this.#memory?.release()
    this.#memory = null
    this.#bytes = NO_BYTES
    this.#at = 0
    this.#cursor = null
  }

  /** The bytes will be used for something else. */
  #isLent(bytes: Buffer): boolean {
    return this.#unpacked !== null || (this.#memory !== null && bytes === this.#bytes)
  }

  /** Stands before the first record of the next batch that has any to hand out. */
  #openBatch(): boolean {
    const { isReadCommitted, checkCrcs } = this.#options
    for (;;) {
      const end = batchEnd(this.#bytes, this.#at, this.#bytes.length)
      if (end < 0) return false
      if (checkCrcs) {
        const fault = checkBatch(this.#bytes, this.#at, end)
        if (fault !== null) throw this.#corrupt(messageOfFault(fault), undefined)
      }
      const isLeftOut = isControl(this.#bytes, this.#at) || (isReadCommitted && this.#isAborted())
      if (isControl(this.#bytes, this.#at)) this.#endTransaction()
      if (!isLeftOut && lastOffset(this.#bytes, this.#at) >= this.nextOffset) break
      this.#closeBatch()
    }
    try {
      const memory = this.#memory
      const unpackInto = (bytes: number) => (this.#unpacked = memory!.unpacked(bytes)).buffer
      this.#cursor = new RecordCursor(this.#bytes, this.#at, memory === null ? {} : { memory: unpackInto })
    } catch (cause) {
      throw this.#corrupt((cause as Error).message, cause)
    }
    this.#timestampType = isLogAppendTime(this.#bytes, this.#at) ? 'LogAppendTime' : 'CreateTime'
    this.#leaderEpoch = partitionLeaderEpoch(this.#bytes, this.#at)
    return true
  }

  #closeBatch(): void {
    this.nextOffset = Math.max(this.nextOffset, lastOffset(this.#bytes, this.#at) + 1)
    this.#at = batchEnd(this.#bytes, this.#at, this.#bytes.length)
    this.#cursor = null
    this.#unpacked?.release()
    this.#unpacked = null
  }

  #isAborted(): boolean {
    const last = lastOffset(this.#bytes, this.#at)
    while (this.#aborted.length > 0 && this.#aborted[0]!.firstOffset <= last) {
      this.#abortedProducers.add(this.#aborted.shift()!.producerId)
    }
    return isTransactional(this.#bytes, this.#at) && this.#abortedProducers.has(producerId(this.#bytes, this.#at))
  }

  /** A marker ends the transaction of its producer: what follows is another one. */
  #endTransaction(): void {
    const cursor = new RecordCursor(this.#bytes, this.#at)
    const isAbort = cursor.next() && controlRecordTypeOf(cursor.key) === ControlRecordType.abort
    if (isAbort) this.#abortedProducers.delete(producerId(this.#bytes, this.#at))
  }

  #record(cursor: RecordCursor): ConsumerRecord<unknown, unknown> {
    const { topic, partition, key: keyCodec, value: valueCodec } = this.#options
    const { offset, timestamp, key, value } = cursor
    try {
      return {
        topic,
        partition,
        offset,
        timestamp,
        timestampType: timestamp < 0 ? 'NoTimestampType' : this.#timestampType,
        key: key === null ? null : keyCodec.decode(key),
        value: value === null ? null : valueCodec.decode(value),
        headers: readCursorHeaders(cursor),
        leaderEpoch: this.#leaderEpoch,
      }
    } catch (cause) {
      const what = `record ${offset} of ${topic}-${partition}`
      throw new CodecError(`${what} could not be decoded`, { topic, partition, cause })
    }
  }

  #corrupt(message: string, cause: unknown): CorruptRecordError {
    const { topic, partition } = this.#options
    const what = `batch at or after offset ${this.nextOffset} of ${topic}-${partition}`
    return new CorruptRecordError(`${what}: ${message}`, { topic, partition, cause })
  }
}
