/**
 * Packs zstd frames, where the runtime has no zstd (Node 20). One level, about as fast as it gets: greedy matches, Huffman-coded
 * literals where they win and their bytes are in the lower half (text), sequences with the format's fixed tables.
 */

import { finishOutput, matchLength, type Output, outputOf, passingOutput, type Source, sourceOf } from './output.ts'
import { BitWriter } from './zstd-bit-writer.ts'
import { BlockType, MAX_BLOCK_BYTES } from './zstd-frame.ts'
import {
  DEFAULT_LITERAL_COUNTS,
  DEFAULT_MATCH_COUNTS,
  DEFAULT_OFFSET_COUNTS,
  type FseCounts,
  LITERAL_BASE,
  MATCH_BASE,
  spreadSymbols,
} from './zstd-fse.ts'
import { packLiterals } from './zstd-literals.ts'

const HASH_BITS = 15
const MIN_MATCH = 4
const SKIP_TRIGGER = 6
/** The last bytes of a block are literals, so that four bytes can always be read. */
const MARGIN_BYTES = 8
const MAX_SEQUENCES = MAX_BLOCK_BYTES / MIN_MATCH
/** Distances stay below this, in larger inputs: what any decoder has to bear. */
const WINDOW_BITS = 20
const WINDOW_BYTES = 1 << WINDOW_BITS
const SINGLE_SEGMENT = 0xa0
const WITH_WINDOW = 0x80
const FIXED_TABLES = 0
const MIN_GAIN_BYTES = 16

/** How one symbol moves the state of an encoder. */
interface FseEncoder {
  readonly log: number
  readonly states: Uint16Array
  readonly deltaBits: Int32Array
  readonly deltaState: Int32Array
}

interface Tools {
  readonly seen: Int32Array
  /** One entry per sequence of the block at hand. */
  readonly runs: Int32Array
  readonly matches: Int32Array
  readonly offsets: Int32Array
  readonly literals: Output
  readonly literalEncoder: FseEncoder
  readonly matchEncoder: FseEncoder
  readonly offsetEncoder: FseEncoder
}

let tools: Tools | undefined

/** One frame with the whole input, and its size in the header. */
export function compressZstdFrame(input: Uint8Array): Buffer {
  const source = sourceOf(input)
  const kit = (tools ??= makeTools())
  kit.seen.fill(-1)
  const blocks = Math.ceil(input.length / MAX_BLOCK_BYTES)
  const output = passingOutput(16 + input.length + (blocks + 1) * 64)
  writeFrameHeader(output, input.length)
  if (input.length === 0) writeBlockHeader(output, { at: output.position, type: BlockType.raw, size: 0, last: true })
  for (let start = 0; start < input.length; start += MAX_BLOCK_BYTES) {
    const end = Math.min(start + MAX_BLOCK_BYTES, input.length)
    packBlock(kit, source, { start, end, last: end === input.length }, output)
  }
  return finishOutput(output)
}

/** Content size in four bytes; a window only where the content is larger than it. */
function writeFrameHeader(output: Output, size: number): void {
  const { buffer, view } = output
  view.setUint32(0, 0xfd2fb528, true)
  output.position = 5
  if (size <= WINDOW_BYTES) buffer[4] = SINGLE_SEGMENT
  else {
    buffer[4] = WITH_WINDOW
    buffer[output.position++] = (WINDOW_BITS - 10) << 3
  }
  view.setUint32(output.position, size, true)
  output.position += 4
}

interface BlockHeader {
  readonly at: number
  readonly type: number
  readonly size: number
  readonly last: boolean
}

/** Writes the header at its place, and puts the output behind the block. */
function writeBlockHeader(output: Output, { at, type, size, last }: BlockHeader): void {
  const header = (size << 3) | (type << 1) | (last ? 1 : 0)
  output.buffer[at] = header
  output.buffer[at + 1] = header >>> 8
  output.buffer[at + 2] = header >>> 16
  output.position = at + 3 + size
}

interface BlockRange {
  readonly start: number
  readonly end: number
  readonly last: boolean
}

function packBlock(kit: Tools, source: Source, range: BlockRange, output: Output): void {
  const { start, end, last } = range
  const size = end - start
  const at = output.position
  const found = findSequences(kit, source, start, end)
  // As many bytes as the block has are there, and a little more; a packed block that comes near is not worth having.
  output.position = at + 3
  const limit = output.position + size
  packLiterals(kit.literals.buffer, found.literals, output)
  if (output.position + MIN_GAIN_BYTES < limit && packSequences(kit, found.count, output, limit)) {
    writeBlockHeader(output, { at, type: BlockType.compressed, size: output.position - at - 3, last })
    return
  }
  writeBlockHeader(output, { at, type: BlockType.raw, size, last })
  output.buffer.set(source.buffer.subarray(start, end), at + 3)
}

/** Fills runs, matches, offsets and literals of the kit. */
function findSequences(kit: Tools, source: Source, start: number, end: number): { count: number; literals: number } {
  const { seen, runs, matches, offsets } = kit
  const { view, buffer } = source
  const literals = kit.literals.buffer
  const lastMatch = end - MARGIN_BYTES
  let count = 0
  let literalBytes = 0
  let anchor = start
  let pos = start
  let misses = 1 << SKIP_TRIGGER
  while (pos <= lastMatch) {
    const word = view.getInt32(pos, true)
    const slot = Math.imul(word, 0x9e3779b1) >>> (32 - HASH_BITS)
    let match = seen[slot]!
    seen[slot] = pos
    if (match < 0 || pos - match >= WINDOW_BYTES || view.getInt32(match, true) !== word) {
      pos += misses++ >> SKIP_TRIGGER
      continue
    }
    while (pos > anchor && match > 0 && buffer[pos - 1] === buffer[match - 1]) {
      pos--
      match--
    }
    const length = MIN_MATCH + matchLength(view, pos + MIN_MATCH, match + MIN_MATCH, end)
    for (let i = anchor; i < pos; i++) literals[literalBytes++] = buffer[i]!
    runs[count] = pos - anchor
    matches[count] = length
    offsets[count++] = pos - match
    pos += length
    anchor = pos
    misses = 1 << SKIP_TRIGGER
    if (pos <= lastMatch) seen[Math.imul(view.getInt32(pos - 2, true), 0x9e3779b1) >>> (32 - HASH_BITS)] = pos - 2
  }
  for (let i = anchor; i < end; i++) literals[literalBytes++] = buffer[i]!
  return { count, literals: literalBytes }
}

/** Writes the sequences; gives false when they do not fit before `limit`. */
function packSequences(kit: Tools, count: number, output: Output, limit: number): boolean {
  writeSequenceCount(output, count)
  if (count === 0) return output.position < limit
  output.buffer[output.position++] = FIXED_TABLES
  const bits = new BitWriter(output, limit)
  const { runs, matches, literalEncoder, matchEncoder, offsetEncoder } = kit
  const values = offsetValues(kit, count)
  let literalState = 0
  let matchState = 0
  let offsetState = 0
  // Backwards, since the decoder reads the stream from its end.
  for (let i = count - 1; i >= 0; i--) {
    const run = codeOf(LITERAL_BASE.base, runs[i]!)
    const match = codeOf(MATCH_BASE.base, matches[i]!)
    const value = values[i]!
    const offset = 31 - Math.clz32(value)
    if (i === count - 1) {
      literalState = firstState(literalEncoder, run)
      matchState = firstState(matchEncoder, match)
      offsetState = firstState(offsetEncoder, offset)
    } else {
      offsetState = nextState(offsetEncoder, offsetState, offset, bits)
      matchState = nextState(matchEncoder, matchState, match, bits)
      literalState = nextState(literalEncoder, literalState, run, bits)
    }
    bits.add(runs[i]! - LITERAL_BASE.base[run]!, LITERAL_BASE.bits[run]!)
    bits.add(matches[i]! - MATCH_BASE.base[match]!, MATCH_BASE.bits[match]!)
    bits.add(value & ((1 << offset) - 1), offset)
    if (bits.full) return false
  }
  lastState(matchEncoder, matchState, bits)
  lastState(offsetEncoder, offsetState, bits)
  lastState(literalEncoder, literalState, bits)
  bits.finish()
  return output.position < limit
}

function writeSequenceCount(output: Output, count: number): void {
  const { buffer } = output
  if (count < 128) buffer[output.position++] = count
  else if (count < 0x7f00) {
    buffer[output.position++] = (count >>> 8) + 128
    buffer[output.position++] = count
  } else {
    buffer[output.position++] = 255
    buffer[output.position++] = count - 0x7f00
    buffer[output.position++] = (count - 0x7f00) >>> 8
  }
}

/** Distances as the format counts them: 1 to 3 for recent ones, else three more than the distance. In place. */
function offsetValues(kit: Tools, count: number): Int32Array {
  const { offsets, runs } = kit
  // Recent distances live from block to block in a frame: only what this block itself has seen is used.
  let first = 0
  let second = 0
  let third = 0
  for (let i = 0; i < count; i++) {
    const distance = offsets[i]!
    if (distance === first && runs[i] !== 0) {
      offsets[i] = 1
      continue
    }
    if (distance === second) {
      offsets[i] = runs[i] === 0 ? 1 : 2
      second = first
    } else if (distance === third) {
      offsets[i] = runs[i] === 0 ? 2 : 3
      third = second
      second = first
    } else {
      offsets[i] = distance + 3
      third = second
      second = first
    }
    first = distance
  }
  return offsets
}

/** The highest code whose range begins at or below the value. */
function codeOf(base: Int32Array, value: number): number {
  let low = 0
  let high = base.length - 1
  while (low < high) {
    const middle = (low + high + 1) >>> 1
    if (base[middle]! <= value) low = middle
    else high = middle - 1
  }
  return low
}

function firstState({ deltaBits, deltaState, states }: FseEncoder, symbol: number): number {
  const bits = (deltaBits[symbol]! + (1 << 15)) >> 16
  const value = (bits << 16) - deltaBits[symbol]!
  return states[(value >> bits) + deltaState[symbol]!]!
}

function nextState(
  { deltaBits, deltaState, states }: FseEncoder,
  state: number,
  symbol: number,
  out: BitWriter,
): number {
  const bits = (state + deltaBits[symbol]!) >> 16
  out.add(state & ((1 << bits) - 1), bits)
  return states[(state >> bits) + deltaState[symbol]!]!
}

function lastState({ log }: FseEncoder, state: number, out: BitWriter): void {
  out.add(state & ((1 << log) - 1), log)
}

function makeEncoder(counts: FseCounts): FseEncoder {
  const { log } = counts
  const size = 1 << log
  const symbols = spreadSymbols(counts)
  const states = new Uint16Array(size)
  const at: number[] = []
  const deltaBits = new Int32Array(counts.counts.length)
  const deltaState = new Int32Array(counts.counts.length)
  let total = 0
  for (const [symbol, count] of counts.counts.entries()) {
    const span = Math.abs(count)
    at.push(total)
    const bits = span <= 1 ? log : log - (31 - Math.clz32(span - 1))
    deltaBits[symbol] = span === 0 ? ((log + 1) << 16) - size : (bits << 16) - (span << bits)
    deltaState[symbol] = total - span
    total += span
  }
  for (let state = 0; state < size; state++) states[at[symbols[state]!]!++] = size + state
  return { log, states, deltaBits, deltaState }
}

function makeTools(): Tools {
  return {
    seen: new Int32Array(1 << HASH_BITS),
    runs: new Int32Array(MAX_SEQUENCES),
    matches: new Int32Array(MAX_SEQUENCES),
    offsets: new Int32Array(MAX_SEQUENCES),
    literals: outputOf(MAX_BLOCK_BYTES),
    literalEncoder: makeEncoder(DEFAULT_LITERAL_COUNTS),
    matchEncoder: makeEncoder(DEFAULT_MATCH_COUNTS),
    offsetEncoder: makeEncoder(DEFAULT_OFFSET_COUNTS),
  }
}
