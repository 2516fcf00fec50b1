/**
 * The runtime's zlib, loaded on first use: a process that meets no compressed batch does not pay for it. zstd is in it from Node
 * 22.15 on; this is the one place that asks.
 */

type Zlib = typeof import('node:zlib')

interface ZstdOptions {
  readonly params?: Readonly<Record<number, number>>
  readonly chunkSize?: number
  readonly maxOutputLength?: number
  readonly pledgedSrcSize?: number
}

/** The part that the types of Node 20 do not know. */
export interface NativeZstd {
  zstdCompressSync(input: Uint8Array, options?: ZstdOptions): Buffer
  zstdDecompressSync(input: Uint8Array, options?: ZstdOptions): Buffer
}

let loaded: Zlib | undefined

export function zlib(): Zlib {
  return (loaded ??= process.getBuiltinModule('node:zlib'))
}

/** zstd of the runtime, or null where it has none. */
export function nativeZstd(): NativeZstd | null {
  const candidate = zlib() as unknown as Partial<NativeZstd>
  return typeof candidate.zstdCompressSync === 'function' ? (candidate as NativeZstd) : null
}
