/**
 * Hash codes of the Java runtime, where the protocol depends on them: they say which partition of an internal topic holds a group,
 * a transactional id or a share partition.
 */

/** `String.hashCode()`: over UTF-16 units, signed 32 bit. */
export function javaHash(text: string): number {
  let hash = 0
  for (let i = 0; i < text.length; i++) hash = (Math.imul(hash, 31) + text.charCodeAt(i)) | 0
  return hash
}

/**
 * The partition of `__consumer_offsets` for a group id; likewise of `__transaction_state` for a transactional id, and of
 * `__share_group_state` for the key that {@link sharePartitionKey} gives.
 */
export function partitionForGroup(groupId: string, partitions: number): number {
  const hash = javaHash(groupId)
  // Kafka takes 0 for the one value that has no positive counterpart.
  return hash === -0x8000_0000 ? 0 : Math.abs(hash) % partitions
}

/** The key by which a share partition finds its coordinator (KIP-932). */
export function sharePartitionKey(groupId: string, topicId: string, partition: number): string {
  return `${groupId}:${topicId}:${partition}`
}

/** `Uuid.hashCode()` of a 22-character uuid: the four 32-bit words, xored. */
export function uuidHash(uuid: string): number {
  const bytes = Buffer.from(uuid, 'base64url')
  return bytes.readInt32BE(0) ^ bytes.readInt32BE(4) ^ bytes.readInt32BE(8) ^ bytes.readInt32BE(12)
}

/** Order of two 22-character uuids as Kafka sorts them: by two signed 64-bit numbers. Gives -1, 0 or 1. */
export function compareUuids(a: string, b: string): number {
  if (a === b) return 0
  const left = Buffer.from(a, 'base64url')
  const right = Buffer.from(b, 'base64url')
  for (let at = 0; at < 16; at += 8) {
    const high = left.readInt32BE(at) - right.readInt32BE(at)
    if (high !== 0) return Math.sign(high)
    const low = left.readUInt32BE(at + 4) - right.readUInt32BE(at + 4)
    if (low !== 0) return Math.sign(low)
  }
  return 0
}
