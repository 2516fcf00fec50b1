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
  /** The same by offset: the producers whose transactions may change it. Looked at by each read that wants stable offsets. */
  readonly #holders: TimelineMap<string, ReadonlySet<number>>
  /** And by group: how many are held. */
  readonly #held: TimelineMap<string, number>
  #count = 0

  constructor(registry: SnapshotRegistry) {
    this.#registry = registry
    this.#groups = new TimelineMap(registry)
    this.#pending = new TimelineMap(registry)
    this.#holders = new TimelineMap(registry)
    this.#held = new TimelineMap(registry)
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
    for (const producerId of this.#holders.get(pendingKey(key)) ?? []) {
      this.#release(producerId, key)
      const rest = new Map(this.#pending.get(producerId))
      rest.delete(pendingKey(key))
      if (rest.size === 0) this.#pending.delete(producerId)
      else this.#pending.set(producerId, rest)
    }
  }

  addPending(producerId: number, key: OffsetKey, stored: StoredOffset): void {
    const pending = new Map(this.#pending.get(producerId))
    const name = pendingKey(key)
    if (!pending.has(name)) {
      this.#holders.set(name, new Set([...(this.#holders.get(name) ?? []), producerId]))
      this.#held.set(key.groupId, (this.#held.get(key.groupId) ?? 0) + 1)
    }
    this.#pending.set(producerId, pending.set(name, { key, stored }))
  }

  endTransaction(producerId: number, outcome: 'commit' | 'abort'): void {
    const pending = this.#pending.get(producerId)
    if (pending === undefined) return
    this.#pending.delete(producerId)
    for (const { key } of pending.values()) this.#release(producerId, key)
    if (outcome === 'abort') return
    for (const { key, stored } of pending.values()) {
      const current = this.get(key)
      if (current === undefined || current.recordOffset < stored.recordOffset) this.set(key, stored)
    }
  }

  /** An open transaction may change the offset. */
  isPending(key: OffsetKey): boolean {
    return this.#holders.has(pendingKey(key))
  }

  /** An open transaction may change some offset of the group. */
  hasPending(groupId: string): boolean {
    return this.#held.has(groupId)
  }

  /** Offsets of the group that only open transactions know. */
  *pendingOnly(groupId: string): IterableIterator<OffsetKey> {
    for (const key of this.#pendingKeys()) {
      if (key.groupId === groupId && this.get(key) === undefined) yield key
    }
  }

  /** Offsets for the topic that only open transactions know. */
  *pendingOnlyFor(topic: string): IterableIterator<OffsetKey> {
    for (const key of this.#pendingKeys()) if (key.topic === topic && this.get(key) === undefined) yield key
  }

  /** Each once, however many producers hold it. */
  *#pendingKeys(): IterableIterator<OffsetKey> {
    const seen = new Set<string>()
    for (const pending of this.#pending.values()) {
      for (const [name, { key }] of pending) {
        if (seen.has(name)) continue
        seen.add(name)
        yield key
      }
    }
  }

  /** The producer holds the offset no more. */
  #release(producerId: number, key: OffsetKey): void {
    const name = pendingKey(key)
    const holders = new Set(this.#holders.get(name))
    holders.delete(producerId)
    if (holders.size === 0) this.#holders.delete(name)
    else this.#holders.set(name, holders)
    const left = (this.#held.get(key.groupId) ?? 0) - 1
    if (left <= 0) this.#held.delete(key.groupId)
    else this.#held.set(key.groupId, left)
  }
}

interface PendingOffset {
  readonly key: OffsetKey
  readonly stored: StoredOffset
}

/** Topic names hold no slash, so the keys are unambiguous. */
function pendingKey({ groupId, topic, partition }: OffsetKey): string {
  return `${partition}/${topic}/${groupId}`
}
