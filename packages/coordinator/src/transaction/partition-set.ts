/** Partitions by topic. Never changed in place. */
import type { PartitionsOfTopic } from './ports.ts'

export type PartitionSet = ReadonlyMap<string, ReadonlySet<number>>

export const NO_PARTITIONS: PartitionSet = new Map()

export interface TopicPartition {
  readonly topic: string
  readonly partition: number
}

export function partitionSet(topics: Iterable<PartitionsOfTopic>): PartitionSet {
  const set = new Map<string, Set<number>>()
  for (const { topic, partitions } of topics) {
    const known = set.get(topic)
    if (known === undefined) set.set(topic, new Set(partitions))
    else for (const partition of partitions) known.add(partition)
  }
  for (const [topic, partitions] of set) if (partitions.size === 0) set.delete(topic)
  return set
}

export function hasPartition(set: PartitionSet, { topic, partition }: TopicPartition): boolean {
  return set.get(topic)?.has(partition) ?? false
}

export function* partitionsIn(set: PartitionSet): IterableIterator<TopicPartition> {
  for (const [topic, partitions] of set) for (const partition of partitions) yield { topic, partition }
}

export function isSubset(part: PartitionSet, whole: PartitionSet): boolean {
  for (const each of partitionsIn(part)) if (!hasPartition(whole, each)) return false
  return true
}

export function union(left: PartitionSet, right: PartitionSet): PartitionSet {
  const both = new Map(left)
  for (const [topic, partitions] of right) {
    const known = both.get(topic)
    both.set(topic, known === undefined ? partitions : new Set([...known, ...partitions]))
  }
  return both
}

export function without(set: PartitionSet, gone: PartitionSet): PartitionSet {
  const rest = new Map(set)
  for (const [topic, partitions] of gone) {
    const left = [...(set.get(topic) ?? [])].filter((partition) => !partitions.has(partition))
    if (left.length === 0) rest.delete(topic)
    else rest.set(topic, new Set(left))
  }
  return rest
}

/** In order, so that equal sets are equal records. */
export function topicsOf(set: PartitionSet): PartitionsOfTopic[] {
  return [...set]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([topic, partitions]) => ({ topic, partitions: [...partitions].sort((a, b) => a - b) }))
}
