/** Records as a consumer sees them, read lazily out of a batch. */

import { malformed } from '../wire/protocol-error.ts'
import { readUtf8 } from '../wire/utf8.ts'
import { readVarint } from '../wire/varint.ts'
import { type ReadRecordsOptions, RecordCursor } from './record-cursor.ts'

/** A header of a record. Keys may repeat; their order carries meaning. */
export interface RecordHeader {
  readonly key: string
  readonly value: Buffer | null
}

const NO_HEADERS: readonly RecordHeader[] = Object.freeze([])

/**
 * One record. Key, value and headers are cut out of the batch when they are first asked for; they are views, and keep the whole
 * batch (or what it was unpacked to) alive.
 */
export class Record {
  readonly offset: number
  /** Milliseconds. */
  readonly timestamp: number
  readonly #cursor: RecordCursor
  readonly #keyStart: number
  readonly #keyLength: number
  readonly #valueStart: number
  readonly #valueLength: number
  readonly #headersStart: number
  readonly #end: number
  readonly #headerCount: number

  constructor(cursor: RecordCursor) {
    this.offset = cursor.offset
    this.timestamp = cursor.timestamp
    this.#cursor = cursor
    this.#keyStart = cursor.keyStart
    this.#keyLength = cursor.keyLength
    this.#valueStart = cursor.valueStart
    this.#valueLength = cursor.valueLength
    this.#headersStart = cursor.headersStart
    this.#end = cursor.recordEnd
    this.#headerCount = cursor.headerCount
  }

  get key(): Buffer | null {
    return this.#cursor.slice(this.#keyStart, this.#keyLength)
  }

  get value(): Buffer | null {
    return this.#cursor.slice(this.#valueStart, this.#valueLength)
  }

  /** Throws ProtocolError MALFORMED when the bytes of the headers are not what their number says. */
  get headers(): readonly RecordHeader[] {
    if (this.#headerCount === 0) return NO_HEADERS
    return readHeaders(this.#cursor, this.#headersStart, this.#end, this.#headerCount)
  }
}

/**
 * The records of the batch at `pos`, in order, unpacked if need be. The checksum is not verified. Throws ProtocolError MALFORMED
 * or CompressionError, at the first record or later.
 */
export function* readRecords(
  buf: Buffer,
  pos = 0,
  options: ReadRecordsOptions = {},
): Generator<Record, void, undefined> {
  const cursor = new RecordCursor(buf, pos, options)
  while (cursor.next()) yield new Record(cursor)
}

/** The headers of the record that the cursor stands on. Throws ProtocolError MALFORMED. */
export function readCursorHeaders(cursor: RecordCursor): readonly RecordHeader[] {
  if (cursor.headerCount === 0) return NO_HEADERS
  return readHeaders(cursor, cursor.headersStart, cursor.recordEnd, cursor.headerCount)
}

function readHeaders(records: RecordCursor, start: number, end: number, count: number): RecordHeader[] {
  const { buffer } = records
  const cursor = { buffer, position: start, end }
  const headers: RecordHeader[] = []
  for (let i = 0; i < count; i++) {
    const keyLength = readVarint(cursor)
    const keyStart = cursor.position
    if (keyLength < 0 || keyLength > end - keyStart) malformed(`header key of ${keyLength} bytes`)
    cursor.position = keyStart + keyLength
    const key = readUtf8(buffer, keyStart, cursor.position)
    const valueLength = readVarint(cursor)
    if (valueLength > end - cursor.position) malformed(`header value of ${valueLength} bytes`)
    const value = records.slice(cursor.position, valueLength)
    if (valueLength > 0) cursor.position += valueLength
    headers.push({ key, value })
  }
  if (cursor.position !== end) malformed('record is longer than its headers')
  return headers
}
