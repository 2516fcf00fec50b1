/**
 * Walks the records of a batch without making an object per record: what log cleaning, look-ups by time and full validation use.
 *
 * A cursor stands on one record at a time; its fields say where the parts of that record lie in `buffer`. Every length is held
 * against the end of what surrounds it, so that a record can neither reach beyond its batch nor beyond itself.
 */

import { malformed } from '../wire/protocol-error.ts'
import { type Cursor, readVarint, readVarlong } from '../wire/varint.ts'
import {
  addSequence,
  baseOffset,
  baseSequence,
  baseTimestamp,
  compressionOf,
  HEADER_BYTES,
  isLogAppendTime,
  lastOffsetDelta,
  maxTimestamp,
  NO_SEQUENCE,
  recordCount,
  sizeInBytes,
} from './batch-header.ts'
import { batchEnd } from './check-batch.ts'
import { decompress } from './compression.ts'
import { CompressionType } from './compression-type.ts'

/** What a batch may unpack to when the caller does not say. */
export const DEFAULT_MAX_DECOMPRESSED_BYTES = 128 * 1024 * 1024

/** A record takes at least so many bytes: its length, attributes, two deltas, two lengths and the number of headers. */
const MIN_RECORD_BYTES = 7
const MIN_HEADER_BYTES = 2

/** The class behind every Buffer. Its constructor takes a third of the time of `subarray`, of which readers make two for each record. */
const FastBuffer = (Buffer as unknown as Record<symbol, unknown>)[Symbol.species] as new (
  memory: ArrayBufferLike,
  offset: number,
  length: number,
) => Buffer

export interface ReadRecordsOptions {
  /** Compressed records that unpack to more are refused (CompressionError TOO_LARGE). Default {@link DEFAULT_MAX_DECOMPRESSED_BYTES}. */
  readonly maxBytes?: number
  /** The records of a compressed batch, where they were unpacked already. */
  readonly unpacked?: Buffer
  /** See `decompress`: the memory must not be used for anything else while the cursor, or a slice of it, is. */
  readonly memory?: (bytes: number) => Buffer
}

export class RecordCursor {
  /** The bytes that hold the records: those of the batch, or what they were unpacked to. */
  readonly buffer: Buffer
  /** Number of records that the batch declares. */
  readonly count: number

  /** The record that the cursor stands on: */
  offset = 0
  /** Milliseconds; the time of the append for a batch with log append time. */
  timestamp = 0
  /** Where the record begins (at its length) and ends. */
  recordStart = 0
  recordEnd = 0
  /** Where what follows the deltas begins: from here to the end a record is the same at any offset and time. */
  bodyStart = 0
  keyStart = 0
  /** -1 for null. */
  keyLength = 0
  valueStart = 0
  /** -1 for null. */
  valueLength = 0
  headerCount = 0
  headersStart = 0

  /** Of one shape with the other cursors over plain bytes, so that the varint readers see few. */
  readonly #bytes: Cursor
  /** What slices are views of, and where in it position 0 of the buffer would be. */
  #memory: ArrayBufferLike
  #memoryOffset: number
  /** Up to here {@link copyOut} has copied. */
  #copiedEnd = 0
  readonly #baseOffset: number
  readonly #baseTimestamp: number
  readonly #appendTimestamp: number
  readonly #logAppendTime: boolean
  readonly #lastOffsetDelta: number
  readonly #baseSequence: number
  #left: number

  /**
   * A cursor before the first record of the batch at `pos`, whose checksum is not verified here. Throws ProtocolError MALFORMED when
   * no whole batch is there or it cannot hold its records, CompressionError when the records cannot be unpacked.
   */
  constructor(buf: Buffer, pos = 0, options: ReadRecordsOptions = {}) {
    if (batchEnd(buf, pos, buf.length) < 0) malformed('no whole record batch of format v2')
    this.count = recordCount(buf, pos)
    this.#left = this.count
    this.#baseOffset = baseOffset(buf, pos)
    this.#baseTimestamp = baseTimestamp(buf, pos)
    this.#logAppendTime = isLogAppendTime(buf, pos)
    this.#appendTimestamp = maxTimestamp(buf, pos)
    this.#lastOffsetDelta = lastOffsetDelta(buf, pos)
    this.#baseSequence = baseSequence(buf, pos)
    const type = compressionOf(buf, pos)
    const start = pos + HEADER_BYTES
    const end = pos + sizeInBytes(buf, pos)
    if (type === CompressionType.none || this.count === 0) {
      this.buffer = buf
      this.#bytes = { buffer: buf, position: start, end }
    } else {
      const maxBytes = options.maxBytes ?? DEFAULT_MAX_DECOMPRESSED_BYTES
      const limits = options.memory === undefined ? { maxBytes } : { maxBytes, memory: options.memory }
      this.buffer = options.unpacked ?? decompress(type, buf.subarray(start, end), limits)
      this.#bytes = { buffer: this.buffer, position: 0, end: this.buffer.length }
    }
    this.#memory = this.buffer.buffer
    this.#memoryOffset = this.buffer.byteOffset
    const room = this.#bytes.end - this.#bytes.position
    if (this.count < 0 || this.count * MIN_RECORD_BYTES > room) malformed(`${this.count} records in ${room} bytes`)
  }

  /** Sequence of the record; -1 when the producer is not idempotent. */
  get sequence(): number {
    if (this.#baseSequence === NO_SEQUENCE) return NO_SEQUENCE
    return addSequence(this.#baseSequence, this.offset - this.#baseOffset)
  }

  get key(): Buffer | null {
    return this.slice(this.keyStart, this.keyLength)
  }

  get value(): Buffer | null {
    return this.slice(this.valueStart, this.valueLength)
  }

  /** A view of `length` bytes of the buffer from `start` on; null for a length below 0. */
  slice(start: number, length: number): Buffer | null {
    return length < 0 ? null : new FastBuffer(this.#memory, this.#memoryOffset + start, length)
  }

  /**
   * Makes key, value and headers of this record views of a copy, which holds at most `windowBytes` bytes of this record and those behind it, or
   * this record alone: for buffers that are used again. One copy for many records costs little, and a record that is kept keeps no more than that alive.
   */
  copyOut(windowBytes: number): void {
    if (this.recordEnd <= this.#copiedEnd) return
    const start = this.recordStart
    const end = Math.max(this.recordEnd, Math.min(start + windowBytes, this.#bytes.end))
    const copy = Buffer.allocUnsafe(end - start)
    this.buffer.copy(copy, 0, start, end)
    this.#memory = copy.buffer
    this.#memoryOffset = copy.byteOffset - start
    this.#copiedEnd = end
  }

  /**
   * Moves to the next record; false after the last. Throws ProtocolError MALFORMED. Headers are not looked at, only that there is
   * room for them; see readHeaders.
   */
  next(): boolean {
    const bytes = this.#bytes
    if (this.#left === 0) {
      if (bytes.position !== bytes.end) malformed('bytes are left after the last record of the batch')
      return false
    }
    this.#left--
    this.recordStart = bytes.position
    const length = readVarint(bytes)
    const start = bytes.position
    if (length < MIN_RECORD_BYTES - 1 || length > bytes.end - start) malformed(`record of ${length} bytes`)
    const end = start + length
    this.recordEnd = end
    bytes.position = start + 1
    const timestampDelta = readVarlong(bytes)
    const offsetDelta = readVarint(bytes)
    if (offsetDelta < 0 || offsetDelta > this.#lastOffsetDelta) malformed(`record at offset delta ${offsetDelta}`)
    this.offset = this.#baseOffset + offsetDelta
    this.timestamp = this.#logAppendTime ? this.#appendTimestamp : this.#baseTimestamp + timestampDelta
    this.bodyStart = bytes.position
    this.keyLength = readVarint(bytes)
    this.keyStart = bytes.position
    if (this.keyLength > end - bytes.position) malformed('key is longer than its record')
    if (this.keyLength > 0) bytes.position += this.keyLength
    this.valueLength = readVarint(bytes)
    this.valueStart = bytes.position
    if (this.valueLength > end - bytes.position) malformed('value is longer than its record')
    if (this.valueLength > 0) bytes.position += this.valueLength
    this.headerCount = readVarint(bytes)
    this.headersStart = bytes.position
    if (this.headerCount < 0 || this.headerCount * MIN_HEADER_BYTES > end - bytes.position) {
      malformed(`${this.headerCount} headers in ${end - bytes.position} bytes`)
    }
    if (this.headerCount === 0 && bytes.position !== end) malformed('record is longer than its parts')
    bytes.position = end
    return true
  }
}
