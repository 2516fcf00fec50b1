/**
 * What newer Nodes can do that the oldest supported one (20.19) cannot. The one place that asks. The types of the pinned
 * @types/node know nothing of these, so they are written down here.
 */

/** zstd of node:zlib, from Node 22.15. */
export interface NativeZstd {
  zstdCompress(input: Uint8Array, options: ZstdOptions, done: (error: Error | null, output: Buffer) => void): void
  zstdDecompress(input: Uint8Array, options: ZstdOptions, done: (error: Error | null, output: Buffer) => void): void
  zstdCompressSync(input: Uint8Array, options?: ZstdOptions): Buffer
  zstdDecompressSync(input: Uint8Array, options?: ZstdOptions): Buffer
  readonly constants: { readonly ZSTD_c_compressionLevel: number }
}

export interface ZstdOptions {
  readonly params?: Readonly<Record<number, number>>
  readonly maxOutputLength?: number
}

/** node:zlib's zstd; undefined where Node has none. */
export function nativeZstd(): NativeZstd | undefined {
  const zlib = process.getBuiltinModule('node:zlib') as unknown as Partial<NativeZstd>
  return typeof zlib.zstdCompressSync === 'function' ? (zlib as NativeZstd) : undefined
}
