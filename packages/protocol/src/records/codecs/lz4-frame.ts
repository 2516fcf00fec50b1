/**
 * LZ4 frames, as Kafka has them since message format v2 (and v1 with a correct header checksum): a descriptor, blocks, an end mark.
 *
 * Written: independent blocks of 64 KB, no checksums (the batch has its own). Read: every frame of the format without a
 * dictionary; all checksums are verified; several frames may stand in a row.
 */

import { CompressionError, malformedBytes, tooLarge } from '../compression-error.ts'
import { compressLz4Block, decompressLz4Block, MAX_BLOCK_BYTES, maxLz4BlockBytes } from './lz4-block.ts'
import {
  finishBehind,
  finishOutput,
  type Output,
  passingOutput,
  type ResultMemory,
  type Source,
  sourceOf,
} from './output.ts'
import { xxh32 } from './xxh32.ts'

const FRAME_MAGIC = 0x184d2204
const SKIPPABLE_MAGIC = 0x184d2a50
const MIN_DESCRIPTOR_BYTES = 3
/** Version 1, independent blocks; blocks of at most 64 KB; checksum of those two bytes. */
const DESCRIPTOR = [0x60, 0x40, 0x82] as const
const STORED_BIT = 1 << 31
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

/** One frame with the whole input, behind `headroom` bytes. */
export function compressLz4(input: Uint8Array, headroom = 0): Buffer {
  const source = sourceOf(input)
  const blocks = Math.ceil(input.length / MAX_BLOCK_BYTES)
  const output = passingOutput(11 + maxLz4BlockBytes(input.length) + blocks * 20)
  const { buffer, view } = output
  view.setUint32(0, FRAME_MAGIC, true)
  for (let i = 0; i < DESCRIPTOR.length; i++) buffer[4 + i] = DESCRIPTOR[i]!
  output.position = 7
  for (let start = 0; start < input.length; start += MAX_BLOCK_BYTES) {
    const end = Math.min(start + MAX_BLOCK_BYTES, input.length)
    const sizeAt = output.position
    const blockAt = sizeAt + 4
    output.position = blockAt
    compressLz4Block(source, start, end, output)
    let size = output.position - blockAt
    if (size >= end - start) {
      buffer.set(input.subarray(start, end), blockAt)
      output.position = blockAt + end - start
      size = (end - start) | STORED_BIT
    }
    view.setInt32(sizeAt, size, true)
  }
  view.setUint32(output.position, 0, true)
  output.position += 4
  return headroom === 0 ? finishOutput(output) : finishBehind(output, headroom)
}

/** Unpacks all frames of the input. Throws TOO_LARGE beyond `maxBytes`, which are never allocated, and MALFORMED. */
export function decompressLz4(input: Uint8Array, maxBytes: number, memory?: ResultMemory): Buffer {
  const source = sourceOf(input)
  const capacity = Math.min(boundOf(source), maxBytes)
  const output = passingOutput(capacity)
  let pos = 0
  while (pos < input.length) {
    const frame = readDescriptor(source, pos)
    if (frame === null) {
      pos = skippableEnd(source, pos)
      continue
    }
    const start = output.position
    if (frame.contentSize > maxBytes - start) tooLarge(maxBytes)
    let block = readBlock(source, frame.start, frame)
    for (; block.size > 0; block = readBlock(source, block.next, frame)) {
      const at = output.position
      const ceiling = at + frame.maxBlockBytes
      const limit = Math.min(ceiling, capacity)
      if (!unpackBlock(source, block, output, { floor: frame.linked ? start : at, limit })) {
        if (limit < ceiling && limit === maxBytes) tooLarge(maxBytes)
        malformedBytes('lz4 block unpacks to more than its frame allows')
      }
    }
    pos = block.next
    if (frame.contentChecksum) {
      if (source.view.getUint32(pos, true) !== xxh32(output.buffer, start, output.position)) {
        malformedBytes('lz4 content checksum is wrong')
      }
      pos += 4
    }
    if (frame.contentSize >= 0 && frame.contentSize !== output.position - start)
      malformedBytes('lz4 content size is wrong')
  }
  return finishOutput(output, memory)
}

/** Most bytes to which the whole input can unpack, found without unpacking. Throws MALFORMED when it is cut short. */
function boundOf(source: Source): number {
  let bound = 0
  let pos = 0
  if (source.buffer.length === 0) malformedBytes('no lz4 frame')
  while (pos < source.buffer.length) {
    const frame = readDescriptor(source, pos)
    if (frame === null) {
      pos = skippableEnd(source, pos)
      continue
    }
    let block = readBlock(source, frame.start, frame)
    for (; block.size > 0; block = readBlock(source, block.next, frame)) {
      bound += block.stored ? block.size : Math.min(block.size * MAX_RATIO, frame.maxBlockBytes)
    }
    pos = block.next + (frame.contentChecksum ? 4 : 0)
    if (pos > source.buffer.length) malformedBytes('lz4 frame is cut short')
  }
  return bound
}

interface Block {
  readonly start: number
  /** 0 for the end mark. */
  readonly size: number
  readonly stored: boolean
  readonly checksum: boolean
  readonly next: number
}

function readBlock(source: Source, pos: number, frame: Frame): Block {
  const length = source.buffer.length
  if (pos + 4 > length) malformedBytes('lz4 frame is cut short')
  const word = source.view.getInt32(pos, true)
  const start = pos + 4
  if (word === 0) return { start, size: 0, stored: false, checksum: false, next: start }
  const size = word & ~STORED_BIT
  const next = start + size + (frame.blockChecksums ? 4 : 0)
  if (size === 0 || size > frame.maxBlockBytes || next > length) malformedBytes(`lz4 block of ${size} bytes`)
  return { start, size, stored: word < 0, checksum: frame.blockChecksums, next }
}

/** Gives false when the bytes do not fit. */
function unpackBlock(
  source: Source,
  block: Block,
  output: Output,
  bounds: { readonly floor: number; readonly limit: number },
): boolean {
  const { start, size, stored } = block
  const end = start + size
  if (block.checksum && source.view.getUint32(end, true) !== xxh32(source.buffer, start, end)) {
    malformedBytes('lz4 block checksum is wrong')
  }
  if (!stored) return decompressLz4Block(source, { start, end }, output, bounds)
  if (size > bounds.limit - output.position) return false
  output.buffer.set(source.buffer.subarray(start, end), output.position)
  output.position += size
  return true
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
