/**
 * Snappy blocks, the raw format: the unpacked length as a varint, then elements that are literals or copies from before.
 *
 * The two low bits of an element's tag say what it is: 0 a literal; 1 a copy of 4 to 11 bytes from at most 2 KB before; 2 a copy of
 * 1 to 64 bytes from at most 64 KB before; 3 the same with a distance of four bytes, which nobody writes.
 */

import { malformedBytes, tooLarge } from '../compression-error.ts'
import { copyLiterals, copyMatch, matchLength, type Output, type Source } from './output.ts'

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

/** Appends `source[start, end)` packed to the output, which has room for {@link maxSnappyBlockBytes}. */
export function compressSnappyBlock(source: Source, start: number, end: number, output: Output): void {
  let rest = end - start
  for (; rest >= 0x80; rest = Math.floor(rest / 128)) output.buffer[output.position++] = (rest & 0x7f) | 0x80
  output.buffer[output.position++] = rest
  for (; start < end; start += FRAGMENT_BYTES) {
    compressFragment(source, start, Math.min(start + FRAGMENT_BYTES, end), output)
  }
}

function compressFragment(source: Source, start: number, end: number, output: Output): void {
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
      if (pos > anchor) writeLiteral(source, anchor, pos - anchor, output)
      const length = 4 + matchLength(view, pos + 4, match + 4, end)
      writeCopy(output, pos - match, length)
      pos += length
      anchor = pos
      misses = 1 << SKIP_TRIGGER
      if (pos <= lastMatch) table[Math.imul(view.getInt32(pos - 1, true), 0x1e35a7bd) >>> shift] = pos - 1 - start
    }
  }
  if (end > anchor) writeLiteral(source, anchor, end - anchor, output)
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

/** Appends what the block `source[start, end)` unpacks to, at most up to `limit` of the output. Throws MALFORMED, and TOO_LARGE beyond the limit. */
export function decompressSnappyBlock(
  source: Source,
  range: { readonly start: number; readonly end: number },
  output: Output,
  limit: number,
): void {
  const { buffer, view } = source
  const { end } = range
  const header = snappyBlockHeader(buffer, range.start, end)
  const floor = output.position
  if (header.length > limit - floor) tooLarge(limit)
  const full = floor + (header.length | 0)
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
      if (length > end - pos || length > full - output.position) {
        malformedBytes('snappy literal reaches beyond its block')
      }
      copyLiterals(source, pos, length, output)
      pos += length
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
    if (distance === 0 || distance > output.position - floor)
      malformedBytes(`snappy copy from ${distance} bytes before`)
    if (length > full - output.position) malformedBytes('snappy copy reaches beyond its block')
    copyMatch(output, distance, length)
  }
  if (output.position !== full) malformedBytes('snappy block unpacks to less than it says')
}

function writeLiteral(source: Source, start: number, length: number, output: Output): void {
  const { buffer } = output
  const rest = length - 1
  if (rest < 60) buffer[output.position++] = rest << 2
  else if (rest < 0x100) {
    buffer[output.position++] = 60 << 2
    buffer[output.position++] = rest
  } else {
    buffer[output.position++] = 61 << 2
    buffer[output.position++] = rest
    buffer[output.position++] = rest >>> 8
  }
  copyLiterals(source, start, length, output)
}

function writeCopy(output: Output, distance: number, length: number): void {
  // Never leave less than four bytes for the last copy, so that it can be of the short kind.
  for (; length >= 68; length -= 64) writeLongCopy(output, distance, 64)
  if (length > 64) {
    writeLongCopy(output, distance, 60)
    length -= 60
  }
  if (length >= 12 || distance >= 2048) writeLongCopy(output, distance, length)
  else {
    output.buffer[output.position++] = ((distance >>> 8) << 5) | ((length - 4) << 2) | 1
    output.buffer[output.position++] = distance
  }
}

function writeLongCopy(output: Output, distance: number, length: number): void {
  const { buffer } = output
  buffer[output.position++] = ((length - 1) << 2) | 2
  buffer[output.position++] = distance
  buffer[output.position++] = distance >>> 8
}
