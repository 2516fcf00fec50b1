/**
 * Memory for recently written batches, bounded for the whole process. What is oldest, over all logs, goes first: readers
 * that keep up read from memory, and a log that nobody writes to holds nothing for long.
 *
 * Places are numbered, and stand in a ring: no object for each (see TailRows).
 */
import { assert, SlabPool } from '@ottla/stdx'

export interface TailOwner {
  /** The oldest place of this owner is to be given up. */
  evictOldest(): void
}

/** Memory of an entry beside its bytes, so that very small batches do not cost a multiple of the budget. */
const ENTRY_OVERHEAD_BYTES = 256
const CAPACITY_MIN = 64

export class TailBudget {
  /** Memory for what is copied. */
  readonly slabs: SlabPool
  readonly #capacityBytes: number
  #usedBytes = 0
  /** By number of the place, round and round; null: free. */
  #tails: (TailOwner | null)[] = []
  /** Bytes held, beside the overhead of the entry itself, and when it was taken or last read, in turns. */
  #heldBytes = new Float64Array(0)
  #usedIn = new Float64Array(0)
  /** Number of the oldest place that is taken, and of the next one. */
  #oldest = 0
  #next = 0
  /** Counts {@link turn}s. */
  #turns = 0

  constructor(capacityBytes: number, slabs: SlabPool = new SlabPool()) {
    this.slabs = slabs
    this.#capacityBytes = capacityBytes
  }

  get usedBytes(): number {
    return this.#usedBytes
  }

  /** Takes a place for so many bytes of one log, and gives its number. To be followed by {@link makeRoom}. */
  take(tail: TailOwner, heldBytes: number): number {
    if (this.#next - this.#oldest === this.#tails.length) this.#grow()
    const place = this.#next++
    const slot = this.#slot(place)
    this.#tails[slot] = tail
    this.#heldBytes[slot] = heldBytes
    this.#usedIn[slot] = this.#turns
    this.#usedBytes += heldBytes + ENTRY_OVERHEAD_BYTES
    return place
  }

  /** Makes the oldest places leave (also the one just taken, if it alone is too large). */
  makeRoom(): void {
    while (this.#usedBytes > this.#capacityBytes && this.#oldest < this.#next) this.#evictOldest()
  }

  /** The place was read: who reads the same again finds it here, as long as the budget lasts. */
  used(place: number): void {
    this.#usedIn[this.#slot(place)] = this.#turns
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
      if (this.#oldest === this.#next || this.#usedIn[this.#slot(this.#oldest)]! + 1 >= this.#turns) return false
      this.#evictOldest()
    }
    return true
  }

  /** The place is given up (evicted, cut off, or its log closed). */
  free(place: number): void {
    const slot = this.#slot(place)
    assert(place >= this.#oldest && this.#tails[slot] !== null, 'a place of the tail is given up once')
    this.#tails[slot] = null
    this.#usedBytes -= this.#heldBytes[slot]! + ENTRY_OVERHEAD_BYTES
    // The front is never a free place: the oldest one is always there to leave.
    while (this.#oldest < this.#next && this.#tails[this.#slot(this.#oldest)] === null) this.#oldest++
    if (this.#oldest === this.#next && this.#tails.length > CAPACITY_MIN) this.#resize(0)
  }

  #evictOldest(): void {
    this.#tails[this.#slot(this.#oldest)]!.evictOldest()
  }

  #slot(place: number): number {
    return place % this.#tails.length
  }

  #grow(): void {
    this.#resize(Math.max(CAPACITY_MIN, this.#tails.length * 2))
  }

  /** Puts the places that are taken into rings of another size. */
  #resize(capacity: number): void {
    const tails: (TailOwner | null)[] = new Array(capacity).fill(null)
    const heldBytes = new Float64Array(capacity)
    const usedIn = new Float64Array(capacity)
    for (let place = this.#oldest; place < this.#next; place++) {
      const slot = this.#slot(place)
      tails[place % capacity] = this.#tails[slot]!
      heldBytes[place % capacity] = this.#heldBytes[slot]!
      usedIn[place % capacity] = this.#usedIn[slot]!
    }
    this.#tails = tails
    this.#heldBytes = heldBytes
    this.#usedIn = usedIn
  }
}
