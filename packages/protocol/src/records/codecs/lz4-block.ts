/**
 * LZ4 blocks: sequences of literals and of copies from up to 64 KB before.
 *
 * A sequence is a token (four bits of literal length, four of match length less 4), more length bytes while a length is 15 and each
 * byte 255, the literals, and a little-endian distance. The last sequence of a block has literals only.
 */

import { malformedBytes } from '../compression-error.ts'
import { type Bytes, copyLiterals, copyMatch, matchLength } from './match-copy.ts'

/** Largest block that {@link compressLz4Block} takes: positions in it fit the 16 bits of its table. */
export const MAX_BLOCK_BYTES = 64 * 1024

const MIN_MATCH = 4
/** A block ends with at least so many literals, and the last match begins at least 12 bytes before the end. */
const LAST_LITERALS = 5
const MATCH_LIMIT = 12
const HASH_BITS = 13
/** Misses after which the search takes larger steps: what does not compress is passed quickly. */
const SKIP_TRIGGER = 6

/** Hash of four bytes to where in the block they were seen last. Kept between calls; cleared by each. */
let seen: Uint16Array | undefined

/** Most bytes that a block of `bytes` bytes takes. */
export function maxLz4BlockBytes(bytes: number): number {
  return bytes + Math.floor(bytes / 255) + 16
}

/**
 * Compresses `source[start, end)`, at most {@link MAX_BLOCK_BYTES}, to index `to` of the output, which must have room for
 * {@link maxLz4BlockBytes}; gives the index after it.
 */
export function compressLz4Block(source: Bytes, start: number, end: number, output: Bytes, to: number): number {
  let anchor = start
  if (end - start > MATCH_LIMIT) {
    const table = (seen ??= new Uint16Array(1 << HASH_BITS)).fill(0)
    const { view, buffer } = source
    const lastMatch = end - MATCH_LIMIT
    const matchEnd = end - LAST_LITERALS
    let pos = start + 1
    let misses = 1 << SKIP_TRIGGER
    while (pos <= lastMatch) {
      const word = view.getInt32(pos, true)
      const slot = Math.imul(word, 0x9e3779b1) >>> (32 - HASH_BITS)
      let match = start + table[slot]!
      table[slot] = pos - start
      if (view.getInt32(match, true) !== word) {
        pos += misses++ >> SKIP_TRIGGER
        continue
      }
      while (pos > anchor && match > start && buffer[pos - 1] === buffer[match - 1]) {
        pos--
        match--
      }
      const length = matchLength(view, pos + MIN_MATCH, match + MIN_MATCH, matchEnd)
      const token = to
      to = writeLiterals(source, anchor, pos - anchor, output, to)
      to = writeMatch(output.buffer, token, to, pos - match, length)
      pos += length + MIN_MATCH
      anchor = pos
      misses = 1 << SKIP_TRIGGER
      // Two bytes back: a place that the next search would not look at, and where the next match often begins.
      if (pos <= lastMatch)
        table[Math.imul(view.getInt32(pos - 2, true), 0x9e3779b1) >>> (32 - HASH_BITS)] = pos - 2 - start
    }
  }
  return writeLiterals(source, anchor, end - anchor, output, to)
}

/**
 * Unpacks the block `source[start, end)` to index `to` of the output, where at most `limit` may be reached; gives the index after it.
 * -1 when the limit would be passed. Copies may reach back to index `floor` of the output. Throws MALFORMED.
 */
export function decompressLz4Block(
  source: Bytes,
  range: { readonly start: number; readonly end: number },
  output: Bytes,
  place: { readonly floor: number; readonly to: number; readonly limit: number },
): number {
  const { buffer } = source
  const { end } = range
  const { floor, limit } = place
  let pos = range.start
  let to = place.to
  while (pos < end) {
    const token = buffer[pos++]!
    let literals = token >>> 4
    if (literals === 15) {
      let more = 255
      while (more === 255) {
        if (pos >= end) malformedBytes('lz4 length is cut short')
        more = buffer[pos++]!
        literals += more
      }
    }
    if (literals > end - pos) malformedBytes('lz4 literals are cut short')
    if (literals > limit - to) return -1
    if (literals !== 0) {
      copyLiterals(source, pos, output, to, literals)
      pos += literals
      to += literals
    }
    if (pos === end) return to
    if (pos + 2 > end) malformedBytes('lz4 distance is cut short')
    const distance = buffer[pos]! | (buffer[pos + 1]! << 8)
    pos += 2
    let length = (token & 15) + MIN_MATCH
    if (length === 15 + MIN_MATCH) {
      let more = 255
      while (more === 255) {
        if (pos >= end) malformedBytes('lz4 length is cut short')
        more = buffer[pos++]!
        length += more
      }
    }
    if (distance === 0 || distance > to - floor) malformedBytes(`lz4 distance of ${distance} bytes`)
    if (length > limit - to) return -1
    copyMatch(output, to, distance, length)
    to += length
  }
  return malformedBytes('lz4 block ends with a match')
}

/** Writes a token with the literal length, more length bytes, and the literals; gives the index after them. */
function writeLiterals(source: Bytes, start: number, length: number, output: Bytes, to: number): number {
  const out = output.buffer
  if (length < 15) out[to++] = length << 4
  else {
    out[to++] = 0xf0
    to = writeLength(out, to, length - 15)
  }
  copyLiterals(source, start, output, to, length)
  return to + length
}

/** Writes distance and length (less the shortest) of a match, and completes the token. */
function writeMatch(out: Uint8Array, token: number, to: number, distance: number, length: number): number {
  out[to++] = distance
  out[to++] = distance >>> 8
  if (length < 15) {
    out[token]! |= length
    return to
  }
  out[token]! |= 15
  return writeLength(out, to, length - 15)
}

function writeLength(out: Uint8Array, to: number, rest: number): number {
  for (; rest >= 255; rest -= 255) out[to++] = 255
  out[to++] = rest
  return to
}
