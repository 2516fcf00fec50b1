/**
 * Memory for recently written batches, bounded for the whole process. What is oldest, over all logs, goes first: readers
 * that keep up read from memory, and a log that nobody writes to holds nothing for long.
 */

/** A place in the budget: so many bytes that one log holds. */
export interface TailPlace {
  readonly tail: TailOwner
  /** Bytes held, beside the overhead of the entry itself. */
  readonly heldBytes: number
  /** Given up already. */
  isFree: boolean
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
  readonly #capacityBytes: number
  #usedBytes = 0
  #oldest: TailPlace | null = null
  #newest: TailPlace | null = null

  constructor(capacityBytes: number) {
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
    this.#usedBytes += place.heldBytes + ENTRY_OVERHEAD_BYTES
    while (this.#usedBytes > this.#capacityBytes && this.#oldest !== null) this.#oldest.tail.evictOldest()
  }

  /** The place is given up (evicted, cut off, or its log closed). */
  free(place: TailPlace): void {
    if (place.isFree) return
    place.isFree = true
    this.#usedBytes -= place.heldBytes + ENTRY_OVERHEAD_BYTES
    // The front is never a free place: the oldest one is always there to leave.
    while (this.#oldest?.isFree) this.#oldest = this.#oldest.nextPlace
    if (this.#oldest === null) this.#newest = null
  }
}
