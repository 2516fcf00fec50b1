/** Builds a record batch of message format v2, record by record. */

import { assert } from '@ottla/stdx'
import { utf8Bytes, writeUtf8 } from '../wire/utf8.ts'
import { sizeOfVarint, sizeOfVarlong, writeVarint, writeVarlong } from '../wire/varint.ts'
import {
  ATTRIBUTES_AT,
  BASE_SEQUENCE_AT,
  BASE_TIMESTAMP_AT,
  CONTROL_BIT,
  DELETE_HORIZON_BIT,
  HEADER_BYTES,
  LAST_OFFSET_DELTA_AT,
  LENGTH_AT,
  LENGTH_PREFIX_BYTES,
  LOG_APPEND_TIME_BIT,
  MAGIC_AT,
  MAGIC_V2,
  MAX_TIMESTAMP_AT,
  NO_PARTITION_LEADER_EPOCH,
  NO_PRODUCER_EPOCH,
  NO_PRODUCER_ID,
  NO_SEQUENCE,
  NO_TIMESTAMP,
  PARTITION_LEADER_EPOCH_AT,
  PRODUCER_EPOCH_AT,
  PRODUCER_ID_AT,
  type ProducerFields,
  RECORD_COUNT_AT,
  setBaseOffset,
  TRANSACTIONAL_BIT,
  updateCrc,
} from './batch-header.ts'
import { compressBehind } from './compression.ts'
import { CompressionType } from './compression-type.ts'
import { setInt16At, setInt32At, setInt64At } from './int64-at.ts'
import type { RecordCursor } from './record-cursor.ts'

/** Bytes, or a string that is written as UTF-8; null is a key or a value that is not there. */
export type RecordBytes = Uint8Array | string | null

/** A record to write. What is absent is null, or no headers, or the timestamp of the batch's options. */
export interface RecordInit {
  readonly key?: RecordBytes
  readonly value?: RecordBytes
  readonly headers?: readonly RecordHeaderInit[]
  /** Milliseconds. */
  readonly timestamp?: number
  /** Default: one after the record before. Must ascend. */
  readonly offset?: number
}

export interface RecordHeaderInit {
  readonly key: string
  readonly value: RecordBytes
}

export interface BatchOptions extends Partial<ProducerFields> {
  /** Default none. */
  readonly compression?: CompressionType
  /** Level of the codec; its default when absent. */
  readonly level?: number | undefined
  /** Offset of the first record; a producer leaves it at 0. */
  readonly baseOffset?: number
  readonly partitionLeaderEpoch?: number
  readonly transactional?: boolean
  readonly control?: boolean
  /** Milliseconds: marks the batch as one with log append time, and is its max timestamp. */
  readonly logAppendTime?: number
  /** Milliseconds from which tombstones and markers in the batch may be dropped; set by log cleaning. */
  readonly deleteHorizon?: number
  /** Timestamp of records that bring none. Default -1: no timestamp. */
  readonly timestamp?: number
  /** Room to begin with; the buffer doubles when it is full. */
  readonly initialBytes?: number
}

/** What {@link BatchBuilder.build} cannot know from the records: cleaning keeps the last offset and the max timestamp of the original. */
export interface BuildOptions {
  readonly lastOffset?: number
  readonly maxTimestamp?: number
  /** In place of those in the options: a producer learns its sequence last. */
  readonly producer?: ProducerFields
}

const DEFAULT_INITIAL_BYTES = 1024
/** Keys and values up to this size are copied by a loop: a call into the runtime costs more. */
const LOOP_COPY_BYTES = 40
/** Most bytes that the numbers in front of a record's key take: length, attributes, deltas. */
const MAX_PREFIX_BYTES = 5 + 1 + 10 + 5
const MAX_OFFSET_DELTA = 0x7fff_ffff
/** Most bytes of a varint. */
const MAX_VARINT_BYTES = 5

export class BatchBuilder {
  readonly #options: BatchOptions
  readonly #baseOffset: number
  #buffer: Buffer
  #position = HEADER_BYTES
  #count = 0
  #baseTimestamp: number
  #maxTimestamp = NO_TIMESTAMP
  #lastOffset: number
  #built = false

  constructor(options: BatchOptions = {}) {
    this.#options = options
    this.#baseOffset = options.baseOffset ?? 0
    this.#lastOffset = this.#baseOffset - 1
    this.#baseTimestamp = options.deleteHorizon ?? NO_TIMESTAMP
    this.#buffer = Buffer.allocUnsafeSlow(Math.max(options.initialBytes ?? DEFAULT_INITIAL_BYTES, HEADER_BYTES))
  }

  /** Number of records so far. */
  get count(): number {
    return this.#count
  }

  /** Bytes of the batch so far, before compression. */
  get sizeInBytes(): number {
    return this.#position
  }

  /** Adds a record. Its bytes are copied. */
  append(record: RecordInit): void {
    const key = record.key ?? null
    const value = record.value ?? null
    const headers = record.headers ?? []
    const keyBytes = sizeOf(key)
    const valueBytes = sizeOf(value)
    const headerBytes = headers.length === 0 ? 0 : sizeOfHeaders(headers)
    const bodyBytes =
      sizeOfVarint(keyBytes) +
      Math.max(keyBytes, 0) +
      sizeOfVarint(valueBytes) +
      Math.max(valueBytes, 0) +
      sizeOfVarint(headers.length) +
      headerBytes
    const offset = record.offset ?? this.#lastOffset + 1
    const timestamp = record.timestamp ?? this.#options.timestamp ?? NO_TIMESTAMP
    let pos = this.#begin(offset, timestamp, bodyBytes)
    const buffer = this.#buffer
    pos = writeBytes(buffer, writeVarint(buffer, pos, keyBytes), key, keyBytes)
    pos = writeBytes(buffer, writeVarint(buffer, pos, valueBytes), value, valueBytes)
    pos = writeVarint(buffer, pos, headers.length)
    if (headers.length !== 0) pos = writeHeaders(buffer, pos, headers)
    this.#position = pos
  }

  /** Adds the record that the cursor stands on, at its offset and time, without looking into it. */
  appendFrom(cursor: RecordCursor): void {
    const { bodyStart, recordEnd } = cursor
    const pos = this.#begin(cursor.offset, cursor.timestamp, recordEnd - bodyStart)
    cursor.buffer.copy(this.#buffer, pos, bodyStart, recordEnd)
    this.#position = pos + recordEnd - bodyStart
  }

  /**
   * The finished batch, checksum and all. The builder is used up. Uncompressed, the buffer is the builder's own, without a copy.
   * A batch without records needs a `lastOffset`, and is never compressed.
   */
  build(options: BuildOptions = {}): Buffer {
    assert(!this.#built, 'a batch is built once')
    this.#built = true
    const lastOffset = options.lastOffset ?? this.#lastOffset
    assert(
      lastOffset >= this.#lastOffset && lastOffset >= this.#baseOffset,
      'the last offset is that of a record, or after',
    )
    const compression = this.#count === 0 ? CompressionType.none : (this.#options.compression ?? CompressionType.none)
    const batch = this.#pack(compression)
    this.#writeHeader(batch, compression, { ...options, lastOffset })
    return batch
  }

  #pack(compression: CompressionType): Buffer {
    const plain = this.#buffer
    if (compression === CompressionType.none) return plain.subarray(0, this.#position)
    return compressBehind(HEADER_BYTES, compression, plain.subarray(HEADER_BYTES, this.#position), this.#options.level)
  }

  #writeHeader(
    batch: Buffer,
    compression: CompressionType,
    { lastOffset, maxTimestamp, producer }: BuildOptions & { readonly lastOffset: number },
  ): void {
    const options = this.#options
    const { producerId, producerEpoch, baseSequence } = producer ?? options
    const horizon = options.deleteHorizon !== undefined && this.#count > 0
    const attributes =
      compression |
      (options.logAppendTime === undefined ? 0 : LOG_APPEND_TIME_BIT) |
      (options.transactional ? TRANSACTIONAL_BIT : 0) |
      (options.control ? CONTROL_BIT : 0) |
      (horizon ? DELETE_HORIZON_BIT : 0)
    setBaseOffset(batch, 0, this.#baseOffset)
    setInt32At(batch, LENGTH_AT, batch.length - LENGTH_PREFIX_BYTES)
    setInt32At(batch, PARTITION_LEADER_EPOCH_AT, options.partitionLeaderEpoch ?? NO_PARTITION_LEADER_EPOCH)
    batch[MAGIC_AT] = MAGIC_V2
    setInt16At(batch, ATTRIBUTES_AT, attributes)
    setInt32At(batch, LAST_OFFSET_DELTA_AT, lastOffset - this.#baseOffset)
    setInt64At(batch, BASE_TIMESTAMP_AT, this.#count === 0 ? NO_TIMESTAMP : this.#baseTimestamp)
    setInt64At(batch, MAX_TIMESTAMP_AT, maxTimestamp ?? options.logAppendTime ?? this.#maxTimestamp)
    setInt64At(batch, PRODUCER_ID_AT, producerId ?? NO_PRODUCER_ID)
    setInt16At(batch, PRODUCER_EPOCH_AT, producerEpoch ?? NO_PRODUCER_EPOCH)
    setInt32At(batch, BASE_SEQUENCE_AT, baseSequence ?? NO_SEQUENCE)
    setInt32At(batch, RECORD_COUNT_AT, this.#count)
    updateCrc(batch, 0)
  }

  /** Makes room for a record and writes its length, attributes and deltas; gives the position of its body. */
  #begin(offset: number, timestamp: number, bodyBytes: number): number {
    assert(
      !this.#built && offset > this.#lastOffset,
      'records are appended in the order of their offsets, before the batch is built',
    )
    if (this.#count === 0 && this.#options.deleteHorizon === undefined) this.#baseTimestamp = timestamp
    const timestampDelta = timestamp - this.#baseTimestamp
    const offsetDelta = offset - this.#baseOffset
    assert(offsetDelta <= MAX_OFFSET_DELTA, 'offsets of a batch lie within 31 bits')
    const recordBytes = 1 + sizeOfVarlong(timestampDelta) + sizeOfVarint(offsetDelta) + bodyBytes
    const needed = this.#position + MAX_PREFIX_BYTES + bodyBytes
    if (needed > this.#buffer.length) this.#grow(needed)
    const buffer = this.#buffer
    let pos = writeVarint(buffer, this.#position, recordBytes)
    buffer[pos++] = 0
    pos = writeVarlong(buffer, pos, timestampDelta)
    pos = writeVarint(buffer, pos, offsetDelta)
    this.#count++
    this.#lastOffset = offset
    if (timestamp > this.#maxTimestamp) this.#maxTimestamp = timestamp
    return pos
  }

  #grow(needed: number): void {
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, this.#buffer.length * 2))
    this.#buffer.copy(larger, 0, 0, this.#position)
    this.#buffer = larger
  }
}

/** Most bytes that a record adds to a batch, before compression: for a producer that fills batches up to a size. */
export function maxSizeOfRecord(record: RecordInit): number {
  const headers = record.headers ?? []
  return (
    MAX_PREFIX_BYTES +
    3 * MAX_VARINT_BYTES +
    Math.max(sizeOf(record.key ?? null), 0) +
    Math.max(sizeOf(record.value ?? null), 0) +
    sizeOfHeaders(headers)
  )
}

function sizeOf(bytes: RecordBytes): number {
  if (bytes === null) return -1
  return typeof bytes === 'string' ? utf8Bytes(bytes) : bytes.length
}

function sizeOfHeaders(headers: readonly RecordHeaderInit[]): number {
  let size = 0
  for (const { key, value } of headers) {
    const keyBytes = utf8Bytes(key)
    const valueBytes = sizeOf(value)
    size += sizeOfVarint(keyBytes) + keyBytes + sizeOfVarint(valueBytes) + Math.max(valueBytes, 0)
  }
  return size
}

function writeHeaders(buffer: Buffer, pos: number, headers: readonly RecordHeaderInit[]): number {
  for (const { key, value } of headers) {
    const keyBytes = utf8Bytes(key)
    pos = writeBytes(buffer, writeVarint(buffer, pos, keyBytes), key, keyBytes)
    const valueBytes = sizeOf(value)
    pos = writeBytes(buffer, writeVarint(buffer, pos, valueBytes), value, valueBytes)
  }
  return pos
}

/** Writes `bytes`, whose size is known, at `pos`; gives the position after them. */
function writeBytes(buffer: Buffer, pos: number, bytes: RecordBytes, size: number): number {
  if (size <= 0 || bytes === null) return pos
  if (typeof bytes === 'string') return pos + writeUtf8(buffer, pos, bytes)
  if (size > LOOP_COPY_BYTES) buffer.set(bytes, pos)
  else for (let i = 0; i < size; i++) buffer[pos + i] = bytes[i]!
  return pos + size
}
