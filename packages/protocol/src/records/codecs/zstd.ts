/** zstd: by the runtime's own library where it has one, by our own code on Node 20. */

import { CompressionError, tooLarge } from '../compression-error.ts'
import { type NativeZstd, nativeZstd } from './node-zlib.ts'
import { unpackZstdFrames } from './zstd-decoder.ts'
import { compressZstdFrame } from './zstd-encoder.ts'
import { boundOfZstd, withSmallWindow } from './zstd-frame.ts'

/** ZSTD_c_compressionLevel: a number of the library's public interface that the types of Node 20 do not have. */
const COMPRESSION_LEVEL = 100
const DEFAULT_LEVEL = 3
const MIN_CHUNK_BYTES = 16 * 1024
/** What a block is taken to unpack to when its frame does not say, in multiples of its size. */
const USUAL_RATIO = 8

/** One frame. `level` up to 22, negative ones are faster. Our own code, which `native` null asks for, has one level. */
export function compressZstd(input: Uint8Array, level = DEFAULT_LEVEL, native = nativeZstd()): Buffer {
  return native === null ? compressZstdFrame(input) : packNative(native, input, level)
}

/** Unpacks all frames. Throws TOO_LARGE beyond `maxBytes`, which are never allocated, MALFORMED and UNSUPPORTED. */
export function decompressZstd(input: Uint8Array, maxBytes: number, native = nativeZstd()): Buffer {
  const bound = boundOfZstd(input)
  if (bound.least > maxBytes) tooLarge(maxBytes)
  return native === null
    ? unpackZstdFrames(input, bound.most, maxBytes)
    : unpackNative(native, input, bound.most, maxBytes)
}

function packNative(native: NativeZstd, input: Uint8Array, level: number): Buffer {
  return native.zstdCompressSync(input, {
    params: { [COMPRESSION_LEVEL]: level },
    // Room for incompressible input, so that one chunk does.
    chunkSize: input.length + (input.length >>> 8) + 128,
    pledgedSrcSize: input.length,
  })
}

function unpackNative(native: NativeZstd, input: Uint8Array, most: number, maxBytes: number): Buffer {
  const chunkSize = 1 + Math.min(most, maxBytes, Math.max(MIN_CHUNK_BYTES, input.length * USUAL_RATIO))
  try {
    return native.zstdDecompressSync(withSmallWindow(input, most), {
      chunkSize: Math.max(64, chunkSize),
      maxOutputLength: Math.max(1, maxBytes),
    })
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') tooLarge(maxBytes)
    throw new CompressionError('MALFORMED', 'not a zstd frame', { cause })
  }
}
