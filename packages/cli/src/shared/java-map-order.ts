/**
 * The order in which Java walks its hash maps. Kafka's tools print what they hold in such maps, so this is the order of
 * their lines.
 */

import type { TopicPartition } from '@ottla/client'
import { javaHash } from '@ottla/protocol'

const DEFAULT_CAPACITY = 16
const LOAD_FACTOR = 0.75
const PRIME = 31

/** Items in the order of a map that they were put into one by one. `expected`: the size that the map was made for, if any. */
export function javaMapOrder<T>(items: Iterable<T>, hashOf: (item: T) => number, expected?: number): T[] {
  const all = [...items]
  let capacity = expected === undefined ? DEFAULT_CAPACITY : powerOfTwo(expected)
  while (all.length > capacity * LOAD_FACTOR) capacity *= 2
  const buckets: T[][] = Array.from({ length: capacity }, () => [])
  for (const item of all) buckets[spread(hashOf(item)) & (capacity - 1)]!.push(item)
  return buckets.flat()
}

/** Hash of a string, for {@link javaMapOrder}. */
export function stringHash(text: string): number {
  return javaHash(text)
}

/** Hash of Kafka's class for a partition. */
export function partitionHash({ topic, partition }: TopicPartition): number {
  return (Math.imul(PRIME, PRIME + partition) + javaHash(topic)) | 0
}

function spread(hash: number): number {
  return hash ^ (hash >>> 16)
}

function powerOfTwo(expected: number): number {
  let capacity = 1
  while (capacity < expected) capacity *= 2
  return capacity
}
