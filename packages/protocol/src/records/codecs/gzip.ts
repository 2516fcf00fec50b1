/** gzip, by the runtime's own zlib. */

import { CompressionError, malformedBytes, tooLarge } from '../compression-error.ts'
import { zlib } from './node-zlib.ts'

/** Shortest gzip member: ten bytes of header, two of an empty stream, eight of trailer. */
const MIN_BYTES = 20
const TRAILER_BYTES = 4
/** deflate cannot unpack to more than this times its size. */
const MAX_RATIO = 1032
const MIN_CHUNK_BYTES = 64
const MAX_CHUNK_BYTES = 4 * 1024 * 1024

/** One member. `level` -1 (the default of zlib) to 9. */
export function compressGzip(input: Uint8Array, level = -1): Buffer {
  // Room for incompressible input, so that one chunk does.
  const chunkSize = Math.min(MAX_CHUNK_BYTES, input.length + (input.length >>> 10) + 64)
  return zlib().gzipSync(input, { level, chunkSize })
}

/** Unpacks all members. Throws TOO_LARGE beyond `maxBytes` and MALFORMED. */
export function decompressGzip(input: Uint8Array, maxBytes: number): Buffer {
  if (input.length < MIN_BYTES) malformedBytes('gzip stream is cut short')
  // The last four bytes say the size of the last member, nearly always the only one: taken as a hint for the chunks. Never smaller
  // than the input: behind a large member a last one of no size would make a million chunks of the rest.
  const view = new DataView(input.buffer, input.byteOffset, input.length)
  const hint = Math.min(view.getUint32(input.length - TRAILER_BYTES, true), input.length * MAX_RATIO, maxBytes)
  const chunkSize = Math.min(MAX_CHUNK_BYTES, Math.max(MIN_CHUNK_BYTES, input.length, hint + 1))
  try {
    return zlib().gunzipSync(input, { chunkSize, maxOutputLength: Math.max(1, maxBytes) })
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') tooLarge(maxBytes)
    throw new CompressionError('MALFORMED', 'not a gzip stream', { cause })
  }
}
