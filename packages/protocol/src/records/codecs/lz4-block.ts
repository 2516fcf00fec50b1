/**
 * LZ4 blocks: sequences of literals and of copies from up to 64 KB before.
 *
 * A sequence is a token (four bits of literal length, four of match length less 4), more length bytes while a length is 15 and each
 * byte 255, the literals, and a little-endian distance. The last sequence of a block has literals only.
 */

import { malformedBytes } from '../compression-error.ts'
import { COPY_DISTANCE, copy16, copyLiterals, copyMatch, matchLength, type Output, type Source } from './output.ts'

/** Largest block that {@link compressLz4Block} takes: positions in it fit the 16 bits of its table. */
export const MAX_BLOCK_BYTES = 64 * 1024

const MIN_MATCH = 4
/** A block ends with at least so many literals, and the last match begins at least 12 bytes before the end. */
const LAST_LITERALS = 5
const MATCH_LIMIT = 12
const HASH_BITS = 14
const MULTIPLIER = 0x9e3779b1
const FIFTH_MULTIPLIER = 0x85ebca6b
/** Misses after which the search takes larger steps: what does not compress is passed quickly. */
const SKIP_TRIGGER = 6

/** Hash of five bytes to where in the block they were seen last. Kept between calls; cleared by each. */
let seen: Uint16Array | undefined

/** Most bytes that a block of `bytes` bytes takes. */
export function maxLz4BlockBytes(bytes: number): number {
  return bytes + Math.floor(bytes / 255) + 16
}

/** Appends `source[start, end)`, at most {@link MAX_BLOCK_BYTES}, packed to the output, which has room for {@link maxLz4BlockBytes}. */
export function compressLz4Block(source: Source, start: number, end: number, output: Output): void {
  let anchor = start
  if (end - start > MATCH_LIMIT) {
    const table = (seen ??= new Uint16Array(1 << HASH_BITS)).fill(0)
    const { view } = source
    // The position is kept here: a field that is written for every byte or two is what would take the time.
    const out = output.view
    let to = output.position
    const lastMatch = end - MATCH_LIMIT
    const matchEnd = end - LAST_LITERALS
    let pos = start + 1
    let misses = 1 << SKIP_TRIGGER
    for (;;) {
      let match = 0
      while (pos <= lastMatch) {
        const word = view.getInt32(pos, true)
        const slot = slotOf(word, view.getUint8(pos + 4))
        match = start + table[slot]!
        table[slot] = pos - start
        if (view.getInt32(match, true) === word) break
        pos += misses++ >> SKIP_TRIGGER
      }
      if (pos > lastMatch) break
      while (pos > anchor && match > start && view.getUint8(pos - 1) === view.getUint8(match - 1)) {
        pos--
        match--
      }
      for (;;) {
        const token = to
        const run = pos - anchor
        if (run < 15) {
          // Whole words, up to seven bytes more: they are there, since no match begins within the last twelve, and what they overwrite comes later.
          to += 1
          if (run > 0) {
            out.setInt32(to, view.getInt32(anchor, true), true)
            out.setInt32(to + 4, view.getInt32(anchor + 4, true), true)
            if (run > 8) {
              out.setInt32(to + 8, view.getInt32(anchor + 8, true), true)
              out.setInt32(to + 12, view.getInt32(anchor + 12, true), true)
            }
          }
          to += run
        } else {
          output.position = to + 1
          writeManyLiterals(source, anchor, run, output)
          to = output.position
        }
        const length = matchLength(view, pos + MIN_MATCH, match + MIN_MATCH, matchEnd)
        out.setUint16(to, pos - match, true)
        to += 2
        out.setUint8(token, (run < 15 ? run << 4 : 0xf0) | (length < 15 ? length : 15))
        if (length >= 15) to = putLength(out, to, length - 15)
        pos += length + MIN_MATCH
        anchor = pos
        if (pos > lastMatch) break
        // Often another match begins right where this one ended.
        table[slotOf(view.getInt32(pos - 2, true), view.getUint8(pos + 2))] = pos - 2 - start
        const next = view.getInt32(pos, true)
        const nextSlot = slotOf(next, view.getUint8(pos + 4))
        match = start + table[nextSlot]!
        table[nextSlot] = pos - start
        if (view.getInt32(match, true) !== next) break
      }
      pos++
      misses = 1 << SKIP_TRIGGER
    }
    output.position = to
  }
  writeLastLiterals(source, anchor, end - anchor, output)
}

/** Hash of five bytes: those that agree in four alone are left to longer matches, of which fewer are needed. */
function slotOf(word: number, fifth: number): number {
  return (Math.imul(word, MULTIPLIER) ^ Math.imul(fifth, FIFTH_MULTIPLIER)) >>> (32 - HASH_BITS)
}

function putLength(out: DataView, to: number, rest: number): number {
  for (; rest >= 255; rest -= 255) out.setUint8(to++, 255)
  out.setUint8(to++, rest)
  return to
}

/**
 * Unpacks the block `source[start, end)` to the output, which may be filled up to `limit`, and from which copies may be taken back to
 * `floor`. Gives false when it would have to pass the limit. Throws MALFORMED.
 */
export function decompressLz4Block(
  source: Source,
  range: { readonly start: number; readonly end: number },
  output: Output,
  bounds: { readonly floor: number; readonly limit: number },
): boolean {
  const { view } = source
  const { end } = range
  const { floor, limit } = bounds
  const out = output.view
  // So far a short run of literals can be copied as sixteen bytes.
  const lastWords = view.byteLength - 16
  let pos = range.start
  let to = output.position
  while (pos < end) {
    const token = view.getUint8(pos++)
    let literals = token >>> 4
    if (literals === 15) {
      for (let more = 255; more === 255; literals += more) {
        if (pos >= end) malformedBytes('lz4 length is cut short')
        more = view.getUint8(pos++)
      }
    }
    if (literals > end - pos) malformedBytes('lz4 literals are cut short')
    if (literals > limit - to) return false
    if (literals !== 0) {
      if (literals <= 16 && pos <= lastWords) copy16(view, pos, out, to)
      else {
        output.position = to
        copyLiterals(source, pos, literals, output)
      }
      pos += literals
      to += literals
    }
    if (pos === end) {
      output.position = to
      return true
    }
    if (pos + 2 > end) malformedBytes('lz4 distance is cut short')
    const distance = view.getUint16(pos, true)
    pos += 2
    let length = token & 15
    if (length === 15) {
      for (let more = 255; more === 255; length += more) {
        if (pos >= end) malformedBytes('lz4 length is cut short')
        more = view.getUint8(pos++)
      }
    }
    length += MIN_MATCH
    if (distance === 0 || distance > to - floor) malformedBytes(`lz4 distance of ${distance} bytes`)
    if (length > limit - to) return false
    if (distance >= COPY_DISTANCE && length <= 16) copy16(out, to - distance, out, to)
    else {
      output.position = to
      copyMatch(output, distance, length)
    }
    to += length
  }
  return malformedBytes('lz4 block ends with a match')
}

/** The last sequence of a block, and all of one that is too small for a match. */
function writeLastLiterals(source: Source, start: number, length: number, output: Output): void {
  output.view.setUint8(output.position++, length < 15 ? length << 4 : 0xf0)
  if (length >= 15) writeManyLiterals(source, start, length, output)
  else copyLiterals(source, start, length, output)
}

/** Fifteen and more, behind the rest of their number. */
function writeManyLiterals(source: Source, start: number, length: number, output: Output): void {
  output.position = putLength(output.view, output.position, length - 15)
  copyLiterals(source, start, length, output)
}
