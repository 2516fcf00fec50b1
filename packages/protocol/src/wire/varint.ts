/**
 * Variable-length integers: seven bits per byte, lowest first, the high bit says that more follow.
 *
 * `uvarint` is unsigned 32 bit (lengths and tags of message bodies), `varint` and `varlong` are zigzag 32 and 64 bit (fields of
 * records), `uvarlong` is unsigned 64 bit. Readers move a {@link Cursor} and throw ProtocolError when it would pass `end`, when the
 * number takes more than 5 (10) bytes, or when bits beyond the 32nd (64th) are set. 64-bit numbers follow the int64 rule of stdx.
 */

import { malformed } from './protocol-error.ts'

/** A place to read from. {@link Reader} is one; any object of this shape will do. */
export interface Cursor {
  readonly buffer: Uint8Array
  /** Index of the next byte; moved by each read. */
  position: number
  /** Index after the last byte that may be read. */
  readonly end: number
}

const TWO_27 = 2 ** 27
const TWO_28 = 2 ** 28
const TWO_32 = 2 ** 32
const TWO_55 = 2 ** 55
const TWO_56 = 2 ** 56
const TWO_63 = 2 ** 63

/** Reads an unsigned number of at most 32 bits: 0 … 2^32 − 1. */
export function readUvarint(cursor: Cursor): number {
  const position = cursor.position
  if (position < cursor.end) {
    const byte = cursor.buffer[position]!
    if (byte < 0x80) {
      cursor.position = position + 1
      return byte
    }
  }
  return readLongUvarint(cursor)
}

/** Reads a zigzag number of 32 bits: −2^31 … 2^31 − 1. */
export function readVarint(cursor: Cursor): number {
  const raw = readUvarint(cursor)
  return (raw >>> 1) ^ -(raw & 1)
}

/** Reads a zigzag number of 64 bits. */
export function readVarlong(cursor: Cursor): number {
  const position = cursor.position
  if (position < cursor.end) {
    const byte = cursor.buffer[position]!
    if (byte < 0x80) {
      cursor.position = position + 1
      return (byte >>> 1) ^ -(byte & 1)
    }
  }
  return readLongVarlong(cursor)
}

/** Reads an unsigned number of 64 bits; beyond 2^53 it is rounded. */
export function readUvarlong(cursor: Cursor): number {
  readGroups(cursor)
  return groups.low + groups.middle * TWO_28 + groups.high * TWO_56
}

/** Writes `value` (0 … 2^32 − 1) at `position`; gives the position after it. The caller has made room. */
export function writeUvarint(buffer: Uint8Array, position: number, value: number): number {
  while (value > 0x7f || value < 0) {
    buffer[position++] = (value & 0x7f) | 0x80
    value >>>= 7
  }
  buffer[position++] = value
  return position
}

/** Writes a zigzag 32-bit number at `position`; gives the position after it. */
export function writeVarint(buffer: Uint8Array, position: number, value: number): number {
  return writeUvarint(buffer, position, ((value << 1) ^ (value >> 31)) >>> 0)
}

/** Writes an unsigned 64-bit number at `position`; gives the position after it. */
export function writeUvarlong(buffer: Uint8Array, position: number, value: number): number {
  return writeParts(buffer, position, Math.floor(value / TWO_32), value % TWO_32)
}

/** Writes a zigzag 64-bit number at `position`; gives the position after it. */
export function writeVarlong(buffer: Uint8Array, position: number, value: number): number {
  if (value === (value | 0)) return writeUvarint(buffer, position, ((value << 1) ^ (value >> 31)) >>> 0)
  const sign = value < 0 ? 1 : 0
  const half = value < 0 ? -value - 1 : value
  const high = half >= TWO_63 ? 0x7fff_ffff : Math.floor(half / TWO_32)
  const low = half >= TWO_63 ? 0xffff_ffff : half % TWO_32
  const carry = low >= 0x8000_0000 ? 1 : 0
  return writeParts(buffer, position, ((high << 1) | carry) >>> 0, ((low << 1) | sign) >>> 0)
}

/** Bytes that {@link writeUvarint} takes: 1 … 5. */
export function sizeOfUvarint(value: number): number {
  if (value < 0x80) return 1
  if (value < 0x4000) return 2
  if (value < 0x20_0000) return 3
  return value < 0x1000_0000 ? 4 : 5
}

/** Bytes that {@link writeVarint} takes: 1 … 5. */
export function sizeOfVarint(value: number): number {
  return sizeOfUvarint(((value << 1) ^ (value >> 31)) >>> 0)
}

/** Bytes that {@link writeVarlong} takes: 1 … 10. */
export function sizeOfVarlong(value: number): number {
  if (value === (value | 0)) return sizeOfVarint(value)
  const half = value < 0 ? -value - 1 : value
  let size = 5
  for (let limit = 2 ** 34; size < 10 && half >= limit; limit *= 128) size++
  return size
}

/** What {@link readGroups} found: bits 0–27, 28–55 and 56–63. One object, so that nothing is allocated. */
const groups = { low: 0, middle: 0, high: 0 }

function readGroups(cursor: Cursor): void {
  groups.low = 0
  groups.middle = 0
  groups.high = 0
  const { buffer, end } = cursor
  let position = cursor.position
  for (let index = 0; index < 10; index++) {
    if (position >= end) malformed('varint is cut short')
    const byte = buffer[position++]!
    const bits = byte & 0x7f
    if (index < 4) groups.low |= bits << (7 * index)
    else if (index < 8) groups.middle |= bits << (7 * (index - 4))
    else groups.high |= bits << (7 * (index - 8))
    if (byte < 0x80) {
      if (index === 9 && byte > 1) malformed('varint is larger than 64 bits')
      cursor.position = position
      return
    }
  }
  malformed('varint is longer than 10 bytes')
}

/** Without a loop, since the second and third byte are common: lengths of values, and deltas of timestamps. */
function readLongUvarint(cursor: Cursor): number {
  const { buffer, end } = cursor
  let position = cursor.position
  // Where five bytes are there, none of them needs to be held against the end.
  if (end - position < 5) return readLastUvarint(cursor)
  let byte = buffer[position++]!
  let value = byte & 0x7f
  if (byte > 0x7f) {
    byte = buffer[position++]!
    value |= (byte & 0x7f) << 7
    if (byte > 0x7f) {
      byte = buffer[position++]!
      value |= (byte & 0x7f) << 14
      if (byte > 0x7f) {
        byte = buffer[position++]!
        value |= (byte & 0x7f) << 21
        if (byte > 0x7f) {
          byte = buffer[position++]!
          if (byte > 0x7f) malformed('varint is longer than 5 bytes')
          if (byte > 0x0f) malformed('varint is larger than 32 bits')
          value = (value | (byte << 28)) >>> 0
        }
      }
    }
  }
  cursor.position = position
  return value
}

/** Up to four bytes, most deltas between timestamps, are read as they are; more by groups. */
function readLongVarlong(cursor: Cursor): number {
  const { buffer, position, end } = cursor
  if (end - position >= 4) {
    const second = buffer[position + 1]!
    let raw = (buffer[position]! & 0x7f) | ((second & 0x7f) << 7)
    let size = second < 0x80 ? 2 : 0
    if (size === 0) {
      const third = buffer[position + 2]!
      const fourth = buffer[position + 3]!
      raw |= (third & 0x7f) << 14
      if (third < 0x80) size = 3
      else if (fourth < 0x80) {
        raw |= fourth << 21
        size = 4
      }
    }
    if (size !== 0) {
      cursor.position = position + size
      return (raw >>> 1) ^ -(raw & 1)
    }
  }
  readGroups(cursor)
  const half = (groups.low >>> 1) + groups.middle * TWO_27 + groups.high * TWO_55
  return (groups.low & 1) === 0 ? half : -half - 1
}

/** {@link readLongUvarint} near the end of the buffer. */
function readLastUvarint(cursor: Cursor): number {
  const { buffer, end } = cursor
  let position = cursor.position
  let value = 0
  for (let shift = 0; shift < 35; shift += 7) {
    if (position >= end) malformed('varint is cut short')
    const byte = buffer[position++]!
    value |= (byte & 0x7f) << shift
    if (byte < 0x80) {
      if (shift === 28 && byte > 0x0f) malformed('varint is larger than 32 bits')
      cursor.position = position
      return value >>> 0
    }
  }
  return malformed('varint is longer than 5 bytes')
}

function writeParts(buffer: Uint8Array, position: number, high: number, low: number): number {
  while (high !== 0) {
    buffer[position++] = (low & 0x7f) | 0x80
    low = ((low >>> 7) | (high << 25)) >>> 0
    high >>>= 7
  }
  return writeUvarint(buffer, position, low)
}
