/**
 * Walks the batches of a segment's file from its header fields: for recovery, for rebuilding what is derived from a log
 * (indexes, producer state, epochs), and for finding a place that an index only comes near to.
 */
import type { FileHandle } from '@ottla/env'
import {
  baseOffset,
  HEADER_BYTES,
  isCrcValid,
  LENGTH_PREFIX_BYTES,
  lastOffsetDelta,
  MAGIC_AT,
  MAGIC_V2,
  magic,
  nextOffset,
  recordCount,
  sizeInBytes,
} from '@ottla/protocol'
import { readFully } from '../read/read-fully.ts'

export interface ScanOptions {
  readonly from: number
  /** End of the bytes to look at. */
  readonly to: number
  /** No batch may begin below. */
  readonly minOffset: number
  /** Whether the checksum is verified, which reads every byte. */
  readonly checksums: 'verify' | 'trust'
}

export interface ScanResult {
  /** End of the last good batch. */
  readonly position: number
  /** Offset after the last good batch, or `minOffset`. */
  readonly nextOffset: number
  /** What is wrong at `position`; null when the scan came to its end or the visitor stopped it. */
  readonly fault: string | null
}

/** Called for each good batch: `buf` holds it whole (or only its header, where checksums are trusted) at `pos`. False stops. */
export type BatchVisitor = (buf: Buffer, pos: number, position: number) => boolean | void

const CHUNK_BYTES = 1 << 20

export async function scanBatches(handle: FileHandle, options: ScanOptions, visit: BatchVisitor): Promise<ScanResult> {
  const reader = new ChunkReader(handle, options.to)
  let position = options.from
  let next = options.minOffset
  while (position < options.to) {
    let at = await reader.load(position, HEADER_BYTES)
    if (at < 0) return { position, nextOffset: next, fault: 'the header is cut off' }
    const fault = headerFault(reader.buffer, at, { minOffset: next, bytesLeft: options.to - position })
    if (fault !== null) return { position, nextOffset: next, fault }
    const size = sizeInBytes(reader.buffer, at)
    if (options.checksums === 'verify' || isSmall(size)) {
      at = await reader.load(position, size)
      if (at < 0) return { position, nextOffset: next, fault: 'the batch is cut off' }
      if (options.checksums === 'verify' && !isCrcValid(reader.buffer, at)) {
        return { position, nextOffset: next, fault: 'the checksum is wrong' }
      }
    }
    next = nextOffset(reader.buffer, at)
    const goesOn = visit(reader.buffer, at, position)
    position += size
    if (goesOn === false) break
  }
  return { position, nextOffset: next, fault: null }
}

/** Control batches are small and their content is looked at; so small ones are always there whole. */
function isSmall(size: number): boolean {
  return size <= 4096
}

/** What is wrong with a header; null when it can be one. Nothing is known of the checksum. */
export function headerFault(buf: Buffer, pos: number, bounds: { minOffset: number; bytesLeft: number }): string | null {
  const version = magic(buf, pos)
  if (version !== MAGIC_V2) return `magic is ${version}`
  const size = sizeInBytes(buf, pos)
  if (size < HEADER_BYTES) return `length is ${size - LENGTH_PREFIX_BYTES}`
  if (size > bounds.bytesLeft) return 'the batch is cut off'
  const offset = baseOffset(buf, pos)
  if (offset < bounds.minOffset) return `offset ${offset} is below ${bounds.minOffset}`
  if (lastOffsetDelta(buf, pos) < 0 || recordCount(buf, pos) < 0) return 'a count is negative'
  return null
}

/**
 * The offset of the first whole, valid batch that begins in [from, to), whose base offset is at least `minOffset`; null
 * when there is none. Looks at every byte, since damage may have hit a length.
 */
export async function findBatchAfter(
  handle: FileHandle,
  range: { from: number; to: number; minOffset: number },
): Promise<{ position: number; offset: number } | null> {
  const reader = new ChunkReader(handle, range.to)
  // Batches of one segment lie within 2^31 offsets.
  const maxOffset = range.minOffset + 2 ** 31
  for (let position = range.from; position + HEADER_BYTES <= range.to; position++) {
    const at = await reader.load(position, HEADER_BYTES)
    if (at < 0) return null
    // The magic byte is the cheapest thing to look for.
    const magicAt = reader.buffer.indexOf(MAGIC_V2, at + MAGIC_AT)
    const isLoaded = magicAt >= 0 && magicAt < at + reader.loadedAfter(at)
    const skip = isLoaded ? magicAt - (at + MAGIC_AT) : reader.loadedAfter(at) - HEADER_BYTES
    if (skip > 0) {
      position += skip - 1
      continue
    }
    const fault = headerFault(reader.buffer, at, { minOffset: range.minOffset, bytesLeft: range.to - position })
    const offset = baseOffset(reader.buffer, at)
    if (fault !== null || offset > maxOffset) continue
    const whole = await reader.load(position, sizeInBytes(reader.buffer, at))
    if (whole >= 0 && isCrcValid(reader.buffer, whole)) return { position, offset }
  }
  return null
}

/** Reads a file in large pieces that hold what is asked for. */
class ChunkReader {
  readonly #handle: FileHandle
  readonly #end: number
  #chunk: Buffer = Buffer.alloc(0)
  #chunkAt = 0
  #chunkLength = 0

  constructor(handle: FileHandle, end: number) {
    this.#handle = handle
    this.#end = end
  }

  get buffer(): Buffer {
    return this.#chunk
  }

  /** Makes [position, position + length) available; returns where it begins in {@link buffer}, -1 when the file is shorter. */
  async load(position: number, length: number): Promise<number> {
    const at = position - this.#chunkAt
    if (at >= 0 && at + length <= this.#chunkLength) return at
    if (position + length > this.#end) return -1
    const wanted = Math.min(Math.max(length, CHUNK_BYTES), this.#end - position)
    if (this.#chunk.length < wanted) this.#chunk = Buffer.allocUnsafeSlow(wanted)
    this.#chunkAt = position
    this.#chunkLength = 0
    this.#chunkLength = await readFully(this.#handle, this.#chunk.subarray(0, wanted), position)
    return length <= this.#chunkLength ? 0 : -1
  }

  /** Bytes available from `at` on. */
  loadedAfter(at: number): number {
    return this.#chunkLength - at
  }
}
