const NONE: unique symbol = Symbol('none')

/**
 * A Map that holds one entry without a table. Of hundreds of thousands of maps most hold one entry or none, and the smallest table of a Map takes
 * some 200 bytes. Entries that are added while it is gone through may not be met.
 */
export class SmallMap<K, V> implements Iterable<[K, V]> {
  // No private methods: each object of a class that has one is larger by a word.
  #key: K | typeof NONE = NONE
  #value: V | undefined
  /** All entries; null while there is at most one. */
  #table: Map<K, V> | null = null

  get size(): number {
    return this.#table === null ? Number(this.#key !== NONE) : this.#table.size
  }

  get(key: K): V | undefined {
    if (this.#table !== null) return this.#table.get(key)
    return this.#key === key ? this.#value : undefined
  }

  has(key: K): boolean {
    return this.#table === null ? this.#key === key : this.#table.has(key)
  }

  set(key: K, value: V): void {
    if (this.#table === null) {
      if (this.#key === NONE || this.#key === key) {
        this.#key = key
        this.#value = value
        return
      }
      this.#table = new Map([[this.#key, this.#value as V]])
      this.#key = NONE
      this.#value = undefined
    }
    this.#table.set(key, value)
  }

  delete(key: K): boolean {
    if (this.#table !== null) return this.#table.delete(key)
    if (this.#key !== key) return false
    this.#key = NONE
    this.#value = undefined
    return true
  }

  clear(): void {
    this.#table = null
    this.#key = NONE
    this.#value = undefined
  }

  keys(): IterableIterator<K> {
    return this.#table?.keys() ?? (this.#key === NONE ? [] : [this.#key]).values()
  }

  values(): IterableIterator<V> {
    return this.#table?.values() ?? (this.#key === NONE ? [] : [this.#value as V]).values()
  }

  entries(): IterableIterator<[K, V]> {
    return this.#table?.entries() ?? (this.#key === NONE ? [] : [[this.#key, this.#value as V] as [K, V]]).values()
  }

  [Symbol.iterator](): IterableIterator<[K, V]> {
    return this.entries()
  }
}
