/** Whether some batch is compressed with zstd: a Fetch below version 10 cannot have it. The batches may lie across buffers. */
import { ATTRIBUTES_AT, COMPRESSION_MASK, CompressionType, LENGTH_AT, LENGTH_PREFIX_BYTES } from '@ottla/protocol'

export function hasZstd(buffers: readonly Buffer[]): boolean {
  const bytes = buffers.length === 1 ? buffers[0]! : Buffer.concat(buffers)
  for (
    let at = 0;
    at + ATTRIBUTES_AT + 2 <= bytes.length;
    at += LENGTH_PREFIX_BYTES + bytes.readInt32BE(at + LENGTH_AT)
  ) {
    if ((bytes[at + ATTRIBUTES_AT + 1]! & COMPRESSION_MASK) === CompressionType.zstd) return true
  }
  return false
}
