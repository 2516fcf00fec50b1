/**
 * Big-endian integers at a position of a buffer, for the fixed layout of a batch header. Bounds are not checked: callers check once
 * that the whole header is there.
 */

import { int64FromParts, int64High, int64Low } from '@ottla/stdx'

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

/** Signed 64-bit integer by the rule of stdx. */
export function int64At(buf: Uint8Array, pos: number): number {
  return int64FromParts(int32At(buf, pos), uint32At(buf, pos + 4))
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

/** Writes a signed 64-bit integer by the rule of stdx. */
export function setInt64At(buf: Uint8Array, pos: number, value: number): void {
  setInt32At(buf, pos, int64High(value))
  setInt32At(buf, pos + 4, int64Low(value))
}
