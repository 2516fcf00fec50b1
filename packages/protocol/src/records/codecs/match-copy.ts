/**
 * Copies inside and into the output of an LZ77 decoder. Short runs take a loop, since a call into the runtime costs about as much as
 * copying a hundred bytes.
 *
 * The output has {@link SLACK_BYTES} more bytes than it may be filled with: loops of four bytes write up to three beyond their end.
 */

/** Bytes that an output buffer must have after its last usable one. */
export const SLACK_BYTES = 16

const CALL_FROM_BYTES = 192

/** A buffer and the view over it, made once per call of a codec. */
export interface Bytes {
  readonly buffer: Uint8Array
  readonly view: DataView
}

export function bytesOf(buffer: Uint8Array): Bytes {
  return { buffer, view: new DataView(buffer.buffer, buffer.byteOffset, buffer.length) }
}

/** An output of `bytes` usable bytes. */
export function outputOf(bytes: number): Bytes {
  return bytesOf(Buffer.allocUnsafeSlow(bytes + SLACK_BYTES))
}

/** The first `bytes` bytes of an output; copied when most of it is not used, so that little memory does not hold much. */
export function finishOutput(output: Bytes, bytes: number): Buffer {
  const buffer = output.buffer as Buffer
  const used = buffer.subarray(0, bytes)
  if (bytes * 2 >= buffer.length || buffer.length < 4096) return used
  return Buffer.from(used)
}

/** Copies `length` bytes of `from`, from index `start` on, to index `to` of the output. The caller has checked both ranges. */
export function copyLiterals(from: Bytes, start: number, output: Bytes, to: number, length: number): void {
  if (length >= CALL_FROM_BYTES) {
    output.buffer.set(from.buffer.subarray(start, start + length), to)
    return
  }
  const end = to + length
  // Whole words while the source has them; the last ones byte by byte, since it may end here.
  const source = from.view
  const target = output.view
  for (const last = Math.min(end, to + from.buffer.length - start - 3); to < last; to += 4, start += 4) {
    target.setInt32(to, source.getInt32(start, true), true)
  }
  const bytes = from.buffer
  const out = output.buffer
  for (; to < end; to++, start++) out[to] = bytes[start]!
}

/** Copies `length` bytes that lie `distance` before index `to` of the output there; they may overlap. The caller has checked the range. */
export function copyMatch(output: Bytes, to: number, distance: number, length: number): void {
  const out = output.buffer
  const end = to + length
  let from = to - distance
  if (length >= CALL_FROM_BYTES) {
    if (distance >= length) {
      out.copyWithin(to, from, from + length)
      return
    }
    if (distance === 1) {
      out.fill(out[from]!, to, end)
      return
    }
  }
  if (distance >= 4) {
    const view = output.view
    for (; to < end; to += 4, from += 4) view.setInt32(to, view.getInt32(from, true), true)
    return
  }
  for (; to < end; to++, from++) out[to] = out[from]!
}

/** How many bytes at `a` and at the earlier `b` are the same, where `a` stops before `end`. */
export function matchLength(view: DataView, a: number, b: number, end: number): number {
  const start = a
  for (const last = end - 4; a <= last; a += 4, b += 4) {
    const difference = view.getInt32(a, true) ^ view.getInt32(b, true)
    if (difference !== 0) return a - start + ((31 - Math.clz32(difference & -difference)) >>> 3)
  }
  while (a < end && view.getUint8(a) === view.getUint8(b)) {
    a++
    b++
  }
  return a - start
}
