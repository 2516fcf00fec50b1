/** How keys and values of a type become bytes, and back. */

/**
 * Turns values into bytes and back. `null` is not for codecs: a null key is no key, a null value a tombstone, and both pass
 * by them.
 */
export interface Codec<T> {
  encode(value: T): Buffer
  /** `bytes` is a view into a response: what outlives the call must be copied. */
  decode(bytes: Buffer): T
}
