/**
 * The rule for 64-bit integers, in one place: an int64 is a `number`.
 *
 * Whole numbers up to 2^53 − 1 in size are exact. Two values beyond are sentinels of the protocol and round-trip exactly:
 * {@link INT64_MAX} (held as 2^63, because 2^63 − 1 is no double) and {@link INT64_MIN}. Every other value beyond 2^53 is
 * rounded; who takes one from a client checks it with {@link isExactInt64} and answers with that field's error code.
 * Fields whose 64 bits are opaque do not come here; their kind is `int64bits` and their type bigint.
 */

/** 2^63 − 1 on the wire and in text. Held as 2^63, the nearest double. */
export const INT64_MAX = 2 ** 63

/** −2^63, exact. */
export const INT64_MIN = -(2 ** 63)

const TWO_32 = 2 ** 32
const INT64_MAX_TEXT = '9223372036854775807'
const DECIMAL = /^-?[0-9]{1,19}$/

/** True when `n` is held without rounding: a safe integer or one of the two sentinels. */
export function isExactInt64(n: number): boolean {
  return Number.isSafeInteger(n) || n === INT64_MAX || n === INT64_MIN
}

/** Decimal text of an int64; {@link INT64_MAX} gives 9223372036854775807. */
export function formatInt64(n: number): string {
  if (Number.isSafeInteger(n)) return String(n)
  if (n >= INT64_MAX) return INT64_MAX_TEXT
  if (!Number.isInteger(n) || n < INT64_MIN) throw new RangeError(`not an int64: ${n}`)
  return BigInt(n).toString()
}

/** Reads decimal text. Throws RangeError when it is no whole number or does not fit in 64 bits. Beyond 2^53 the result is rounded. */
export function parseInt64(text: string): number {
  if (!DECIMAL.test(text)) throw new RangeError(`not an int64: ${JSON.stringify(text)}`)
  const n = Number(text)
  if (Number.isSafeInteger(n)) return n
  const exact = BigInt(text)
  if (BigInt.asIntN(64, exact) !== exact) throw new RangeError(`out of the range of int64: ${text}`)
  return n
}

/** Joins the upper 32 bits (signed) and the lower 32 bits (unsigned). */
export function int64FromParts(high: number, low: number): number {
  return high * TWO_32 + low
}

/** The upper 32 bits of `n`, signed. */
export function int64High(n: number): number {
  return n >= INT64_MAX ? 0x7fff_ffff : Math.floor(n / TWO_32)
}

/** The lower 32 bits of `n`, unsigned. */
export function int64Low(n: number): number {
  return n >= INT64_MAX ? 0xffff_ffff : n - Math.floor(n / TWO_32) * TWO_32
}
