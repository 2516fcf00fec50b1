/**
 * murmur2 with the seed of Kafka's Java client: the hash by which the default partitioner spreads keys. Every client that is to
 * put the same key into the same partition needs exactly this one.
 */

const SEED = 0x9747b28c | 0
const M = 0x5bd1e995

/** murmur2 of the bytes as a signed 32-bit number. */
export function murmur2(bytes: Uint8Array): number {
  const length = bytes.length
  const whole = length & ~3
  let h = SEED ^ length
  for (let i = 0; i < whole; i += 4) {
    let k = bytes[i]! | (bytes[i + 1]! << 8) | (bytes[i + 2]! << 16) | (bytes[i + 3]! << 24)
    k = Math.imul(k, M)
    k ^= k >>> 24
    h = Math.imul(h, M) ^ Math.imul(k, M)
  }
  if (whole < length) {
    if (length - whole === 3) h ^= bytes[whole + 2]! << 16
    if (length - whole >= 2) h ^= bytes[whole + 1]! << 8
    h = Math.imul(h ^ bytes[whole]!, M)
  }
  h ^= h >>> 13
  h = Math.imul(h, M)
  return h ^ (h >>> 15)
}

/** {@link murmur2} with the sign bit cleared, as the partitioner uses it. */
export function positiveMurmur2(bytes: Uint8Array): number {
  return murmur2(bytes) & 0x7fffffff
}

/** The partition of a key, 0 to `partitions - 1`, in the default partitioner. */
export function partitionForKey(key: Uint8Array, partitions: number): number {
  return positiveMurmur2(key) % partitions
}
