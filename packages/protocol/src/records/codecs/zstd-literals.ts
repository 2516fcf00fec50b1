/** Writes the literals of a zstd block: as they are, as one repeated byte, or Huffman-coded. */

import type { Output } from './output.ts'
import { BitWriter } from './zstd-bit-writer.ts'
import { MAX_HUFFMAN_BITS } from './zstd-huffman.ts'

/** Fewer literals are not worth a tree. */
const MIN_CODED = 64
const FOUR_STREAMS_FROM = 256
/** A tree is written with plain weights, which stand for symbols below this; the weight of the last one is not written. */
const MAX_SYMBOLS = 129

const LITERALS = { raw: 0, rle: 1, compressed: 2 } as const

/** How a symbol is written. */
interface Code {
  readonly bits: Uint8Array
  readonly values: Uint16Array
  /** The longest. */
  readonly width: number
  readonly symbols: number
}

/** Appends the first `length` bytes of `literals`. */
export function packLiterals(literals: Uint8Array, length: number, output: Output): void {
  const counts = new Uint32Array(256)
  for (let i = 0; i < length; i++) counts[literals[i]!]!++
  const used = counts.reduce((sum, count) => sum + (count > 0 ? 1 : 0), 0)
  if (length > 1 && used === 1) {
    writePlainHeader(output, LITERALS.rle, length)
    output.buffer[output.position++] = literals[0]!
    return
  }
  const code = length >= MIN_CODED && used > 1 ? makeCode(counts) : null
  if (code !== null && writeCoded(literals, length, code, output)) return
  writePlainHeader(output, LITERALS.raw, length)
  output.buffer.set(literals.subarray(0, length), output.position)
  output.position += length
}

function writePlainHeader(output: Output, type: number, length: number): void {
  const { buffer } = output
  if (length < 32) {
    buffer[output.position++] = type | (length << 3)
    return
  }
  const large = length >= 4096
  buffer[output.position++] = type | ((large ? 3 : 1) << 2) | (length << 4)
  buffer[output.position++] = length >>> 4
  if (large) buffer[output.position++] = length >>> 12
}

/** Gives false, and leaves the output where it was, when coded literals are no smaller than plain ones. */
function writeCoded(literals: Uint8Array, length: number, code: Code, output: Output): boolean {
  const start = output.position
  const limit = start + length
  const headerBytes = length < 1024 ? 3 : length < 16384 ? 4 : 5
  output.position += headerBytes
  writeTree(code, output)
  const single = length < FOUR_STREAMS_FROM
  const stream = (from: number, to: number) => writeStream(literals.subarray(from, to), code, output, limit)
  if (!(single ? stream(0, length) : writeFourStreams(length, output, stream)) || output.position >= limit) {
    output.position = start
    return false
  }
  const packed = output.position - start - headerBytes
  const width = headerBytes === 3 ? 10 : headerBytes === 4 ? 14 : 18
  const format = headerBytes === 3 ? (single ? 0 : 1) : headerBytes - 2
  let header = LITERALS.compressed + format * 4 + length * 16 + packed * 2 ** (4 + width)
  for (let i = 0; i < headerBytes; i++) {
    output.buffer[start + i] = header % 256
    header = Math.floor(header / 256)
  }
  return true
}

/** A quarter each; the sizes of the first three stand in front. */
function writeFourStreams(length: number, output: Output, stream: (from: number, to: number) => boolean): boolean {
  const sizesAt = output.position
  const quarter = (length + 3) >>> 2
  output.position += 6
  for (let i = 0; i < 4; i++) {
    const start = output.position
    if (!stream(i * quarter, Math.min((i + 1) * quarter, length))) return false
    if (i < 3) output.view.setUint16(sizesAt + 2 * i, output.position - start, true)
  }
  return true
}

/** The tree, as the weight of each symbol but the last, two per byte. */
function writeTree(code: Code, output: Output): void {
  const written = code.symbols - 1
  output.buffer[output.position++] = 127 + written
  for (let i = 0; i < written; i += 2) {
    output.buffer[output.position++] = (weightOf(code, i) << 4) | (i + 1 < written ? weightOf(code, i + 1) : 0)
  }
}

function weightOf(code: Code, symbol: number): number {
  return code.bits[symbol] === 0 ? 0 : code.width + 1 - code.bits[symbol]!
}

/** Backwards, since the decoder begins at the end. Gives false when it does not fit before `limit`. */
function writeStream(symbols: Uint8Array, code: Code, output: Output, limit: number): boolean {
  const bits = new BitWriter(output, limit)
  for (let i = symbols.length - 1; i >= 0; i--) {
    const symbol = symbols[i]!
    bits.add(code.values[symbol]!, code.bits[symbol]!)
    if (bits.full) return false
  }
  bits.finish()
  return true
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
