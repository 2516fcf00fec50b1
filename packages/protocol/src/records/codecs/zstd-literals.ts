/** Writes the literals of a zstd block: as they are, as one repeated byte, or Huffman-coded. */

import type { Bytes } from './match-copy.ts'
import { BitWriter } from './zstd-bit-writer.ts'
import { MAX_HUFFMAN_BITS } from './zstd-huffman.ts'

/** Fewer literals are not worth a tree. */
const MIN_CODED = 64
const FOUR_STREAMS_FROM = 256
/** A tree is written with plain weights, which stand for symbols below this; the weight of the last one is not written. */
const MAX_SYMBOLS = 129

/** How a symbol is written. */
interface Code {
  readonly bits: Uint8Array
  readonly values: Uint16Array
  /** The longest. */
  readonly width: number
  readonly symbols: number
}

/** Writes `length` literals at `to`; gives the index after them. */
export function packLiterals(literals: Bytes, length: number, out: Uint8Array, to: number): number {
  const source = literals.buffer
  const counts = new Uint32Array(256)
  for (let i = 0; i < length; i++) counts[source[i]!]!++
  const used = counts.reduce((sum, count) => sum + (count > 0 ? 1 : 0), 0)
  if (length > 1 && used === 1) {
    to = writePlainHeader(out, to, 1, length)
    out[to] = source[0]!
    return to + 1
  }
  if (length >= MIN_CODED && used > 1) {
    const code = makeCode(counts)
    const end = code === null ? 0 : writeCoded(source, length, code, out, to)
    if (end > 0) return end
  }
  to = writePlainHeader(out, to, 0, length)
  out.set(source.subarray(0, length), to)
  return to + length
}

function writePlainHeader(out: Uint8Array, to: number, type: number, length: number): number {
  if (length < 32) {
    out[to] = type | (length << 3)
    return to + 1
  }
  const large = length >= 4096
  out[to] = type | ((large ? 3 : 1) << 2) | (length << 4)
  out[to + 1] = length >>> 4
  if (large) out[to + 2] = length >>> 12
  return to + (large ? 3 : 2)
}

/** Gives the index after the literals, or 0 when they are no smaller than plain. */
function writeCoded(source: Uint8Array, length: number, code: Code, out: Uint8Array, to: number): number {
  const single = length < FOUR_STREAMS_FROM
  const headerBytes = length < 1024 ? 3 : length < 16384 ? 4 : 5
  const limit = to + length
  let at = writeTree(code, out, to + headerBytes)
  if (single) at = writeStream(source, { from: 0, to: length }, code, out, { at, limit })
  else {
    const jump = at
    const quarter = (length + 3) >>> 2
    at += 6
    for (let i = 0; i < 4 && at > 0; i++) {
      const end = writeStream(source, { from: i * quarter, to: Math.min((i + 1) * quarter, length) }, code, out, {
        at,
        limit,
      })
      if (i < 3 && end > 0) {
        out[jump + 2 * i] = end - at
        out[jump + 2 * i + 1] = (end - at) >>> 8
      }
      at = end
    }
  }
  if (at === 0 || at >= limit) return 0
  const packed = at - to - headerBytes
  const width = headerBytes === 3 ? 10 : headerBytes === 4 ? 14 : 18
  const format = headerBytes === 3 ? (single ? 0 : 1) : headerBytes - 2
  let header = 2 + format * 4 + length * 16 + packed * 2 ** (4 + width)
  for (let i = 0; i < headerBytes; i++) {
    out[to + i] = header % 256
    header = Math.floor(header / 256)
  }
  return at
}

/** The tree, as the weight of each symbol but the last, two per byte. */
function writeTree(code: Code, out: Uint8Array, to: number): number {
  const written = code.symbols - 1
  out[to++] = 127 + written
  for (let i = 0; i < written; i += 2) {
    out[to++] = (weightOf(code, i) << 4) | (i + 1 < written ? weightOf(code, i + 1) : 0)
  }
  return to
}

function weightOf(code: Code, symbol: number): number {
  return code.bits[symbol] === 0 ? 0 : code.width + 1 - code.bits[symbol]!
}

/** Backwards, since the decoder begins at the end. Gives the index after the stream, or 0 when it does not fit. */
function writeStream(
  source: Uint8Array,
  range: { readonly from: number; readonly to: number },
  code: Code,
  out: Uint8Array,
  place: { readonly at: number; readonly limit: number },
): number {
  const bits = new BitWriter(out, place.at, place.limit)
  for (let i = range.to - 1; i >= range.from; i--) {
    const symbol = source[i]!
    bits.add(code.values[symbol]!, code.bits[symbol]!)
    if (bits.full) return 0
  }
  return bits.finish()
}

/** A code with at most {@link MAX_HUFFMAN_BITS} bits, or null when it cannot be written. */
function makeCode(counts: Uint32Array): Code | null {
  let symbols = counts.length
  while (counts[symbols - 1] === 0) symbols--
  if (symbols > MAX_SYMBOLS) return null
  let weights = Array.from(counts.subarray(0, symbols))
  let bits = huffmanLengths(weights)
  let width = Math.max(...bits)
  while (width > MAX_HUFFMAN_BITS) {
    // Flatter counts give a flatter tree.
    weights = weights.map((count) => (count === 0 ? 0 : (count >>> 1) + 1))
    bits = huffmanLengths(weights)
    width = Math.max(...bits)
  }
  const values = new Uint16Array(symbols)
  let next = 0
  for (let length = width; length > 0; length--) {
    for (let symbol = 0; symbol < symbols; symbol++) {
      if (bits[symbol] !== length) continue
      values[symbol] = next >>> (width - length)
      next += 1 << (width - length)
    }
  }
  return { bits: Uint8Array.from(bits), values, width, symbols }
}

/** Depths of the leaves of a Huffman tree over the counts; 0 for symbols that do not occur. */
function huffmanLengths(counts: readonly number[]): number[] {
  const nodes: { count: number; parent: number }[] = []
  const leaves: number[] = []
  for (const [symbol, count] of counts.entries()) if (count > 0) leaves.push(symbol)
  leaves.sort((a, b) => counts[a]! - counts[b]!)
  for (const symbol of leaves) nodes.push({ count: counts[symbol]!, parent: -1 })
  // Leaves in order, and inner nodes made in order: the two smallest are always at the front of one of the two rows.
  let leaf = 0
  let inner = leaves.length
  while (nodes.length < 2 * leaves.length - 1) {
    const parent = nodes.length
    let sum = 0
    for (let i = 0; i < 2; i++) {
      const takeLeaf = leaf < leaves.length && (inner >= parent || nodes[leaf]!.count <= nodes[inner]!.count)
      const child = nodes[takeLeaf ? leaf++ : inner++]!
      child.parent = parent
      sum += child.count
    }
    nodes.push({ count: sum, parent: -1 })
  }
  const depths = new Array<number>(nodes.length).fill(0)
  for (let i = nodes.length - 2; i >= 0; i--) depths[i] = depths[nodes[i]!.parent]! + 1
  const lengths = new Array<number>(counts.length).fill(0)
  for (const [i, symbol] of leaves.entries()) lengths[symbol] = depths[i]!
  return lengths
}
