/**
 * Snappy blocks, the raw format: the unpacked length as a varint, then elements that are literals or copies from before.
 *
 * The two low bits of an element's tag say what it is: 0 a literal; 1 a copy of 4 to 11 bytes from at most 2 KB before; 2 a copy of
 * 1 to 64 bytes from at most 64 KB before; 3 the same with a distance of four bytes, which nobody writes.
 */

import { malformedBytes, tooLarge } from '../compression-error.ts'
import { COPY_DISTANCE, copy16, copyLiterals, copyMatch, matchLength, type Output, type Source } from './output.ts'

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
    const out = output.view
    const lastMatch = end - MARGIN_BYTES
    let pos = start + 1
    let misses = 1 << SKIP_TRIGGER
    while (pos <= lastMatch) {
      let word = view.getInt32(pos, true)
      let slot = Math.imul(word, 0x1e35a7bd) >>> shift
      let match = start + table[slot]!
      table[slot] = pos - start
      if (view.getInt32(match, true) !== word) {
        pos += misses++ >> SKIP_TRIGGER
        continue
      }
      const run = pos - anchor
      if (run <= 16) {
        // Most are this short, and four words can be read: a match is never nearer to the end.
        const to = output.position
        out.setUint8(to, (run - 1) << 2)
        out.setInt32(to + 1, view.getInt32(anchor, true), true)
        out.setInt32(to + 5, view.getInt32(anchor + 4, true), true)
        if (run > 8) {
          out.setInt32(to + 9, view.getInt32(anchor + 8, true), true)
          out.setInt32(to + 13, view.getInt32(anchor + 12, true), true)
        }
        output.position = to + 1 + run
      } else writeLiteral(source, anchor, run, output)
      for (;;) {
        const length = 4 + matchLength(view, pos + 4, match + 4, end)
        writeCopy(output, pos - match, length)
        pos += length
        if (pos > lastMatch) break
        const before = view.getInt32(pos - 1, true)
        table[Math.imul(before, 0x1e35a7bd) >>> shift] = pos - 1 - start
        word = (before >>> 8) | (view.getUint8(pos + 3) << 24)
        slot = Math.imul(word, 0x1e35a7bd) >>> shift
        match = start + table[slot]!
        table[slot] = pos - start
        if (view.getInt32(match, true) !== word) break
      }
      anchor = pos
      pos++
      misses = 1 << SKIP_TRIGGER
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

/**
 * Appends what the block `source[start, end)` unpacks to, at most up to `limit` of the output. Throws MALFORMED, and TOO_LARGE beyond
 * the limit.
 */
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
  // So far a short literal can be copied as four words.
  const lastWords = buffer.length - 16
  const out = output.view
  let pos = header.start
  let to = floor
  while (pos < end) {
    const tag = view.getUint8(pos++)
    const kind = tag & 3
    if (kind === 0) {
      let length = (tag >>> 2) + 1
      if (length <= 16 && pos <= lastWords) {
        if (length > end - pos || length > full - to) malformedBytes('snappy literal reaches beyond its block')
        copy16(view, pos, out, to)
      } else {
        if (length > 60) {
          const bytes = length - 60
          length = readLength(buffer, pos, end, bytes)
          pos += bytes
        }
        if (length > end - pos || length > full - to) malformedBytes('snappy literal reaches beyond its block')
        output.position = to
        copyLiterals(source, pos, length, output)
      }
      pos += length
      to += length
      continue
    }
    let length = (tag >>> 2) + 1
    let distance: number
    if (kind === 2) {
      if (end - pos < 2) malformedBytes('snappy copy is cut short')
      distance = view.getUint16(pos, true)
      pos += 2
    } else if (kind === 1) {
      if (pos === end) malformedBytes('snappy copy is cut short')
      length = ((tag >>> 2) & 7) + 4
      distance = ((tag & 0xe0) << 3) | view.getUint8(pos++)
    } else {
      if (end - pos < 4) malformedBytes('snappy copy is cut short')
      distance = view.getUint32(pos, true)
      pos += 4
    }
    if (distance === 0 || distance > to - floor) malformedBytes(`snappy copy from ${distance} bytes before`)
    if (length > full - to) malformedBytes('snappy copy reaches beyond its block')
    if (distance >= COPY_DISTANCE && length <= 16) copy16(out, to - distance, out, to)
    else {
      output.position = to
      copyMatch(output, distance, length)
    }
    to += length
  }
  output.position = to
  if (to !== full) malformedBytes('snappy block unpacks to less than it says')
}

/** The length less one of a long literal, in one to four bytes. */
function readLength(buffer: Uint8Array, pos: number, end: number, bytes: number): number {
  if (bytes > end - pos) malformedBytes('snappy length is cut short')
  let length = 0
  for (let i = bytes - 1; i >= 0; i--) length = length * 256 + buffer[pos + i]!
  return length + 1
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
  const { buffer } = output
  let to = output.position
  // Never leave less than four bytes for the last copy, so that it can be of the short kind.
  while (length > 64) {
    const part = length < 68 ? 60 : 64
    buffer[to] = ((part - 1) << 2) | 2
    buffer[to + 1] = distance
    buffer[to + 2] = distance >>> 8
    to += 3
    length -= part
  }
  if (length >= 12 || distance >= 2048) {
    buffer[to] = ((length - 1) << 2) | 2
    buffer[to + 1] = distance
    buffer[to + 2] = distance >>> 8
    output.position = to + 3
  } else {
    buffer[to] = ((distance >>> 8) << 5) | ((length - 4) << 2) | 1
    buffer[to + 1] = distance
    output.position = to + 2
  }
}
