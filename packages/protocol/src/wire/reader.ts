/**
 * Reads the wire form out of one buffer. Nothing is trusted: every length and count is held against the bytes that are left before
 * anything is allocated, and whatever does not fit throws {@link ProtocolError} with code MALFORMED.
 *
 * Strings, uuids and numbers are copies. `bytes` and `records` are views into the buffer: they live as long as it does.
 */

import { malformed } from './protocol-error.ts'
import { readUtf8 } from './utf8.ts'
import { readUuid, UUID_BYTES } from './uuid.ts'
import { type Cursor, readUvarint, readVarint, readVarlong } from './varint.ts'

/** A tagged field that the schema does not know. */
export interface UnknownTag {
  readonly tag: number
  readonly data: Buffer
}

/**
 * Structs, strings and unknown tags that one reader will build by default. A frame of 100 MB could otherwise hold twenty million of them, and the
 * objects would take ten times the room of their bytes. Numbers in arrays do not count: they take about the room they had.
 */
export const DEFAULT_ELEMENT_BUDGET = 1 << 21

const EMPTY = Buffer.alloc(0)
const TWO_32 = 2 ** 32

export class Reader implements Cursor {
  readonly buffer: Buffer
  readonly view: DataView
  readonly end: number
  position: number
  /** Array elements that may still be built; see {@link DEFAULT_ELEMENT_BUDGET}. */
  elementBudget = DEFAULT_ELEMENT_BUDGET

  /** Reads `buffer` from index `start` up to, not including, `end`. */
  constructor(buffer: Buffer, start = 0, end = buffer.length) {
    if (start < 0 || end < start || end > buffer.length)
      throw new RangeError(`no range of the buffer: ${start} to ${end}`)
    this.buffer = buffer
    this.view = new DataView(buffer.buffer, buffer.byteOffset, buffer.length)
    this.position = start
    this.end = end
  }

  /** Bytes not read yet. */
  get remaining(): number {
    return this.end - this.position
  }

  /** Moves over `bytes` bytes; gives the position where they begin. */
  take(bytes: number): number {
    const start = this.position
    if (bytes > this.end - start) cutShort(bytes, this.end - start)
    this.position = start + bytes
    return start
  }

  bool(): boolean {
    return this.view.getInt8(this.take(1)) !== 0
  }

  int8(): number {
    return this.view.getInt8(this.take(1))
  }

  int16(): number {
    return this.view.getInt16(this.take(2))
  }

  uint16(): number {
    return this.view.getUint16(this.take(2))
  }

  int32(): number {
    return this.view.getInt32(this.take(4))
  }

  uint32(): number {
    return this.view.getUint32(this.take(4))
  }

  int64(): number {
    return getInt64(this.view, this.take(8))
  }

  int64bits(): bigint {
    return this.view.getBigInt64(this.take(8))
  }

  float64(): number {
    return this.view.getFloat64(this.take(8))
  }

  uvarint(): number {
    return readUvarint(this)
  }

  varint(): number {
    return readVarint(this)
  }

  varlong(): number {
    return readVarlong(this)
  }

  uuid(): string {
    return readUuid(this.view, this.take(UUID_BYTES))
  }

  string(): string {
    const length = this.int16()
    if (length < 0) notNullable('string')
    return this.#text(length)
  }

  nullableString(): string | null {
    const length = this.int16()
    return length < 0 ? null : this.#text(length)
  }

  compactString(): string {
    const length = readUvarint(this) - 1
    if (length < 0) notNullable('string')
    return this.#text(length)
  }

  compactNullableString(): string | null {
    const length = readUvarint(this) - 1
    return length < 0 ? null : this.#text(length)
  }

  bytes(): Buffer {
    const length = this.int32()
    if (length < 0) notNullable('bytes')
    return this.slice(length)
  }

  nullableBytes(): Buffer | null {
    const length = this.int32()
    return length < 0 ? null : this.slice(length)
  }

  compactBytes(): Buffer {
    const length = readUvarint(this) - 1
    if (length < 0) notNullable('bytes')
    return this.slice(length)
  }

  compactNullableBytes(): Buffer | null {
    const length = readUvarint(this) - 1
    return length < 0 ? null : this.slice(length)
  }

  /** A view of the next `bytes` bytes. */
  slice(bytes: number): Buffer {
    const start = this.take(bytes)
    return bytes === 0 ? EMPTY : this.buffer.subarray(start, start + bytes)
  }

  /** The count of an array whose elements take at least `elementBytes` each; −1 is a null array. */
  arrayCount(elementBytes: number): number {
    return this.#count(this.int32(), elementBytes)
  }

  /** {@link arrayCount} for flexible versions. */
  compactArrayCount(elementBytes: number): number {
    return this.#count(readUvarint(this) - 1, elementBytes)
  }

  /** Takes `count` structs or strings off the budget. */
  spendElements(count: number): void {
    this.elementBudget -= count
    if (this.elementBudget < 0) malformed('message has more elements than allowed')
  }

  /** How many tagged fields follow. Each takes two bytes at least. */
  tagCount(): number {
    const count = readUvarint(this)
    if (count * 2 > this.end - this.position) cutShort(count * 2, this.end - this.position)
    return count
  }

  /** The next tag, which must be above `previous`: tags ascend, so none comes twice. */
  nextTag(previous: number): number {
    const tag = readUvarint(this)
    if (tag <= previous) malformed(`tag ${tag} after tag ${previous}`)
    return tag
  }

  /** The length of a tagged field's data; gives the position after the data. */
  tagEnd(): number {
    const size = readUvarint(this)
    if (size > this.end - this.position) cutShort(size, this.end - this.position)
    return this.position + size
  }

  /** Takes the data of a tagged field that the schema does not know. It counts as an element. */
  unknownTag(tag: number, end: number): UnknownTag {
    this.spendElements(1)
    return { tag, data: this.slice(end - this.position) }
  }

  /** Checks that a tagged field was read to its end. */
  expectPosition(position: number): void {
    if (this.position !== position) malformed('tagged field is longer or shorter than its data')
  }

  #count(count: number, elementBytes: number): number {
    if (count * elementBytes > this.end - this.position) cutShort(count * elementBytes, this.end - this.position)
    return count < 0 ? -1 : count
  }

  #text(length: number): string {
    const start = this.take(length)
    return readUtf8(this.buffer, start, start + length)
  }
}

/** Reads eight bytes by the int64 rule of stdx: beyond 2^53 rounded, both sentinels exact. */
export function getInt64(view: DataView, position: number): number {
  return view.getInt32(position) * TWO_32 + view.getUint32(position + 4)
}

/** Throws: a null where the schema allows none. */
export function notNullable(what: string): never {
  malformed(`null where a ${what} must be`)
}

function cutShort(wanted: number, left: number): never {
  malformed(`${wanted} bytes wanted, ${left} left`)
}
