/** Names of partitions' folders in a data folder. */
import type { TopicPartition } from '../types.ts'

export type PartitionFolder =
  | { readonly kind: 'partition'; readonly topicPartition: TopicPartition }
  /** Renamed: to be deleted, set aside, or a copy on its way between disks. `of` is what it was, cut off if it was long. */
  | { readonly kind: 'delete' | 'stray' | 'future'; readonly of: string }

const PARTITION = /^(.+)-(\d{1,10})$/
const RENAMED = /^(.+)\.[0-9a-f]{32}-(delete|stray|future)$/
/** File systems take no longer names. */
const NAME_MAX = 255

export function folderName({ topic, partition }: TopicPartition): string {
  return `${topic}-${partition}`
}

/** Null for a folder that is no partition's. */
export function parseFolder(name: string): PartitionFolder | null {
  const renamed = RENAMED.exec(name)
  if (renamed !== null) return { kind: renamed[2] as 'delete' | 'stray' | 'future', of: renamed[1]! }
  const match = PARTITION.exec(name)
  if (match === null) return null
  return { kind: 'partition', topicPartition: { topic: match[1]!, partition: Number(match[2]) } }
}

/** The name under which a folder waits for its deletion, or is set aside. `unique` is 16 random bytes. */
export function renamedFolder(
  topicPartition: TopicPartition,
  kind: 'delete' | 'stray' | 'future',
  unique: Buffer,
): string {
  const suffix = `.${unique.toString('hex')}-${kind}`
  return folderName(topicPartition).slice(0, NAME_MAX - suffix.length) + suffix
}
