/** The hash over the topics a group reads, which stored group records carry to tell whether a topic has changed (KIP-1101). */

import { xxh3 } from './xxh3.ts'

/**
 * Hash over the hashes of the topics, in the order of their names; 0 for no topics. The 64 bits are opaque: equal means that
 * nothing has changed.
 */
export function groupMetadataHash(topicHashes: ReadonlyMap<string, bigint>): bigint {
  if (topicHashes.size === 0) return 0n
  const bytes = Buffer.alloc(topicHashes.size * 8)
  let at = 0
  for (const name of [...topicHashes.keys()].sort()) at = bytes.writeBigInt64LE(topicHashes.get(name)!, at)
  return xxh3(bytes)
}
