/**
 * Unpacks zstd frames, where the runtime has no zstd (Node 20). Everything that a frame says is held against what it may be before
 * it is used, and output is never written past the capacity. Checksums of frames are not verified: the batch has its own.
 */

import { malformedBytes, tooLarge } from '../compression-error.ts'
import { type Bytes, bytesOf, copyLiterals, copyMatch, finishOutput, outputOf, SLACK_BYTES } from './match-copy.ts'
import {
  BlockType,
  MAX_BLOCK_BYTES,
  readZstdBlock,
  readZstdFrame,
  skippableEnd,
  type ZstdBlock,
  type ZstdFrame,
} from './zstd-frame.ts'
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
const TABLE = { predefined: 0, rle: 1, fse: 2, repeat: 3 } as const

interface Kind {
  readonly log: number
  readonly symbols: number
  readonly defaults: FseCounts
}

const LITERAL_LENGTHS: Kind = { log: 9, symbols: 36, defaults: DEFAULT_LITERAL_COUNTS }
const OFFSETS: Kind = { log: 8, symbols: 32, defaults: DEFAULT_OFFSET_COUNTS }
const MATCH_LENGTHS: Kind = { log: 9, symbols: 53, defaults: DEFAULT_MATCH_COUNTS }

/** What a frame carries from block to block. */
interface State {
  huffman: HuffmanTable | null
  readonly tables: (FseTable | null)[]
  /** The last three distances, most recent first. */
  readonly recent: [number, number, number]
}

const predefined = new Map<Kind, FseTable>()
let literalSpace: Bytes | undefined

/**
 * Unpacks all frames of `input`, which boundOfZstd has walked: `most` is its upper bound. Throws TOO_LARGE beyond `maxBytes`,
 * and MALFORMED.
 */
export function unpackZstdFrames(input: Uint8Array, most: number, maxBytes: number): Buffer {
  const source = bytesOf(input)
  const capacity = Math.min(most, maxBytes)
  const output = outputOf(capacity)
  let to = 0
  let pos = 0
  while (pos < input.length) {
    const frame = readZstdFrame(input, pos)
    if (frame === null) {
      pos = skippableEnd(input, pos)
      continue
    }
    const start = to
    const state: State = { huffman: null, tables: [null, null, null], recent: [1, 4, 8] }
    let block = readZstdBlock(input, frame.start, frame)
    for (; ; block = readZstdBlock(input, block.next, frame)) {
      const end = unpackBlock(source, block, state, output, { floor: start, to, limit: limitOf(frame, to, capacity) })
      if (end < 0) overrun(limitOf(frame, to, capacity), maxBytes)
      to = end
      if (block.last) break
    }
    if (frame.contentSize >= 0 && frame.contentSize !== to - start) malformedBytes('zstd content size is wrong')
    pos = block.next + (frame.checksum ? 4 : 0)
  }
  return finishOutput(output, to)
}

interface Place {
  /** Where the frame began in the output: copies may reach back to it. */
  readonly floor: number
  readonly to: number
  readonly limit: number
}

function limitOf(frame: ZstdFrame, to: number, capacity: number): number {
  return Math.min(to + Math.min(frame.windowBytes, MAX_BLOCK_BYTES), capacity)
}

function overrun(limit: number, maxBytes: number): never {
  if (limit === maxBytes) tooLarge(maxBytes)
  malformedBytes('zstd block unpacks to more than its frame allows')
}

/** Gives the index after the bytes, or -1 when they would pass the limit. */
function unpackBlock(source: Bytes, block: ZstdBlock, state: State, output: Bytes, place: Place): number {
  const { start, bytes, maxUnpacked } = block
  if (block.type === BlockType.compressed) return unpackCompressed(source, block, state, output, place)
  if (maxUnpacked > place.limit - place.to) return -1
  const end = place.to + maxUnpacked
  if (block.type === BlockType.raw) output.buffer.set(source.buffer.subarray(start, start + bytes), place.to)
  else output.buffer.fill(source.buffer[start]!, place.to, end)
  return end
}

function unpackCompressed(source: Bytes, block: ZstdBlock, state: State, output: Bytes, place: Place): number {
  const input = source.buffer
  const end = block.start + block.bytes
  const literals = readLiterals(source, block.start, end, state)
  let pos = literals.next
  if (pos >= end) malformedBytes('zstd block without sequences')
  let count = input[pos++]!
  if (count >= 128) {
    if (pos + (count === 255 ? 2 : 1) > end) malformedBytes('zstd block is cut short')
    count = count === 255 ? 0x7f00 + input[pos++]! + (input[pos++]! << 8) : ((count - 128) << 8) + input[pos++]!
  }
  if (count === 0) {
    if (pos !== end) malformedBytes('zstd block has bytes left')
    return copyRest(literals, 0, output, place.to, place.limit)
  }
  if (pos >= end || (input[pos]! & 3) !== 0) malformedBytes('zstd block with unknown modes')
  const modes = input[pos++]!
  const kinds = [LITERAL_LENGTHS, OFFSETS, MATCH_LENGTHS]
  for (let i = 0; i < 3; i++)
    pos = readTable(input, { pos, end, mode: (modes >>> (6 - 2 * i)) & 3 }, kinds[i]!, state.tables, i)
  return runSequences(new BackwardBits(input, pos, end), count, state, literals, output, place)
}

interface Literals {
  readonly bytes: Bytes
  readonly start: number
  readonly length: number
  /** Where the sequences begin in the input. */
  readonly next: number
}

function readLiterals(source: Bytes, start: number, end: number, state: State): Literals {
  const input = source.buffer
  if (start + 1 > end) malformedBytes('zstd literals are cut short')
  const type = input[start]! & 3
  const format = (input[start]! >>> 2) & 3
  if (type === LITERALS.raw || type === LITERALS.rle) {
    const headerBytes = format === 1 ? 2 : format === 3 ? 3 : 1
    if (start + headerBytes > end) malformedBytes('zstd literals are cut short')
    const word =
      input[start]! | (headerBytes > 1 ? input[start + 1]! << 8 : 0) | (headerBytes > 2 ? input[start + 2]! << 16 : 0)
    const length = word >>> (headerBytes === 1 ? 3 : 4)
    const at = start + headerBytes
    const next = at + (type === LITERALS.raw ? length : 1)
    if (length > MAX_BLOCK_BYTES || next > end) malformedBytes(`${length} zstd literals`)
    if (type === LITERALS.raw) return { bytes: source, start: at, length, next }
    const space = literalsOf()
    space.buffer.fill(input[at]!, 0, length)
    return { bytes: space, start: 0, length, next }
  }
  return readCompressedLiterals(input, start, end, state)
}

function readCompressedLiterals(input: Uint8Array, start: number, end: number, state: State): Literals {
  const format = (input[start]! >>> 2) & 3
  const headerBytes = format < 2 ? 3 : format + 2
  const width = format < 2 ? 10 : format === 2 ? 14 : 18
  if (start + headerBytes > end) malformedBytes('zstd literals are cut short')
  let header = 0
  for (let i = headerBytes - 1; i >= 0; i--) header = header * 256 + input[start + i]!
  header = Math.floor(header / 16)
  const length = header % 2 ** width
  const packed = Math.floor(header / 2 ** width)
  let pos = start + headerBytes
  const next = pos + packed
  if (length > MAX_BLOCK_BYTES || next > end) malformedBytes(`${length} zstd literals in ${packed} bytes`)
  if ((input[start]! & 3) === LITERALS.compressed) {
    const tree = readHuffmanTable(input, pos, next)
    state.huffman = tree.table
    pos = tree.next
  }
  const table = state.huffman
  if (table === null) malformedBytes('zstd literals without a tree')
  const space = literalsOf()
  if (format === 0) decodeHuffmanStream(table, { input, start: pos, end: next }, space.buffer, { from: 0, to: length })
  else decodeFourStreams(table, { input, start: pos, end: next }, space.buffer, length)
  return { bytes: space, start: 0, length, next }
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

/** Reads the table of one kind of symbols, into place `index`; gives the position after it. */
function readTable(
  input: Uint8Array,
  at: { readonly pos: number; readonly end: number; readonly mode: number },
  kind: Kind,
  tables: (FseTable | null)[],
  index: number,
): number {
  const { pos, end, mode } = at
  if (mode === TABLE.repeat) {
    if (tables[index] === null) malformedBytes('zstd block repeats no table')
    return pos
  }
  if (mode === TABLE.predefined) {
    let table = predefined.get(kind)
    if (table === undefined) predefined.set(kind, (table = buildFseTable(kind.defaults)))
    tables[index] = table
    return pos
  }
  if (mode === TABLE.rle) {
    if (pos >= end || input[pos]! >= kind.symbols) malformedBytes('zstd table of no symbol')
    tables[index] = singleSymbolTable(input[pos]!)
    return pos + 1
  }
  const read = readFseCounts(input, pos, end, kind)
  tables[index] = buildFseTable(read.counts)
  return read.next
}

function runSequences(
  bits: BackwardBits,
  count: number,
  state: State,
  literals: Literals,
  output: Bytes,
  place: Place,
): number {
  const [literalTable, offsetTable, matchTable] = state.tables as [FseTable, FseTable, FseTable]
  const { floor, limit } = place
  let literalState = bits.read(literalTable.log)
  let offsetState = bits.read(offsetTable.log)
  let matchState = bits.read(matchTable.log)
  let to = place.to
  let used = 0
  for (let left = count; left > 0; left--) {
    const literalEntry = literalTable.entries[literalState]!
    const offsetEntry = offsetTable.entries[offsetState]!
    const matchEntry = matchTable.entries[matchState]!
    const offsetCode = offsetEntry & 0xff
    const offset = 2 ** offsetCode + bits.read(offsetCode)
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
    if (run > literals.length - used) malformedBytes('zstd sequence takes more literals than there are')
    if (run + match > limit - to) return -1
    if (run !== 0) {
      copyLiterals(literals.bytes, literals.start + used, output, to, run)
      used += run
      to += run
    }
    const distance = distanceOf(offset, run, state.recent)
    if (distance <= 0 || distance > to - floor) malformedBytes(`zstd copy from ${distance} bytes before`)
    copyMatch(output, to, distance, match)
    to += match
  }
  if (bits.left !== 0) malformedBytes('zstd sequences do not end where their stream does')
  return copyRest(literals, used, output, to, limit)
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

function copyRest(literals: Literals, used: number, output: Bytes, to: number, limit: number): number {
  const rest = literals.length - used
  if (rest > limit - to) return -1
  if (rest > 0) copyLiterals(literals.bytes, literals.start + used, output, to, rest)
  return to + rest
}

/** Room for the literals of one block, kept between calls. */
function literalsOf(): Bytes {
  return (literalSpace ??= bytesOf(Buffer.allocUnsafeSlow(MAX_BLOCK_BYTES + SLACK_BYTES)))
}
