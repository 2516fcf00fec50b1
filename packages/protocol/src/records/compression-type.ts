/** The codecs of record batches, by the number that the attributes carry. */
export const CompressionType = {
  none: 0,
  gzip: 1,
  snappy: 2,
  lz4: 3,
  zstd: 4,
} as const

export type CompressionType = (typeof CompressionType)[keyof typeof CompressionType]

/** Kafka's names of the codecs, as in `compression.type`. */
export const COMPRESSION_NAMES = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const

export type CompressionName = (typeof COMPRESSION_NAMES)[number]

/** Whether a number from the attributes of a batch is one of the codecs. */
export function isKnownCompression(type: number): type is CompressionType {
  return type >= 0 && type < COMPRESSION_NAMES.length
}
