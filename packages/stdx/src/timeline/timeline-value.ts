import type { Revertable, SnapshotRegistry } from './snapshot-registry.ts'

interface Delta<T> {
  readonly was: T
}

/** One value with a view of the past; replaced, never changed in place. */
export class TimelineValue<T> implements Revertable<Delta<T>> {
  readonly #registry: SnapshotRegistry
  #newest: T

  constructor(registry: SnapshotRegistry, initial: T) {
    this.#registry = registry
    this.#newest = initial
  }

  get(): T {
    return this.#newest
  }

  set(value: T): void {
    const latest = this.#registry.latest
    if (latest !== undefined && !latest.deltas.has(this as Revertable<unknown>)) {
      latest.deltas.set(this as Revertable<unknown>, { was: this.#newest })
    }
    this.#newest = value
  }

  /** The value as of the newest snapshot at or below `offset`. */
  getAt(offset: number): T {
    const [first] = this.#registry.deltasSince<Delta<T>>(this, offset)
    return first === undefined ? this.#newest : first.was
  }

  /** For the registry. */
  revert(delta: Delta<T>): void {
    this.#newest = delta.was
  }
}
