/**
 * The outside of zstd frames: what their headers declare, and what their blocks can unpack to at most, found without unpacking. So a
 * frame that claims more than the caller allows, or needs a dictionary, is refused before anything is allocated.
 */

import { CompressionError, malformedBytes } from '../compression-error.ts'

const FRAME_MAGIC = 0xfd2fb528
const SKIPPABLE_MAGIC = 0x184d2a50
const SINGLE_SEGMENT_BIT = 0x20
const MIN_WINDOW_BITS = 10
/** Windows up to this size are what every decoder has to bear. */
const LARGE_WINDOW_BYTES = 8 * 1024 * 1024
const DICTIONARY_ID_BYTES = [0, 1, 2, 4] as const
const CONTENT_SIZE_BYTES = [0, 2, 4, 8] as const

/** No block unpacks to more. */
export const MAX_BLOCK_BYTES = 128 * 1024

export const BlockType = { raw: 0, rle: 1, compressed: 2 } as const

export interface ZstdFrame {
  /** Where the first block begins. */
  readonly start: number
  readonly windowBytes: number
  /** -1 when the frame does not say. */
  readonly contentSize: number
  readonly checksum: boolean
}

export interface ZstdBlock {
  readonly type: number
  readonly last: boolean
  /** Where its bytes begin. */
  readonly start: number
  /** Bytes of the block in the frame. */
  readonly bytes: number
  /** What it unpacks to; for a compressed block at most. */
  readonly maxUnpacked: number
  readonly next: number
}

/** What the frames of an input unpack to: at least, by what they say, and at most, by what their blocks can hold. */
export interface ZstdBound {
  readonly least: number
  readonly most: number
}

/** Finds the bounds of all frames of `input` without unpacking. Throws MALFORMED and UNSUPPORTED. */
export function boundOfZstd(input: Uint8Array): ZstdBound {
  let least = 0
  let most = 0
  let pos = 0
  if (input.length === 0) malformedBytes('no zstd frame')
  while (pos < input.length) {
    const frame = readZstdFrame(input, pos)
    if (frame === null) {
      pos = skippableEnd(input, pos)
      continue
    }
    let leastOfFrame = 0
    let mostOfFrame = 0
    let block = readZstdBlock(input, frame.start, frame)
    for (; ; block = readZstdBlock(input, block.next, frame)) {
      if (block.type !== BlockType.compressed) leastOfFrame += block.maxUnpacked
      mostOfFrame += block.maxUnpacked
      if (block.last) break
    }
    pos = block.next + (frame.checksum ? 4 : 0)
    if (pos > input.length) malformedBytes('zstd frame is cut short')
    const { contentSize } = frame
    if (contentSize > mostOfFrame || (contentSize >= 0 && contentSize < leastOfFrame)) {
      malformedBytes(`zstd frame claims ${contentSize} bytes`)
    }
    least += contentSize >= 0 ? contentSize : leastOfFrame
    most += contentSize >= 0 ? contentSize : mostOfFrame
  }
  return { least, most }
}

/**
 * The input with the window of its first frame made no larger than what the input can unpack to: a decoder allocates the window, and
 * high levels ask for 128 MB whatever the size of the content. The same input where nothing is to be won.
 */
export function withSmallWindow(input: Uint8Array, most: number): Uint8Array {
  const frame = readZstdFrame(input, 0)
  if (frame === null || frame.windowBytes <= LARGE_WINDOW_BYTES || (input[4]! & SINGLE_SEGMENT_BIT) !== 0) return input
  const bits = Math.max(MIN_WINDOW_BITS, Math.ceil(Math.log2(Math.max(most, MAX_BLOCK_BYTES))))
  if (2 ** bits >= frame.windowBytes) return input
  const copy = Buffer.from(input)
  copy[5] = (bits - MIN_WINDOW_BITS) << 3
  return copy
}

/** The header of the frame at `pos`; null for a frame that is to be skipped. */
export function readZstdFrame(input: Uint8Array, pos: number): ZstdFrame | null {
  if (pos + 5 > input.length) malformedBytes('zstd frame is cut short')
  const magic = littleEndian(input, pos, 4)
  if (magic - (magic % 16) === SKIPPABLE_MAGIC) return null
  if (magic !== FRAME_MAGIC) malformedBytes('no zstd frame')
  const descriptor = input[pos + 4]!
  const single = (descriptor & SINGLE_SEGMENT_BIT) !== 0
  const dictionaryBytes = DICTIONARY_ID_BYTES[descriptor & 3]!
  const sizeFlag = descriptor >>> 6
  const sizeBytes = sizeFlag === 0 && single ? 1 : CONTENT_SIZE_BYTES[sizeFlag]!
  let at = pos + 5
  const start = at + (single ? 0 : 1) + dictionaryBytes + sizeBytes
  if ((descriptor & 0x08) !== 0) malformedBytes('zstd frame has a reserved bit')
  if (start > input.length) malformedBytes('zstd frame is cut short')
  let windowBytes = 0
  if (!single) {
    const base = 2 ** (MIN_WINDOW_BITS + (input[at]! >>> 3))
    windowBytes = base + (base / 8) * (input[at]! & 7)
    at++
  }
  if (littleEndian(input, at, dictionaryBytes) !== 0) {
    throw new CompressionError('UNSUPPORTED', 'zstd frame needs a dictionary')
  }
  at += dictionaryBytes
  const contentSize = sizeBytes === 0 ? -1 : littleEndian(input, at, sizeBytes) + (sizeBytes === 2 ? 256 : 0)
  if (single) windowBytes = contentSize
  return { start, windowBytes, contentSize, checksum: (descriptor & 4) !== 0 }
}

/** The block at `pos`, which lies in the input as a whole. */
export function readZstdBlock(input: Uint8Array, pos: number, frame: ZstdFrame): ZstdBlock {
  if (pos + 3 > input.length) malformedBytes('zstd frame is cut short')
  const header = input[pos]! | (input[pos + 1]! << 8) | (input[pos + 2]! << 16)
  const type = (header >>> 1) & 3
  const size = header >>> 3
  // Whole numbers as such, not as doubles: they become positions, and one double there slows all codecs down.
  const maxUnpacked = Math.min(frame.windowBytes, MAX_BLOCK_BYTES) | 0
  const start = pos + 3
  const bytes = type === BlockType.rle ? 1 : size
  if (type === 3 || size > maxUnpacked) malformedBytes(`zstd block of ${size} bytes`)
  if (start + bytes > input.length) malformedBytes('zstd frame is cut short')
  const unpacked = type === BlockType.compressed ? maxUnpacked : size
  return { type, last: (header & 1) !== 0, start, bytes, maxUnpacked: unpacked, next: start + bytes }
}

/** Where the frame to be skipped at `pos` ends. */
export function skippableEnd(input: Uint8Array, pos: number): number {
  if (pos + 8 > input.length) malformedBytes('zstd frame is cut short')
  const end = pos + 8 + littleEndian(input, pos + 4, 4)
  if (end > input.length) malformedBytes('zstd frame is cut short')
  return end
}

function littleEndian(input: Uint8Array, pos: number, bytes: number): number {
  let value = 0
  for (let i = bytes - 1; i >= 0; i--) value = value * 256 + input[pos + i]!
  return value
}
