/** Writes a batch anew in another codec: the same header and records, other bytes. */
import type { LogConfig } from '@ottla/log'
import {
  ATTRIBUTES_AT,
  COMPRESSION_MASK,
  CompressionType,
  compress,
  compressionOf,
  decompress,
  HEADER_BYTES,
  LENGTH_AT,
  LENGTH_PREFIX_BYTES,
  updateCrc,
} from '@ottla/protocol'

export interface RecompressOptions {
  readonly config: LogConfig
  readonly maxDecompressedBytes: number
}

/** `batch` is one whole batch. Throws CompressionError when its records cannot be unpacked. */
export function recompress(batch: Buffer, target: number, options: RecompressOptions): Buffer {
  const codec = compressionOf(batch, 0)
  const packed = batch.subarray(HEADER_BYTES)
  const plain =
    codec === CompressionType.none
      ? packed
      : decompress(codec as CompressionType, packed, { maxBytes: options.maxDecompressedBytes })
  const body =
    target === CompressionType.none
      ? plain
      : compress(target as CompressionType, plain, levelOf(target, options.config))
  const result = Buffer.concat([batch.subarray(0, HEADER_BYTES), body])
  result.writeInt32BE(result.length - LENGTH_PREFIX_BYTES, LENGTH_AT)
  result.writeInt16BE((result.readInt16BE(ATTRIBUTES_AT) & ~COMPRESSION_MASK) | target, ATTRIBUTES_AT)
  updateCrc(result, 0)
  return result
}

function levelOf(codec: number, config: LogConfig): number | undefined {
  if (codec === CompressionType.gzip) return config.compressionGzipLevel
  if (codec === CompressionType.lz4) return config.compressionLz4Level
  if (codec === CompressionType.zstd) return config.compressionZstdLevel
  return undefined
}
