/**
 * Memory for recently written batches, bounded for the whole process. What is oldest, over all logs, goes first: readers
 * that keep up read from memory, and a log that nobody writes to holds nothing for long.
 */

import { SlabPool } from '@ottla/stdx'

/** A place in the budget: so many bytes that one log holds. */
export interface TailPlace {
  readonly tail: TailOwner
  /** Bytes held, beside the overhead of the entry itself. */
  readonly heldBytes: number
  /** Given up already. */
  isFree: boolean
  /** When it was taken or last read, in turns of the budget. */
  usedIn: number
  /** The place taken next, by whatever log. */
  nextPlace: TailPlace | null
}

export interface TailOwner {
  /** The oldest place of this owner is to be given up. */
  evictOldest(): void
}

/** Memory of an entry beside its bytes, so that very small batches do not cost a multiple of the budget. */
const ENTRY_OVERHEAD_BYTES = 256

export class TailBudget {
  /** Memory for what is copied. */
  readonly slabs: SlabPool
  readonly #capacityBytes: number
  #usedBytes = 0
  #oldest: TailPlace | null = null
  #newest: TailPlace | null = null
  /** Counts {@link turn}s. */
  #turns = 0

  constructor(capacityBytes: number, slabs: SlabPool = new SlabPool()) {
    this.slabs = slabs
    this.#capacityBytes = capacityBytes
  }

  get usedBytes(): number {
    return this.#usedBytes
  }

  /** Takes a place, then makes the oldest ones leave (the new one too, if it alone is too large). */
  take(place: TailPlace): void {
    if (this.#newest === null) this.#oldest = place
    else this.#newest.nextPlace = place
    this.#newest = place
    place.usedIn = this.#turns
    this.#usedBytes += place.heldBytes + ENTRY_OVERHEAD_BYTES
    while (this.#usedBytes > this.#capacityBytes && this.#oldest !== null) this.#oldest.tail.evictOldest()
  }

  /** The place was read: who reads the same again finds it here, as long as the budget lasts. */
  used(place: TailPlace): void {
    place.usedIn = this.#turns
  }

  /** A new age begins: what was neither taken nor read since the last one began is old. */
  turn(): void {
    this.#turns++
  }

  /**
   * Makes old places leave, at most so many; false when the oldest that is left is not: nobody needs their room, but nobody reads them either.
   */
  evictOld(countMax: number): boolean {
    for (let count = 0; count < countMax; count++) {
      if (this.#oldest === null || this.#oldest.usedIn + 1 >= this.#turns) return false
      this.#oldest.tail.evictOldest()
    }
    return true
  }

  /** The place is given up (evicted, cut off, or its log closed). */
  free(place: TailPlace): void {
    if (place.isFree) return
    place.isFree = true
    this.#usedBytes -= place.heldBytes + ENTRY_OVERHEAD_BYTES
    // The front is never a free place: the oldest one is always there to leave.
    while (this.#oldest?.isFree) {
      const gone = this.#oldest
      this.#oldest = gone.nextPlace
      // A dead place that still points to the next would have the collector take all of them for old.
      gone.nextPlace = null
    }
    if (this.#oldest === null) this.#newest = null
  }
}
