/**
 * Snappy as Kafka has it: the stream of the Java library ("xerial"), a 16-byte header and then blocks with their length in front. Other
 * clients write one raw block without any of that; readers tell them apart by the header.
 */

import { malformedBytes, tooLarge } from '../compression-error.ts'
import { finishOutput, passingOutput, type Source, sourceOf } from './output.ts'
import { compressSnappyBlock, decompressSnappyBlock, maxSnappyBlockBytes, snappyBlockHeader } from './snappy-block.ts'

/** 0x82 SNAPPY 0, version 1, compatible with version 1. */
const HEADER = Buffer.from('82534e41505059000000000100000001', 'hex')
const MAGIC_BYTES = 8
/** The Java library writes blocks of this size; larger ones would be read as well, but take more memory there. */
const BLOCK_BYTES = 32 * 1024

/** The stream of the Java library. */
export function compressSnappy(input: Uint8Array): Buffer {
  const source = sourceOf(input)
  const blocks = Math.ceil(input.length / BLOCK_BYTES)
  const output = passingOutput(HEADER.length + maxSnappyBlockBytes(input.length) + blocks * 40)
  output.buffer.set(HEADER)
  output.position = HEADER.length
  for (let start = 0; start < input.length; start += BLOCK_BYTES) {
    const sizeAt = output.position
    output.position += 4
    compressSnappyBlock(source, start, Math.min(start + BLOCK_BYTES, input.length), output)
    output.view.setInt32(sizeAt, output.position - sizeAt - 4)
  }
  return finishOutput(output)
}

/** Unpacks a stream, or one raw block. Throws TOO_LARGE beyond `maxBytes`, which are never allocated, and MALFORMED. */
export function decompressSnappy(input: Uint8Array, maxBytes: number): Buffer {
  const source = sourceOf(input)
  const isStream = hasStreamHeader(input)
  const bytes = isStream ? streamLength(source) : snappyBlockHeader(input, 0, input.length).length
  if (bytes > maxBytes) tooLarge(maxBytes)
  const output = passingOutput(bytes)
  if (!isStream) decompressSnappyBlock(source, { start: 0, end: input.length }, output, bytes)
  for (let pos = HEADER.length; isStream && pos < input.length; ) {
    const start = pos + 4
    pos = start + source.view.getInt32(pos)
    decompressSnappyBlock(source, { start, end: pos }, output, bytes)
  }
  return finishOutput(output)
}

/** The sum of what the blocks of a stream say they unpack to. Throws MALFORMED. */
function streamLength({ buffer: input, view }: Source): number {
  if (input.length < HEADER.length) malformedBytes('snappy stream is cut short')
  let bytes = 0
  for (let pos = HEADER.length; pos < input.length; ) {
    if (pos + 4 > input.length) malformedBytes('snappy stream is cut short')
    const length = view.getInt32(pos)
    pos += 4
    if (length < 0 || length > input.length - pos) malformedBytes(`snappy block of ${length} bytes`)
    bytes += snappyBlockHeader(input, pos, pos + length).length
    pos += length
  }
  return bytes
}

function hasStreamHeader(input: Uint8Array): boolean {
  if (input.length < MAGIC_BYTES) return false
  for (let i = 0; i < MAGIC_BYTES; i++) if (input[i] !== HEADER[i]) return false
  return true
}
