/**
 * The codecs of record batches behind two functions. All are synchronous and loaded with what they need on first use. What is
 * unpacked is bounded by the caller before anything is allocated.
 */

import { assert } from '@ottla/stdx'
import { compressGzip, decompressGzip } from './codecs/gzip.ts'
import { compressLz4, decompressLz4 } from './codecs/lz4-frame.ts'
import type { ResultMemory } from './codecs/output.ts'
import { compressSnappy, decompressSnappy } from './codecs/snappy-stream.ts'
import { compressZstd, decompressZstd } from './codecs/zstd.ts'
import { CompressionError } from './compression-error.ts'
import { CompressionType } from './compression-type.ts'

export interface DecompressOptions {
  /** Highest number of bytes that the input may unpack to. */
  readonly maxBytes: number
  /** Asked for memory for the result, which only lz4 does, and not when it is large. Default: memory of its own. */
  readonly memory?: ResultMemory
}

/**
 * Packs `input` in the form Kafka has for the codec. `level` is that of gzip (1 to 9) or zstd (up to 22), each with its usual
 * default; lz4 and snappy have one level. `none` gives the input itself.
 */
export function compress(type: CompressionType, input: Buffer, level?: number): Buffer {
  switch (type) {
    case CompressionType.none:
      return input
    case CompressionType.gzip:
      return compressGzip(input, level)
    case CompressionType.snappy:
      return compressSnappy(input)
    case CompressionType.lz4:
      return compressLz4(input)
    case CompressionType.zstd:
      return compressZstd(input, level)
    default:
      return unknownCodec(type)
  }
}

/** As {@link compress}, behind `headroom` bytes for the header of a batch. */
export function compressBehind(headroom: number, type: CompressionType, input: Buffer, level?: number): Buffer {
  if (type === CompressionType.lz4) return compressLz4(input, headroom)
  const packed = compress(type, input, level)
  const behind = Buffer.allocUnsafeSlow(headroom + packed.length)
  behind.set(packed, headroom)
  return behind
}

/**
 * Unpacks `input`. Throws {@link CompressionError}: TOO_LARGE when it is more than `maxBytes`, MALFORMED when it is not what the codec
 * writes, UNSUPPORTED for a codec number that is none. `none` gives the input itself.
 */
export function decompress(type: number, input: Buffer, options: DecompressOptions): Buffer {
  const { maxBytes } = options
  assert(maxBytes >= 0, 'a limit of bytes')
  switch (type) {
    case CompressionType.none:
      return input
    case CompressionType.gzip:
      return decompressGzip(input, maxBytes)
    case CompressionType.snappy:
      return decompressSnappy(input, maxBytes)
    case CompressionType.lz4:
      return decompressLz4(input, maxBytes, options.memory)
    case CompressionType.zstd:
      return decompressZstd(input, maxBytes)
    default:
      return unknownCodec(type)
  }
}

function unknownCodec(type: number): never {
  throw new CompressionError('UNSUPPORTED', `no codec has number ${type}`)
}
