/**
 * The committed offsets of all groups of a shard, and those of open transactions.
 *
 * Group → topic → partition, as most groups hold many partitions of few topics. A transactional commit is pending until its marker:
 * a commit marker makes it an offset, unless a later plain commit did so already; an abort marker drops it.
 */
import { type SnapshotRegistry, TimelineMap } from '@ottla/stdx'
import type { CommittedOffset } from '../group-record.ts'

/** An offset, with the offset of its own record in the log: which of two came later. */
export interface StoredOffset extends CommittedOffset {
  readonly recordOffset: number
}

export interface OffsetKey {
  readonly groupId: string
  readonly topic: string
  readonly partition: number
}

type Partitions = TimelineMap<number, StoredOffset>
type Topics = TimelineMap<string, Partitions>

export class OffsetStore {
  readonly #registry: SnapshotRegistry
  readonly #groups: TimelineMap<string, Topics>
  /** Commits of open transactions, by producer; a transaction holds few offsets, so each change replaces all of its. */
  readonly #pending: TimelineMap<number, ReadonlyMap<string, PendingOffset>>
  #count = 0

  constructor(registry: SnapshotRegistry) {
    this.#registry = registry
    this.#groups = new TimelineMap(registry)
    this.#pending = new TimelineMap(registry)
  }

  /** Offsets ever taken in, less those dropped; after a revert an estimate. For metrics. */
  get count(): number {
    return this.#count
  }

  get({ groupId, topic, partition }: OffsetKey): StoredOffset | undefined {
    return this.#groups.get(groupId)?.get(topic)?.get(partition)
  }

  getAt({ groupId, topic, partition }: OffsetKey, offset: number): StoredOffset | undefined {
    return this.#groups.getAt(groupId, offset)?.getAt(topic, offset)?.getAt(partition, offset)
  }

  has(groupId: string): boolean {
    return this.#groups.has(groupId)
  }

  /** Topics of the group, each with its partitions. */
  *topics(groupId: string): IterableIterator<[topic: string, partitions: Iterable<[number, StoredOffset]>]> {
    for (const [topic, partitions] of this.#groups.get(groupId) ?? []) yield [topic, partitions.entries()]
  }

  *topicsAt(
    groupId: string,
    offset: number,
  ): IterableIterator<[topic: string, partitions: Iterable<[number, StoredOffset]>]> {
    const topics = this.#groups.getAt(groupId, offset)
    if (topics === undefined) return
    for (const [topic, partitions] of topics.entriesAt(offset)) yield [topic, partitions.entriesAt(offset)]
  }

  /** Groups that hold offsets of the topic. */
  *groupsOf(topic: string): IterableIterator<[groupId: string, partitions: Iterable<number>]> {
    for (const [groupId, topics] of this.#groups) {
      const partitions = topics.get(topic)
      if (partitions !== undefined) yield [groupId, partitions.keys()]
    }
  }

  set(key: OffsetKey, stored: StoredOffset): void {
    const { groupId, topic, partition } = key
    let topics = this.#groups.get(groupId)
    if (topics === undefined) this.#groups.set(groupId, (topics = new TimelineMap(this.#registry)))
    let partitions = topics.get(topic)
    if (partitions === undefined) topics.set(topic, (partitions = new TimelineMap(this.#registry)))
    if (!partitions.has(partition)) this.#count += 1
    partitions.set(partition, stored)
  }

  /** Drops the offset, and what open transactions hold for the partition. */
  delete(key: OffsetKey): void {
    const { groupId, topic, partition } = key
    const topics = this.#groups.get(groupId)
    const partitions = topics?.get(topic)
    if (partitions?.delete(partition) === true) {
      this.#count -= 1
      if (partitions.size === 0) topics?.delete(topic)
      if (topics?.size === 0) this.#groups.delete(groupId)
    }
    for (const [producerId, pending] of [...this.#pending]) this.#replacePending(producerId, without(pending, key))
  }

  addPending(producerId: number, key: OffsetKey, stored: StoredOffset): void {
    const pending = new Map(this.#pending.get(producerId))
    this.#pending.set(producerId, pending.set(pendingKey(key), { key, stored }))
  }

  endTransaction(producerId: number, outcome: 'commit' | 'abort'): void {
    const pending = this.#pending.get(producerId)
    if (pending === undefined) return
    this.#pending.delete(producerId)
    if (outcome === 'abort') return
    for (const { key, stored } of pending.values()) {
      const current = this.get(key)
      if (current === undefined || current.recordOffset < stored.recordOffset) this.set(key, stored)
    }
  }

  /** An open transaction may change the offset. */
  isPending(key: OffsetKey): boolean {
    for (const pending of this.#pending.values()) if (pending.has(pendingKey(key))) return true
    return false
  }

  /** An open transaction may change some offset of the group. */
  hasPending(groupId: string): boolean {
    for (const pending of this.#pending.values())
      for (const { key } of pending.values()) if (key.groupId === groupId) return true
    return false
  }

  /** Partitions of the group that only open transactions know. */
  *pendingOnly(groupId: string): IterableIterator<OffsetKey> {
    const seen = new Set<string>()
    for (const pending of this.#pending.values()) {
      for (const [name, { key }] of pending) {
        if (key.groupId !== groupId || seen.has(name) || this.get(key) !== undefined) continue
        seen.add(name)
        yield key
      }
    }
  }

  #replacePending(producerId: number, pending: ReadonlyMap<string, PendingOffset> | null): void {
    if (pending === null) return
    if (pending.size === 0) this.#pending.delete(producerId)
    else this.#pending.set(producerId, pending)
  }
}

interface PendingOffset {
  readonly key: OffsetKey
  readonly stored: StoredOffset
}

function pendingKey({ groupId, topic, partition }: OffsetKey): string {
  return `${partition}/${topic}/${groupId}`
}

/** null: nothing changed. Topic names hold no slash, so the keys are unambiguous. */
function without(pending: ReadonlyMap<string, PendingOffset>, key: OffsetKey): Map<string, PendingOffset> | null {
  if (!pending.has(pendingKey(key))) return null
  const rest = new Map(pending)
  rest.delete(pendingKey(key))
  return rest
}
