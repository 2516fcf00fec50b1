/**
 * Snappy blocks, the raw format: the unpacked length as a varint, then elements that are literals or copies from before.
 *
 * The two low bits of an element's tag say what it is: 0 a literal; 1 a copy of 4 to 11 bytes from at most 2 KB before; 2 a copy of
 * 1 to 64 bytes from at most 64 KB before; 3 the same with a distance of four bytes, which nobody writes.
 */

import { malformedBytes, tooLarge } from '../compression-error.ts'
import { type Bytes, copyLiterals, copyMatch, matchLength } from './match-copy.ts'

/** Copies are looked for inside fragments of this size, so that positions fit the 16 bits of the table. */
const FRAGMENT_BYTES = 64 * 1024
const MAX_HASH_BITS = 13
const MIN_HASH_BITS = 8
const SKIP_TRIGGER = 5
/** Room left free at the end of a fragment where no match begins, so that four bytes can always be read. */
const MARGIN_BYTES = 15
/** No element unpacks to more than this times its size: 64 bytes from a copy of three. */
const MAX_RATIO = 22

let seen: Uint16Array | undefined

/** Most bytes that a block of `bytes` bytes takes. */
export function maxSnappyBlockBytes(bytes: number): number {
  return 32 + bytes + Math.floor(bytes / 6)
}

/** Compresses `source[start, end)` to index `to` of the output, which must have room for {@link maxSnappyBlockBytes}; gives the index after it. */
export function compressSnappyBlock(source: Bytes, start: number, end: number, output: Bytes, to: number): number {
  let rest = end - start
  for (; rest >= 0x80; rest = Math.floor(rest / 128)) output.buffer[to++] = (rest & 0x7f) | 0x80
  output.buffer[to++] = rest
  for (; start < end; start += FRAGMENT_BYTES) {
    to = compressFragment(source, start, Math.min(start + FRAGMENT_BYTES, end), output, to)
  }
  return to
}

function compressFragment(source: Bytes, start: number, end: number, output: Bytes, to: number): number {
  let anchor = start
  if (end - start > MARGIN_BYTES) {
    const bits = Math.min(MAX_HASH_BITS, Math.max(MIN_HASH_BITS, 32 - Math.clz32(end - start)))
    const shift = 32 - bits
    const table = (seen ??= new Uint16Array(1 << MAX_HASH_BITS)).fill(0, 0, 1 << bits)
    const { view } = source
    const lastMatch = end - MARGIN_BYTES
    let pos = start + 1
    let misses = 1 << SKIP_TRIGGER
    while (pos <= lastMatch) {
      const word = view.getInt32(pos, true)
      const slot = Math.imul(word, 0x1e35a7bd) >>> shift
      const match = start + table[slot]!
      table[slot] = pos - start
      if (view.getInt32(match, true) !== word) {
        pos += misses++ >> SKIP_TRIGGER
        continue
      }
      if (pos > anchor) to = writeLiteral(source, anchor, pos - anchor, output, to)
      const length = 4 + matchLength(view, pos + 4, match + 4, end)
      to = writeCopy(output.buffer, to, pos - match, length)
      pos += length
      anchor = pos
      misses = 1 << SKIP_TRIGGER
      if (pos <= lastMatch) table[Math.imul(view.getInt32(pos - 1, true), 0x1e35a7bd) >>> shift] = pos - 1 - start
    }
  }
  return end > anchor ? writeLiteral(source, anchor, end - anchor, output, to) : to
}

/** The unpacked length that a block declares, and where its elements begin. Throws MALFORMED when its size cannot unpack to that. */
export function snappyBlockHeader(buffer: Uint8Array, start: number, end: number): { length: number; start: number } {
  let length = 0
  let scale = 1
  for (let pos = start; pos < end && pos < start + 5; pos++, scale *= 128) {
    const byte = buffer[pos]!
    length += (byte & 0x7f) * scale
    if (byte >= 0x80) continue
    if (length > (end - pos - 1) * MAX_RATIO) malformedBytes(`snappy block of ${end - start} bytes for ${length}`)
    return { length, start: pos + 1 }
  }
  return malformedBytes('snappy length is cut short')
}

/** Unpacks the block `source[start, end)` to index `to` of the output; gives the index after it. Throws MALFORMED, and TOO_LARGE beyond `limit`. */
export function decompressSnappyBlock(
  source: Bytes,
  range: { readonly start: number; readonly end: number },
  output: Bytes,
  place: { readonly to: number; readonly limit: number },
): number {
  const { buffer, view } = source
  const { end } = range
  const header = snappyBlockHeader(buffer, range.start, end)
  if (header.length > place.limit - place.to) tooLarge(place.limit)
  const floor = place.to
  const full = floor + header.length
  let to = floor
  let pos = header.start
  while (pos < end) {
    const tag = buffer[pos++]!
    if ((tag & 3) === 0) {
      let length = tag >>> 2
      if (length >= 60) {
        const bytes = length - 59
        if (bytes > end - pos) malformedBytes('snappy length is cut short')
        length = 0
        for (let i = bytes - 1; i >= 0; i--) length = length * 256 + buffer[pos + i]!
        pos += bytes
      }
      length++
      if (length > end - pos || length > full - to) malformedBytes('snappy literal reaches beyond its block')
      copyLiterals(source, pos, output, to, length)
      pos += length
      to += length
      continue
    }
    let length = (tag >>> 2) + 1
    let distance: number
    if ((tag & 3) === 1) {
      if (pos >= end) malformedBytes('snappy copy is cut short')
      length = ((tag >>> 2) & 7) + 4
      distance = ((tag & 0xe0) << 3) | buffer[pos++]!
    } else if ((tag & 3) === 2) {
      if (pos + 2 > end) malformedBytes('snappy copy is cut short')
      distance = buffer[pos]! | (buffer[pos + 1]! << 8)
      pos += 2
    } else {
      if (pos + 4 > end) malformedBytes('snappy copy is cut short')
      distance = view.getUint32(pos, true)
      pos += 4
    }
    if (distance === 0 || distance > to - floor) malformedBytes(`snappy copy from ${distance} bytes before`)
    if (length > full - to) malformedBytes('snappy copy reaches beyond its block')
    copyMatch(output, to, distance, length)
    to += length
  }
  if (to !== full) malformedBytes('snappy block unpacks to less than it says')
  return to
}

function writeLiteral(source: Bytes, start: number, length: number, output: Bytes, to: number): number {
  const out = output.buffer
  const rest = length - 1
  if (rest < 60) out[to++] = rest << 2
  else if (rest < 0x100) {
    out[to++] = 60 << 2
    out[to++] = rest
  } else {
    out[to++] = 61 << 2
    out[to++] = rest
    out[to++] = rest >>> 8
  }
  copyLiterals(source, start, output, to, length)
  return to + length
}

function writeCopy(out: Uint8Array, to: number, distance: number, length: number): number {
  // Never leave less than four bytes for the last copy, so that it can be of the short kind.
  for (; length >= 68; length -= 64) to = writeLongCopy(out, to, distance, 64)
  if (length > 64) {
    to = writeLongCopy(out, to, distance, 60)
    length -= 60
  }
  if (length >= 12 || distance >= 2048) return writeLongCopy(out, to, distance, length)
  out[to++] = ((distance >>> 8) << 5) | ((length - 4) << 2) | 1
  out[to++] = distance
  return to
}

function writeLongCopy(out: Uint8Array, to: number, distance: number, length: number): number {
  out[to++] = ((length - 1) << 2) | 2
  out[to++] = distance
  out[to++] = distance >>> 8
  return to
}
