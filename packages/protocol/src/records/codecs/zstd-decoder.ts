/**
 * Unpacks zstd frames, where the runtime has no zstd (Node 20). Everything that a frame says is held against what it may be before
 * it is used, and output is never written past the capacity. Checksums of frames are not verified: the batch has its own.
 */

import { malformedBytes, tooLarge } from '../compression-error.ts'
import {
  copyLiterals,
  copyMatch,
  finishOutput,
  type Output,
  outputOf,
  passingOutput,
  type Source,
  sourceOf,
} from './output.ts'
import { BlockType, MAX_BLOCK_BYTES, readZstdBlock, readZstdFrame, skippableEnd, type ZstdBlock } from './zstd-frame.ts'
import {
  BackwardBits,
  buildFseTable,
  DEFAULT_LITERAL_COUNTS,
  DEFAULT_MATCH_COUNTS,
  DEFAULT_OFFSET_COUNTS,
  type FseCounts,
  type FseTable,
  LITERAL_BASE,
  MATCH_BASE,
  readFseCounts,
  singleSymbolTable,
} from './zstd-fse.ts'
import { decodeHuffmanStream, type HuffmanTable, readHuffmanTable } from './zstd-huffman.ts'

const LITERALS = { raw: 0, rle: 1, compressed: 2, treeless: 3 } as const
/** Bits of a length in the header of compressed literals, by format. */
const LENGTH_BITS = [10, 10, 14, 18] as const
const TABLE = { predefined: 0, rle: 1, fse: 2, repeat: 3 } as const

interface Kind {
  readonly log: number
  readonly symbols: number
  readonly defaults: FseCounts
}

const LITERAL_LENGTHS: Kind = { log: 9, symbols: 36, defaults: DEFAULT_LITERAL_COUNTS }
/** Codes beyond stand for distances of more than a gigabyte, which no output has. */
const OFFSETS: Kind = { log: 8, symbols: 31, defaults: DEFAULT_OFFSET_COUNTS }
const MATCH_LENGTHS: Kind = { log: 9, symbols: 53, defaults: DEFAULT_MATCH_COUNTS }

/** What a frame carries from block to block. */
interface State {
  huffman: HuffmanTable | null
  readonly tables: (FseTable | null)[]
  /** The last three distances, most recent first. */
  readonly recent: [number, number, number]
}

/** The bytes of a block, read from front to back. */
interface BlockReader {
  readonly input: Uint8Array
  pos: number
  readonly end: number
}

/** Where in the output a block may be put: copies reach back to `floor`, nothing goes beyond `limit`. */
interface Bounds {
  readonly floor: number
  readonly limit: number
}

const predefined = new Map<Kind, FseTable>()
let literalSpace: Output | undefined

/**
 * Unpacks all frames of `input`, which boundOfZstd has walked: `most` is its upper bound. Throws TOO_LARGE beyond `maxBytes`,
 * and MALFORMED.
 */
export function unpackZstdFrames(input: Uint8Array, most: number, maxBytes: number): Buffer {
  const capacity = Math.min(most, maxBytes)
  const output = passingOutput(capacity)
  let pos = 0
  while (pos < input.length) {
    const frame = readZstdFrame(input, pos)
    if (frame === null) {
      pos = skippableEnd(input, pos)
      continue
    }
    const floor = output.position
    const state: State = { huffman: null, tables: [null, null, null], recent: [1, 4, 8] }
    let block = readZstdBlock(input, frame.start, frame)
    for (; ; block = readZstdBlock(input, block.next, frame)) {
      const ceiling = output.position + Math.min(frame.windowBytes, MAX_BLOCK_BYTES)
      const limit = Math.min(ceiling, capacity)
      if (!unpackBlock(input, block, state, { output, floor, limit })) {
        if (limit === maxBytes) tooLarge(maxBytes)
        malformedBytes('zstd block unpacks to more than its frame allows')
      }
      if (block.last) break
    }
    if (frame.contentSize >= 0 && frame.contentSize !== output.position - floor) {
      malformedBytes('zstd content size is wrong')
    }
    pos = block.next + (frame.checksum ? 4 : 0)
  }
  return finishOutput(output)
}

/** Gives false when the bytes would pass the limit. */
function unpackBlock(
  input: Uint8Array,
  block: ZstdBlock,
  state: State,
  place: Bounds & { readonly output: Output },
): boolean {
  const { output } = place
  const { start, bytes, maxUnpacked, type } = block
  if (type === BlockType.compressed) {
    return unpackCompressed({ input, pos: start, end: start + bytes }, state, output, place)
  }
  if (maxUnpacked > place.limit - output.position) return false
  const end = output.position + maxUnpacked
  if (type === BlockType.raw) output.buffer.set(input.subarray(start, start + bytes), output.position)
  else output.buffer.fill(input[start]!, output.position, end)
  output.position = end
  return true
}

function unpackCompressed(reader: BlockReader, state: State, output: Output, bounds: Bounds): boolean {
  const literals = readLiterals(reader, state)
  const count = readSequenceCount(reader)
  if (count === 0) {
    if (reader.pos !== reader.end) malformedBytes('zstd block has bytes left')
    return copyRest(literals, output, bounds.limit)
  }
  const modes = nextByte(reader)
  if ((modes & 3) !== 0) malformedBytes('zstd block with unknown modes')
  state.tables[0] = readTable(reader, LITERAL_LENGTHS, modes >>> 6, state.tables[0]!)
  state.tables[1] = readTable(reader, OFFSETS, (modes >>> 4) & 3, state.tables[1]!)
  state.tables[2] = readTable(reader, MATCH_LENGTHS, (modes >>> 2) & 3, state.tables[2]!)
  const bits = new BackwardBits(reader.input, reader.pos, reader.end)
  return runSequences({ bits, count, literals }, state, output, bounds)
}

function readSequenceCount(reader: BlockReader): number {
  const first = nextByte(reader)
  if (first < 128) return first
  const second = nextByte(reader)
  return first < 255 ? ((first - 128) << 8) + second : 0x7f00 + second + (nextByte(reader) << 8)
}

function nextByte(reader: BlockReader): number {
  if (reader.pos >= reader.end) malformedBytes('zstd block is cut short')
  return reader.input[reader.pos++]!
}

interface Literals {
  readonly source: Source
  /** The next one to be used. */
  at: number
  readonly end: number
}

function readLiterals(reader: BlockReader, state: State): Literals {
  const { input, end } = reader
  const first = nextByte(reader)
  const type = first & 3
  if (type === LITERALS.compressed || type === LITERALS.treeless) return readCompressedLiterals(reader, first, state)
  const format = (first >>> 2) & 3
  let length = first >>> 3
  if (format === 1) length = (first >>> 4) | (nextByte(reader) << 4)
  if (format === 3) length = (first >>> 4) | (nextByte(reader) << 4) | (nextByte(reader) << 12)
  const at = reader.pos
  reader.pos += type === LITERALS.raw ? length : 1
  if (length > MAX_BLOCK_BYTES || reader.pos > end) malformedBytes(`${length} zstd literals`)
  if (type === LITERALS.raw) return { source: sourceOf(input), at, end: at + length }
  const space = spaceForLiterals()
  space.buffer.fill(input[at]!, 0, length)
  return { source: space, at: 0, end: length }
}

function readCompressedLiterals(reader: BlockReader, first: number, state: State): Literals {
  const { input } = reader
  const format = (first >>> 2) & 3
  const width = LENGTH_BITS[format]!
  // Four bits of type and format, the length, the packed length.
  let header = first
  for (let i = 1, scale = 256; i < (4 + 2 * width) / 8; i++, scale *= 256) header += nextByte(reader) * scale
  header = Math.floor(header / 16)
  const length = (header % 2 ** width) | 0
  const packed = (header / 2 ** width) | 0
  const end = reader.pos + packed
  if (length > MAX_BLOCK_BYTES || end > reader.end) malformedBytes(`${length} zstd literals in ${packed} bytes`)
  let start = reader.pos
  if ((first & 3) === LITERALS.compressed) {
    const tree = readHuffmanTable(input, start, end)
    state.huffman = tree.table
    start = tree.next
  }
  const table = state.huffman
  if (table === null) malformedBytes('zstd literals without a tree')
  const space = spaceForLiterals()
  if (format === 0) decodeHuffmanStream(table, { input, start, end }, space.buffer, { from: 0, to: length })
  else decodeFourStreams(table, { input, start, end }, space.buffer, length)
  reader.pos = end
  return { source: space, at: 0, end: length }
}

/** Four streams of a quarter each; the sizes of the first three stand in front. */
function decodeFourStreams(
  table: HuffmanTable,
  streams: { readonly input: Uint8Array; readonly start: number; readonly end: number },
  output: Uint8Array,
  length: number,
): void {
  const { input, start, end } = streams
  const quarter = (length + 3) >>> 2
  let pos = start + 6
  if (pos > end || quarter * 3 > length) malformedBytes('zstd literals are cut short')
  for (let i = 0; i < 4; i++) {
    const size = i === 3 ? end - pos : input[start + 2 * i]! | (input[start + 2 * i + 1]! << 8)
    if (size > end - pos) malformedBytes('zstd literals are cut short')
    const to = i === 3 ? length : quarter * (i + 1)
    decodeHuffmanStream(table, { input, start: pos, end: pos + size }, output, { from: quarter * i, to })
    pos += size
  }
}

/** Reads the table of one kind of symbols; `previous` is the one of the block before. */
function readTable(reader: BlockReader, kind: Kind, mode: number, previous: FseTable | null): FseTable {
  if (mode === TABLE.repeat) {
    if (previous === null) malformedBytes('zstd block repeats no table')
    return previous
  }
  if (mode === TABLE.predefined) {
    let table = predefined.get(kind)
    if (table === undefined) predefined.set(kind, (table = buildFseTable(kind.defaults)))
    return table
  }
  if (mode === TABLE.rle) {
    const symbol = nextByte(reader)
    if (symbol >= kind.symbols) malformedBytes('zstd table of no symbol')
    return singleSymbolTable(symbol)
  }
  const { counts, next } = readFseCounts(reader.input, reader.pos, reader.end, kind)
  reader.pos = next
  return buildFseTable(counts)
}

interface Sequences {
  readonly bits: BackwardBits
  readonly count: number
  readonly literals: Literals
}

/** Gives false when the bytes would pass the limit. */
function runSequences(sequences: Sequences, state: State, output: Output, bounds: Bounds): boolean {
  const { bits, literals } = sequences
  const { floor, limit } = bounds
  const [literalTable, offsetTable, matchTable] = state.tables as [FseTable, FseTable, FseTable]
  let literalState = bits.read(literalTable.log)
  let offsetState = bits.read(offsetTable.log)
  let matchState = bits.read(matchTable.log)
  for (let left = sequences.count; left > 0; left--) {
    const literalEntry = literalTable.entries[literalState]!
    const offsetEntry = offsetTable.entries[offsetState]!
    const matchEntry = matchTable.entries[matchState]!
    const offsetCode = offsetEntry & 0xff
    const offset = (1 << offsetCode) + bits.read(offsetCode)
    const matchCode = matchEntry & 0xff
    const match = MATCH_BASE.base[matchCode]! + bits.read(MATCH_BASE.bits[matchCode]!)
    const literalCode = literalEntry & 0xff
    const run = LITERAL_BASE.base[literalCode]! + bits.read(LITERAL_BASE.bits[literalCode]!)
    if (bits.left < 0) malformedBytes('zstd sequences are cut short')
    if (left > 1) {
      literalState = (literalEntry >>> 16) + bits.read((literalEntry >>> 8) & 0xff)
      matchState = (matchEntry >>> 16) + bits.read((matchEntry >>> 8) & 0xff)
      offsetState = (offsetEntry >>> 16) + bits.read((offsetEntry >>> 8) & 0xff)
    }
    if (run > literals.end - literals.at) malformedBytes('zstd sequence takes more literals than there are')
    if (run + match > limit - output.position) return false
    if (run !== 0) {
      copyLiterals(literals.source, literals.at, run, output)
      literals.at += run
    }
    const distance = distanceOf(offset, run, state.recent)
    if (distance <= 0 || distance > output.position - floor) malformedBytes(`zstd copy from ${distance} bytes before`)
    copyMatch(output, distance, match)
  }
  if (bits.left !== 0) malformedBytes('zstd sequences do not end where their stream does')
  return copyRest(literals, output, limit)
}

/** Turns an offset value into a distance: 1 to 3 are the recent ones, shifted by one when no literals came before. */
function distanceOf(offset: number, run: number, recent: [number, number, number]): number {
  if (offset > 3) {
    recent[2] = recent[1]
    recent[1] = recent[0]
    recent[0] = offset - 3
    return recent[0]
  }
  const index = offset - 1 + (run === 0 ? 1 : 0)
  if (index === 0) return recent[0]
  const distance = index === 3 ? recent[0] - 1 : recent[index]!
  if (index !== 1) recent[2] = recent[1]
  recent[1] = recent[0]
  recent[0] = distance
  return distance
}

function copyRest(literals: Literals, output: Output, limit: number): boolean {
  const rest = literals.end - literals.at
  if (rest > limit - output.position) return false
  if (rest > 0) copyLiterals(literals.source, literals.at, rest, output)
  return true
}

/** Room for the literals of one block, kept between calls. */
function spaceForLiterals(): Output {
  return (literalSpace ??= outputOf(MAX_BLOCK_BYTES))
}
