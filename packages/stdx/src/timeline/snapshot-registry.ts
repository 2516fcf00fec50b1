/**
 * Collections that can go back in time, for state that changes before its records are committed.
 *
 * After each append the owner calls `snapshot(end offset)`. From then on every collection of the registry notes, once per key
 * and snapshot, what a change replaced:
 *
 * ```
 *   snapshot 10          snapshot 12         newest
 *      │  {a: was 1}        │  {a: was 2, b: absent}   {a: 3, b: 1}
 * ```
 *
 * Reading at 10 asks the notes from snapshot 10 on and takes the first that knows the key; going back to 10 undoes the notes
 * from the last to that of 10; a snapshot that is no longer needed is dropped with its notes and nothing else is touched.
 */
import { assert } from '../assert.ts'

/** A collection, as the registry sees it: something that can undo the changes noted in a delta of its own kind. */
export interface Revertable<D> {
  revert(delta: D): void
}

export interface Snapshot {
  readonly offset: number
  /** What changes made after this snapshot, and before the next, replaced; per collection. */
  readonly deltas: Map<Revertable<unknown>, unknown>
}

export class SnapshotRegistry {
  readonly #snapshots: Snapshot[] = []

  /** The newest snapshot; undefined when none is live. */
  get latest(): Snapshot | undefined {
    return this.#snapshots[this.#snapshots.length - 1]
  }

  /** Offsets of the live snapshots, ascending. */
  get offsets(): number[] {
    return this.#snapshots.map((snapshot) => snapshot.offset)
  }

  /** Marks the present state as that of `offset`, which is not below any live one. The last mark of an offset counts. */
  snapshot(offset: number): void {
    const latest = this.latest
    if (latest !== undefined) {
      assert(offset >= latest.offset, `snapshot ${offset} is not below ${latest.offset}`)
      if (offset === latest.offset && latest.deltas.size === 0) return
    }
    this.#snapshots.push({ offset, deltas: new Map() })
  }

  has(offset: number): boolean {
    return this.#snapshots[this.#indexAtOrBelow(offset)]?.offset === offset
  }

  /** Undoes all changes since `snapshot(offset)`, which stays live; later snapshots are dropped. */
  revertTo(offset: number): void {
    const target = this.#indexAtOrBelow(offset)
    assert(this.#snapshots[target]?.offset === offset, `snapshot ${offset} is live`)
    for (let index = this.#snapshots.length - 1; index >= target; index--) {
      const { deltas } = this.#snapshots[index] as Snapshot
      for (const [collection, delta] of deltas) collection.revert(delta)
      deltas.clear()
    }
    this.#snapshots.length = target + 1
  }

  /** Drops the snapshots below `upTo`; their states can no longer be read or reverted to. */
  release(upTo: number): void {
    let count = 0
    while (count < this.#snapshots.length && (this.#snapshots[count] as Snapshot).offset < upTo) count++
    if (count > 0) this.#snapshots.splice(0, count)
  }

  /**
   * The notes of `collection` that stand between the state at `offset` and the newest, oldest first. The state at `offset`
   * is that of the newest snapshot at or below it; there must be one, unless no snapshot is live and so nothing can differ.
   */
  deltasSince<D>(collection: Revertable<D>, offset: number): D[] {
    if (this.#snapshots.length === 0) return []
    const from = this.#indexAtOrBelow(offset)
    assert(from >= 0, `a snapshot at or below ${offset} is live`)
    const deltas: D[] = []
    for (let index = from; index < this.#snapshots.length; index++) {
      const delta = (this.#snapshots[index] as Snapshot).deltas.get(collection)
      if (delta !== undefined) deltas.push(delta as D)
    }
    return deltas
  }

  #indexAtOrBelow(offset: number): number {
    let index = this.#snapshots.length - 1
    while (index >= 0 && (this.#snapshots[index] as Snapshot).offset > offset) index--
    return index
  }
}
