/**
 * LZ4 frames, as Kafka has them since message format v2 (and v1 with a correct header checksum): a descriptor, blocks, an end mark.
 *
 * Written: independent blocks of 64 KB, no checksums (the batch has its own). Read: every frame of the format without a
 * dictionary; all checksums are verified; several frames may stand in a row.
 */

import { CompressionError, malformedBytes, tooLarge } from '../compression-error.ts'
import { lz4Memory, STORED } from './lz4-memory.ts'
import { CUT_SHORT, MAX_BLOCK_BYTES, MAX_PACKED_BLOCK_BYTES, WRONG_DISTANCE } from './lz4-wasm/layout.ts'
import { type ResultMemory, type Source, sourceOf } from './output.ts'
import { xxh32 } from './xxh32.ts'

const FRAME_MAGIC = 0x184d2204
const SKIPPABLE_MAGIC = 0x184d2a50
const MIN_DESCRIPTOR_BYTES = 3
/** The magic number; version 1, independent blocks; blocks of at most 64 KB; checksum of those two bytes. */
const HEADER = Buffer.from('04224d18604082', 'hex')
const END_MARK = Buffer.alloc(4)
const TWO_32 = 2 ** 32
/** No block unpacks to more than this times its size: one length byte stands for at most 255. */
const MAX_RATIO = 255

interface Frame {
  /** Where the first block begins. */
  readonly start: number
  readonly linked: boolean
  readonly blockChecksums: boolean
  readonly contentChecksum: boolean
  /** -1 when the frame does not say. */
  readonly contentSize: number
  readonly maxBlockBytes: number
}

/** What a frame is in. */
interface Outer {
  /** Bytes that the frames before it unpacked to. */
  readonly before: number
  /** Most bytes for all of them. */
  readonly maxBytes: number
}

/** One frame with the whole input, behind `headroom` bytes. */
export function compressLz4(input: Uint8Array, headroom = 0): Buffer {
  const output = lz4Memory()
  output.begin(MAX_PACKED_BLOCK_BYTES)
  output.append(HEADER)
  for (let start = 0; start < input.length; start += MAX_PACKED_BLOCK_BYTES) {
    const end = Math.min(start + MAX_PACKED_BLOCK_BYTES, input.length)
    output.pack(end - start === input.length ? input : input.subarray(start, end))
  }
  output.append(END_MARK)
  const frame = output.finish(headroom, Buffer.allocUnsafeSlow)
  output.clear()
  return frame
}

/** Unpacks all frames of the input. Throws TOO_LARGE beyond `maxBytes`, which are never allocated, and MALFORMED. */
export function decompressLz4(input: Uint8Array, maxBytes: number, memory?: ResultMemory): Buffer {
  const source = sourceOf(input)
  if (input.length === 0) malformedBytes('no lz4 frame')
  const output = lz4Memory()
  output.begin(Math.min(input.length, MAX_BLOCK_BYTES))
  try {
    for (let pos = 0; pos < input.length; ) {
      const frame = readDescriptor(source, pos)
      pos = frame === null ? skippableEnd(source, pos) : unpackFrame(source, frame, maxBytes)
    }
    return output.finish(0, memory)
  } finally {
    output.clear()
  }
}

/** Gives where the frame ends. */
function unpackFrame(source: Source, frame: Frame, maxBytes: number): number {
  const output = lz4Memory()
  const before = output.length
  if (frame.contentSize > maxBytes - before) tooLarge(maxBytes)
  let pos = frame.start
  let size = uint32At(source, pos)
  for (; size !== 0; size = uint32At(source, pos)) {
    const start = pos + 4
    const end = start + (size % STORED)
    pos = end + (frame.blockChecksums ? 4 : 0)
    if (end === start || end - start > frame.maxBlockBytes || pos > source.buffer.length) {
      malformedBytes(`lz4 block of ${end - start} bytes`)
    }
    if (frame.blockChecksums && source.view.getUint32(end, true) !== xxh32(source.buffer, start, end)) {
      malformedBytes('lz4 block checksum is wrong')
    }
    const bytes = source.buffer.subarray(start, end)
    if (size < STORED) unpackBlock(bytes, frame, { before, maxBytes })
    else if (bytes.length <= maxBytes - output.length) output.append(bytes)
    else tooLarge(maxBytes)
  }
  pos += 4
  if (frame.contentChecksum) {
    const { buffer, start, end } = output.written()
    if (uint32At(source, pos) !== xxh32(buffer, start + before, end)) malformedBytes('lz4 content checksum is wrong')
    pos += 4
  }
  const bytes = output.length - before
  if (frame.contentSize >= 0 && frame.contentSize !== bytes) malformedBytes('lz4 content size is wrong')
  return pos
}

function unpackBlock(bytes: Uint8Array, frame: Frame, { before, maxBytes }: Outer): void {
  const output = lz4Memory()
  const mostBytes = Math.min(bytes.length * MAX_RATIO, frame.maxBlockBytes)
  const bytesLeft = maxBytes - output.length
  const historyBytes = frame.linked ? output.length - before : 0
  const fault = output.unpack({ bytes, maxBytes: Math.min(mostBytes, bytesLeft), historyBytes })
  if (fault === 0) return
  if (fault === CUT_SHORT) malformedBytes('lz4 block is cut short')
  if (fault === WRONG_DISTANCE) malformedBytes('lz4 distance leads out of the block')
  if (bytesLeft < mostBytes) tooLarge(maxBytes)
  malformedBytes('lz4 block unpacks to more than its frame allows')
}

function uint32At({ buffer, view }: Source, pos: number): number {
  if (pos + 4 > buffer.length) malformedBytes('lz4 frame is cut short')
  return view.getUint32(pos, true)
}

/** The descriptor of the frame at `pos`; null for a frame that is to be skipped. */
function readDescriptor(source: Source, pos: number): Frame | null {
  const { buffer, view } = source
  if (pos + 4 > buffer.length) malformedBytes('lz4 frame is cut short')
  const word = view.getUint32(pos, true)
  if (word - (word % 16) === SKIPPABLE_MAGIC) return null
  if (word !== FRAME_MAGIC) malformedBytes('no lz4 frame')
  const start = pos + 4
  if (start + MIN_DESCRIPTOR_BYTES > buffer.length) malformedBytes('lz4 frame is cut short')
  const flags = buffer[start]!
  const blockSizeCode = (buffer[start + 1]! >>> 4) & 7
  if (flags >>> 6 !== 1 || (flags & 2) !== 0 || blockSizeCode < 4 || (buffer[start + 1]! & 0x8f) !== 0) {
    malformedBytes('lz4 frame descriptor is not of this version')
  }
  if ((flags & 1) !== 0) throw new CompressionError('UNSUPPORTED', 'lz4 frame needs a dictionary')
  const sized = (flags & 8) !== 0
  const checksumAt = start + 2 + (sized ? 8 : 0)
  if (checksumAt >= buffer.length) malformedBytes('lz4 frame is cut short')
  if (buffer[checksumAt] !== ((xxh32(buffer, start, checksumAt) >>> 8) & 0xff)) {
    malformedBytes('lz4 header checksum is wrong')
  }
  return {
    start: checksumAt + 1,
    linked: (flags & 0x20) === 0,
    blockChecksums: (flags & 0x10) !== 0,
    contentChecksum: (flags & 4) !== 0,
    contentSize: sized ? view.getUint32(start + 2, true) + view.getUint32(start + 6, true) * TWO_32 : -1,
    maxBlockBytes: 1 << (8 + 2 * blockSizeCode),
  }
}

function skippableEnd(source: Source, pos: number): number {
  if (pos + 8 > source.buffer.length) malformedBytes('lz4 frame is cut short')
  const end = pos + 8 + source.view.getUint32(pos + 4, true)
  if (end > source.buffer.length) malformedBytes('lz4 frame is cut short')
  return end
}
