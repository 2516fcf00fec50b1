import { assert } from './assert.ts'

export interface LruOptions<K, V> {
  /** The weights of all entries together stay at or below this. */
  readonly capacity: number
  /** Weight of an entry, ≥ 0; 1 when absent. Asked once, when the entry is set. */
  readonly weigh?: (value: V, key: K) => number
  /** Called for an entry that was pushed out by a newer one; not for `delete`, `clear` or a replaced value. */
  readonly onEvict?: (key: K, value: V) => void
}

/**
 * A cache that forgets what was used least recently. An entry heavier than the whole capacity is held alone, until the next
 * one comes: its caller is about to use it.
 */
export class Lru<K, V> {
  readonly #entries = new Map<K, { value: V; weight: number }>()
  readonly #options: LruOptions<K, V>
  #weight = 0

  constructor(options: LruOptions<K, V>) {
    assert(options.capacity >= 0, 'LRU capacity is not negative')
    this.#options = options
  }

  get size(): number {
    return this.#entries.size
  }

  /** The weights of all entries together. */
  get weight(): number {
    return this.#weight
  }

  /** The value, which becomes the most recently used. */
  get(key: K): V | undefined {
    const entry = this.#entries.get(key)
    if (entry === undefined) return undefined
    this.#entries.delete(key)
    this.#entries.set(key, entry)
    return entry.value
  }

  /** The value, without counting as a use. */
  peek(key: K): V | undefined {
    return this.#entries.get(key)?.value
  }

  has(key: K): boolean {
    return this.#entries.has(key)
  }

  set(key: K, value: V): void {
    this.delete(key)
    const weight = this.#options.weigh?.(value, key) ?? 1
    assert(weight >= 0, 'LRU weight is not negative')
    this.#entries.set(key, { value, weight })
    this.#weight += weight
    this.#evict(key)
  }

  /** Takes the entry out; false when there was none. */
  delete(key: K): boolean {
    const entry = this.#entries.get(key)
    if (entry === undefined) return false
    this.#entries.delete(key)
    this.#weight -= entry.weight
    return true
  }

  clear(): void {
    this.#entries.clear()
    this.#weight = 0
  }

  /** Entries from the least to the most recently used. */
  *entries(): IterableIterator<[K, V]> {
    for (const [key, entry] of this.#entries) yield [key, entry.value]
  }

  #evict(newest: K): void {
    if (this.#weight <= this.#options.capacity) return
    for (const [key, entry] of this.#entries) {
      if (key === newest) return
      this.delete(key)
      this.#options.onEvict?.(key, entry.value)
      if (this.#weight <= this.#options.capacity) return
    }
  }
}
