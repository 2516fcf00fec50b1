/** XXH32, the checksum inside LZ4 frames. */

const PRIME_1 = 0x9e3779b1 | 0
const PRIME_2 = 0x85ebca77 | 0
const PRIME_3 = 0xc2b2ae3d | 0
const PRIME_4 = 0x27d4eb2f
const PRIME_5 = 0x165667b1
const STRIPE_BYTES = 16

/** XXH32 of `buf[start, end)` with seed 0, unsigned. */
export function xxh32(buf: Uint8Array, start: number, end: number): number {
  const view = new DataView(buf.buffer, buf.byteOffset, buf.length)
  let pos = start
  let h = PRIME_5
  if (end - start >= STRIPE_BYTES) {
    let a = (PRIME_1 + PRIME_2) | 0
    let b = PRIME_2
    let c = 0
    let d = -PRIME_1 | 0
    for (const last = end - STRIPE_BYTES; pos <= last; pos += STRIPE_BYTES) {
      a = round(a, view.getInt32(pos, true))
      b = round(b, view.getInt32(pos + 4, true))
      c = round(c, view.getInt32(pos + 8, true))
      d = round(d, view.getInt32(pos + 12, true))
    }
    h = rotateLeft(a, 1) + rotateLeft(b, 7) + rotateLeft(c, 12) + rotateLeft(d, 18)
  }
  h = (h + end - start) | 0
  for (const last = end - 4; pos <= last; pos += 4) {
    h = Math.imul(rotateLeft((h + Math.imul(view.getInt32(pos, true), PRIME_3)) | 0, 17), PRIME_4)
  }
  for (; pos < end; pos++) h = Math.imul(rotateLeft((h + Math.imul(buf[pos]!, PRIME_5)) | 0, 11), PRIME_1)
  h = Math.imul(h ^ (h >>> 15), PRIME_2)
  h = Math.imul(h ^ (h >>> 13), PRIME_3)
  return (h ^ (h >>> 16)) >>> 0
}

function round(lane: number, input: number): number {
  return Math.imul(rotateLeft((lane + Math.imul(input, PRIME_2)) | 0, 13), PRIME_1)
}

function rotateLeft(n: number, bits: number): number {
  return (n << bits) | (n >>> (32 - bits))
}
