import { SmallMap } from '../small-map.ts'
import type { Revertable, SnapshotRegistry } from './snapshot-registry.ts'

const ABSENT: unique symbol = Symbol('absent')
type Delta<K, V> = Map<K, V | typeof ABSENT>

/**
 * A Map with a view of the past. Values are replaced, never changed in place, or are timeline objects themselves.
 * `undefined` is no value. After a revert the order of the keys may differ from what it was: nothing may depend on it.
 */
export class TimelineMap<K, V> implements Iterable<[K, V]>, Revertable<Delta<K, V>> {
  readonly #registry: SnapshotRegistry
  readonly #newest = new SmallMap<K, V>()

  constructor(registry: SnapshotRegistry) {
    this.#registry = registry
  }

  get size(): number {
    return this.#newest.size
  }

  get(key: K): V | undefined {
    return this.#newest.get(key)
  }

  has(key: K): boolean {
    return this.#newest.has(key)
  }

  set(key: K, value: V): this {
    this.#note(key)
    this.#newest.set(key, value)
    return this
  }

  delete(key: K): boolean {
    if (!this.#newest.has(key)) return false
    this.#note(key)
    return this.#newest.delete(key)
  }

  clear(): void {
    for (const key of this.#newest.keys()) this.#note(key)
    this.#newest.clear()
  }

  keys(): IterableIterator<K> {
    return this.#newest.keys()
  }

  values(): IterableIterator<V> {
    return this.#newest.values()
  }

  entries(): IterableIterator<[K, V]> {
    return this.#newest.entries()
  }

  [Symbol.iterator](): IterableIterator<[K, V]> {
    return this.#newest.entries()
  }

  /** The value as of the newest snapshot at or below `offset`. */
  getAt(key: K, offset: number): V | undefined {
    for (const delta of this.#registry.deltasSince<Delta<K, V>>(this, offset)) {
      const was = delta.get(key)
      if (was !== undefined) return was === ABSENT ? undefined : (was as V)
    }
    return this.#newest.get(key)
  }

  hasAt(key: K, offset: number): boolean {
    return this.getAt(key, offset) !== undefined
  }

  sizeAt(offset: number): number {
    let size = this.#newest.size
    for (const [key, was] of this.#past(offset)) {
      if (this.#newest.has(key)) size--
      if (was !== ABSENT) size++
    }
    return size
  }

  *keysAt(offset: number): IterableIterator<K> {
    for (const [key] of this.entriesAt(offset)) yield key
  }

  *valuesAt(offset: number): IterableIterator<V> {
    for (const [, value] of this.entriesAt(offset)) yield value
  }

  /** The entries as of the newest snapshot at or below `offset`. */
  *entriesAt(offset: number): IterableIterator<[K, V]> {
    const past = this.#past(offset)
    if (past.size === 0) {
      yield* this.#newest.entries()
      return
    }
    for (const entry of this.#newest) if (!past.has(entry[0])) yield entry
    for (const [key, was] of past) if (was !== ABSENT) yield [key, was]
  }

  /** For the registry. */
  revert(delta: Delta<K, V>): void {
    for (const [key, was] of delta) {
      if (was === ABSENT) this.#newest.delete(key)
      else this.#newest.set(key, was)
    }
  }

  /** What the keys that changed since `offset` were then. */
  #past(offset: number): Delta<K, V> {
    const deltas = this.#registry.deltasSince<Delta<K, V>>(this, offset)
    if (deltas.length === 1) return deltas[0] as Delta<K, V>
    const past: Delta<K, V> = new Map()
    for (const delta of deltas) for (const [key, was] of delta) if (!past.has(key)) past.set(key, was)
    return past
  }

  #note(key: K): void {
    const latest = this.#registry.latest
    if (latest === undefined) return
    // Asked of the snapshot, not kept here: thousands of small maps would each keep the notes of their last change for good.
    let delta = latest.deltas.get(this as Revertable<unknown>) as Delta<K, V> | undefined
    if (delta === undefined) latest.deltas.set(this as Revertable<unknown>, (delta = new Map()))
    if (delta.has(key)) return
    const was = this.#newest.get(key)
    delta.set(key, was === undefined ? ABSENT : was)
  }
}
