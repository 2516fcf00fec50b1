/** The hash over the topics a group reads, which stored group records carry to tell whether a topic has changed (KIP-1101). */

import { xxh3 } from './xxh3.ts'

/**
 * Hash over the hashes of the topics, in the order of their names; 0 for no topics. The 64 bits are opaque: equal means that
 * nothing has changed.
 */
export function groupMetadataHash(topicHashes: ReadonlyMap<string, bigint>): bigint {
  if (topicHashes.size === 0) return 0n
  const bytes = new Uint8Array(topicHashes.size * 8)
  const view = new DataView(bytes.buffer)
  for (const [index, name] of [...topicHashes.keys()].sort().entries()) {
    view.setBigInt64(index * 8, topicHashes.get(name)!, true)
  }
  return xxh3(bytes)
}
