/** Records of one partition that are worked on in any order, and up to where all of them are done: what may be committed. */
import { Deque } from '@ottla/stdx'

interface Tracked {
  readonly offset: number
  readonly leaderEpoch: number
  isDone: boolean
}

export class OffsetTracker {
  readonly #tracked = new Deque<Tracked>()
  readonly #byOffset = new Map<number, Tracked>()

  /** Records that are not done, and those behind the first of them. */
  get size(): number {
    return this.#byOffset.size
  }

  /** Offset of the first record that is not done; null when there is none. */
  get first(): number | null {
    return this.#tracked.peekFront()?.offset ?? null
  }

  /** Offsets come in ascending order. */
  add(offset: number, leaderEpoch: number): void {
    const tracked = { offset, leaderEpoch, isDone: false }
    this.#tracked.pushBack(tracked)
    this.#byOffset.set(offset, tracked)
  }

  /** The next offset and its epoch when the contiguous part grew; null otherwise. */
  done(offset: number): { readonly offset: number; readonly leaderEpoch: number } | null {
    const tracked = this.#byOffset.get(offset)
    if (tracked === undefined) return null
    tracked.isDone = true
    let last: Tracked | null = null
    for (let first = this.#tracked.peekFront(); first?.isDone === true; first = this.#tracked.peekFront()) {
      this.#tracked.popFront()
      this.#byOffset.delete(first.offset)
      last = first
    }
    return last === null ? null : { offset: last.offset + 1, leaderEpoch: last.leaderEpoch }
  }
}
