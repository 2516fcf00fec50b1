/** The Huffman coder of zstd's literals: trees from weights, and the streams that are read backwards (RFC 8878, 4.2). */

import { malformedBytes } from '../compression-error.ts'
import { BackwardBits, buildFseTable, readFseCounts } from './zstd-fse.ts'

export const MAX_HUFFMAN_BITS = 11
const MAX_WEIGHTS = 255
const WEIGHT_LIMITS = { log: 6, symbols: MAX_HUFFMAN_BITS + 2 }

/** Entry for the next `bits` bits of the stream = symbol | bits it takes << 8. */
export interface HuffmanTable {
  readonly bits: number
  readonly entries: Uint16Array
}

/** Reads the tree that stands at `start`; gives it and the position after it. Throws MALFORMED. */
export function readHuffmanTable(input: Uint8Array, start: number, end: number): { table: HuffmanTable; next: number } {
  if (start >= end) malformedBytes('zstd literals are cut short')
  const header = input[start]!
  const body = start + 1
  const bytes = header < 128 ? header : (header - 127 + 1) >>> 1
  const next = body + bytes
  if (next > end) malformedBytes('zstd literals are cut short')
  const weights = header < 128 ? readPackedWeights(input, body, next) : readPlainWeights(input, body, header - 127)
  return { table: buildHuffmanTable(weights), next }
}

/** Decodes the stream `input[start, end)` to `output[from, to)`. Throws MALFORMED unless it holds exactly so many symbols. */
export function decodeHuffmanStream(
  table: HuffmanTable,
  stream: { readonly input: Uint8Array; readonly start: number; readonly end: number },
  output: Uint8Array,
  range: { readonly from: number; readonly to: number },
): void {
  const bits = new BackwardBits(stream.input, stream.start, stream.end)
  const { entries, bits: width } = table
  for (let at = range.from; at < range.to; at++) {
    const entry = entries[bits.peek(width)]!
    output[at] = entry
    bits.left -= entry >>> 8
  }
  if (bits.left !== 0) malformedBytes('zstd literals do not end where their stream does')
}

function readPlainWeights(input: Uint8Array, start: number, count: number): number[] {
  const weights: number[] = []
  for (let i = 0; i < count; i++) weights.push((input[start + (i >>> 1)]! >>> ((i & 1) === 0 ? 4 : 0)) & 15)
  return weights
}

/** Weights coded by two states that take turns on one stream. */
function readPackedWeights(input: Uint8Array, start: number, end: number): number[] {
  const { counts, next } = readFseCounts(input, start, end, WEIGHT_LIMITS)
  const { entries, log } = buildFseTable(counts)
  const bits = new BackwardBits(input, next, end)
  const weights: number[] = []
  let state = bits.read(log)
  let other = bits.read(log)
  if (bits.left < 0) malformedBytes('zstd weights are cut short')
  for (;;) {
    const entry = entries[state]!
    weights.push(entry & 0xff)
    if (weights.length > MAX_WEIGHTS) malformedBytes('zstd tree has too many weights')
    const width = (entry >>> 8) & 0xff
    if (bits.left < width) {
      weights.push(entries[other]! & 0xff)
      return weights
    }
    state = other
    other = (entry >>> 16) + bits.read(width)
  }
}

/** The last weight is not written: it is what makes the sum a power of two. */
function buildHuffmanTable(weights: number[]): HuffmanTable {
  let sum = 0
  for (const weight of weights) {
    if (weight > MAX_HUFFMAN_BITS) malformedBytes(`zstd tree with weight ${weight}`)
    sum += weight === 0 ? 0 : 1 << (weight - 1)
  }
  if (sum === 0) malformedBytes('zstd tree without weights')
  const bits = 32 - Math.clz32(sum)
  const rest = (1 << bits) - sum
  if (bits > MAX_HUFFMAN_BITS || (rest & (rest - 1)) !== 0 || weights.length > MAX_WEIGHTS) {
    malformedBytes('zstd tree is not complete')
  }
  weights.push(32 - Math.clz32(rest))
  const entries = new Uint16Array(1 << bits)
  let at = 0
  for (let weight = 1; weight <= bits; weight++) {
    for (let symbol = 0; symbol < weights.length; symbol++) {
      if (weights[symbol] !== weight) continue
      const span = 1 << (weight - 1)
      entries.fill(symbol | ((bits + 1 - weight) << 8), at, at + span)
      at += span
    }
  }
  return { bits, entries }
}
