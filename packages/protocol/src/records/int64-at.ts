/**
 * 64-bit and 32-bit big-endian integers at a position of a buffer, for the fixed-layout header of a record batch.
 *
 * int64 is a `number`: exact up to 2^53, and INT64_MAX (2^63) and INT64_MIN (-2^63) round-trip exactly. The bounds are not
 * checked: callers check once that the whole header is there.
 */

const TWO_32 = 2 ** 32
const TWO_63 = 2 ** 63

/** Signed 16-bit integer. */
export function int16At(buf: Uint8Array, pos: number): number {
  return ((buf[pos]! << 24) >> 16) | buf[pos + 1]!
}

/** Signed 32-bit integer. */
export function int32At(buf: Uint8Array, pos: number): number {
  return (buf[pos]! << 24) | (buf[pos + 1]! << 16) | (buf[pos + 2]! << 8) | buf[pos + 3]!
}

/** Unsigned 32-bit integer. */
export function uint32At(buf: Uint8Array, pos: number): number {
  return int32At(buf, pos) >>> 0
}

/** Signed 64-bit integer as a number; 0x7fff…ff becomes 2^63. */
export function int64At(buf: Uint8Array, pos: number): number {
  return int32At(buf, pos) * TWO_32 + uint32At(buf, pos + 4)
}

/** Writes a signed or unsigned 16-bit integer. */
export function setInt16At(buf: Uint8Array, pos: number, value: number): void {
  buf[pos] = value >>> 8
  buf[pos + 1] = value
}

/** Writes a signed or unsigned 32-bit integer. */
export function setInt32At(buf: Uint8Array, pos: number, value: number): void {
  buf[pos] = value >>> 24
  buf[pos + 1] = value >>> 16
  buf[pos + 2] = value >>> 8
  buf[pos + 3] = value
}

/** Writes a signed 64-bit integer; 2^63 and more become 0x7fff…ff. */
export function setInt64At(buf: Uint8Array, pos: number, value: number): void {
  if (value >= TWO_63) {
    setInt32At(buf, pos, 0x7fffffff)
    setInt32At(buf, pos + 4, -1)
    return
  }
  const high = Math.floor(value / TWO_32)
  setInt32At(buf, pos, high)
  setInt32At(buf, pos + 4, value - high * TWO_32)
}
