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

export interface HashedTopic {
  readonly name: string
  readonly topicId: string
  /** Racks of the replicas, by partition, sorted. */
  readonly racks: readonly (readonly string[])[]
}

/** Hash over what a group's assignment may depend on of one topic. */
export function topicMetadataHash({ name, topicId, racks }: HashedTopic): bigint {
  const id = Buffer.from(topicId, 'base64url')
  const int = (value: number) => {
    const bytes = Buffer.alloc(4)
    bytes.writeInt32LE(value)
    return bytes
  }
  const text = (value: string) => [Buffer.from(value, 'utf16le'), int(value.length)]
  const parts = [Buffer.of(0), id.subarray(0, 8).reverse(), id.subarray(8).reverse(), ...text(name), int(racks.length)]
  for (const [partition, ofPartition] of racks.entries())
    parts.push(int(partition), ...ofPartition.flatMap((rack) => [int(rack.length), ...text(rack)]))
  return xxh3(Buffer.concat(parts))
}
