/**
 * CRC-32C (Castagnoli), the checksum of record batches.
 *
 * Small ranges take sixteen table look-ups per sixteen bytes in TypeScript; large ones go to `@node-rs/crc32`, which uses the
 * instruction of the processor, when that optional package is there. It is loaded only after some work was done without it:
 * loading takes ten milliseconds, which a command that runs once, or a broker that starts, should not pay.
 */

import { createRequire } from 'node:module'

const POLYNOMIAL = 0x82f63b78

/** Below this size the call into the native code costs more than it saves (measured on Node 20 and 24). */
const NATIVE_FROM_BYTES = 384
/** Bytes hashed in ranges of at least NATIVE_FROM_BYTES before the native code is loaded. */
const LOAD_NATIVE_AFTER_BYTES = 256 * 1024
/** The view of a larger buffer is not kept, because it would keep the buffer alive. */
const MAX_KEPT_BUFFER_BYTES = 1 << 20

type NativeCrc32c = (input: Uint8Array, seed?: number) => number

/** Table t gives for byte n the checksum of n followed by t zero bytes. */
const TABLES = buildTables()
const [T0, T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12, T13, T14, T15] = TABLES

let native: NativeCrc32c | undefined
let bytesUntilNative = LOAD_NATIVE_AFTER_BYTES
let keptBuffer: ArrayBufferLike | undefined
let keptView: DataView<ArrayBufferLike> = new DataView(new ArrayBuffer(0))

/**
 * CRC-32C of `buf[start, end)` as an unsigned 32-bit number; nothing is copied. `seed` is the checksum of what came before, so
 * that `crc32c(b, 0, b.length, crc32c(a))` is the checksum of a and b in a row.
 */
export function crc32c(buf: Uint8Array, start = 0, end = buf.length, seed = 0): number {
  const bytes = end - start
  if (bytes < NATIVE_FROM_BYTES) return crc32cInTypeScript(buf, start, end, seed)
  if (native === undefined) {
    if (bytesUntilNative >= 0 && (bytesUntilNative -= bytes) < 0) loadNativeCrc32c()
    if (native === undefined) return crc32cInTypeScript(buf, start, end, seed)
  }
  checkRange(buf, start, end)
  return native(bytes === buf.length ? buf : new Uint8Array(buf.buffer, buf.byteOffset + start, bytes), seed)
}

/**
 * Loads the native code now, if it is installed; gives whether it is in use. A broker calls this once it serves, so that no
 * request waits for it.
 */
export function loadNativeCrc32c(): boolean {
  bytesUntilNative = -1
  if (native !== undefined) return true
  try {
    const loaded = (createRequire(import.meta.url)('@node-rs/crc32') as { crc32c: NativeCrc32c }).crc32c
    // A build that does not give the standard check value is not used.
    if (loaded(Buffer.from('123456789')) === 0xe3069283) native = loaded
  } catch {
    // Not installed for this platform: the tables do.
  }
  return native !== undefined
}

/** The fallback, and what small ranges always take: {@link crc32c} without the native code. */
export function crc32cInTypeScript(buf: Uint8Array, start = 0, end = buf.length, seed = 0): number {
  checkRange(buf, start, end)
  const view = viewOf(buf)
  const base = buf.byteOffset
  let crc = ~seed
  let pos = base + start
  const stop = base + end
  for (const last = stop - 16; pos <= last; pos += 16) {
    const a = view.getInt32(pos, true) ^ crc
    const b = view.getInt32(pos + 4, true)
    const c = view.getInt32(pos + 8, true)
    const d = view.getInt32(pos + 12, true)
    crc =
      T15![a & 0xff]! ^
      T14![(a >>> 8) & 0xff]! ^
      T13![(a >>> 16) & 0xff]! ^
      T12![a >>> 24]! ^
      T11![b & 0xff]! ^
      T10![(b >>> 8) & 0xff]! ^
      T9![(b >>> 16) & 0xff]! ^
      T8![b >>> 24]! ^
      T7![c & 0xff]! ^
      T6![(c >>> 8) & 0xff]! ^
      T5![(c >>> 16) & 0xff]! ^
      T4![c >>> 24]! ^
      T3![d & 0xff]! ^
      T2![(d >>> 8) & 0xff]! ^
      T1![(d >>> 16) & 0xff]! ^
      T0![d >>> 24]!
  }
  for (const last = stop - 4; pos <= last; pos += 4) {
    const a = view.getInt32(pos, true) ^ crc
    crc = T3![a & 0xff]! ^ T2![(a >>> 8) & 0xff]! ^ T1![(a >>> 16) & 0xff]! ^ T0![a >>> 24]!
  }
  for (; pos < stop; pos++) crc = T0![(crc ^ view.getUint8(pos)) & 0xff]! ^ (crc >>> 8)
  return ~crc >>> 0
}

/** Buffers share memory: beyond its own bytes a buffer would read those of another. */
function checkRange(buf: Uint8Array, start: number, end: number): void {
  if (start < 0 || end > buf.length) throw new RangeError(`no range of the buffer: ${start} to ${end}`)
}

/** A view over the whole memory under `buf`. The last one is kept: batches in a row lie in one slab. */
function viewOf(buf: Uint8Array): DataView {
  const memory = buf.buffer
  if (memory === keptBuffer) return keptView
  const view = new DataView(memory)
  if (memory.byteLength <= MAX_KEPT_BUFFER_BYTES) {
    keptBuffer = memory
    keptView = view
  }
  return view
}

function buildTables(): Int32Array[] {
  const tables = Array.from({ length: 16 }, () => new Int32Array(256))
  for (let n = 0; n < 256; n++) {
    let crc = n
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ POLYNOMIAL : crc >>> 1
    tables[0]![n] = crc
  }
  for (let t = 1; t < 16; t++) {
    for (let n = 0; n < 256; n++) {
      const previous = tables[t - 1]![n]!
      tables[t]![n] = tables[0]![previous & 0xff]! ^ (previous >>> 8)
    }
  }
  return tables
}
