import type { SnapshotRegistry } from './snapshot-registry.ts'
import { TimelineMap } from './timeline-map.ts'

/** A Set with a view of the past; see TimelineMap. */
export class TimelineSet<T> implements Iterable<T> {
  readonly #map: TimelineMap<T, true>

  constructor(registry: SnapshotRegistry) {
    this.#map = new TimelineMap(registry)
  }

  get size(): number {
    return this.#map.size
  }

  has(item: T): boolean {
    return this.#map.has(item)
  }

  add(item: T): this {
    if (!this.#map.has(item)) this.#map.set(item, true)
    return this
  }

  delete(item: T): boolean {
    return this.#map.delete(item)
  }

  clear(): void {
    this.#map.clear()
  }

  values(): IterableIterator<T> {
    return this.#map.keys()
  }

  [Symbol.iterator](): IterableIterator<T> {
    return this.#map.keys()
  }

  /** Whether the item was there as of the newest snapshot at or below `offset`. */
  hasAt(item: T, offset: number): boolean {
    return this.#map.hasAt(item, offset)
  }

  sizeAt(offset: number): number {
    return this.#map.sizeAt(offset)
  }

  /** The items as of the newest snapshot at or below `offset`. */
  valuesAt(offset: number): IterableIterator<T> {
    return this.#map.keysAt(offset)
  }
}
