/**
 * Memory for recently written batches, bounded for the whole process. What is oldest, over all logs, goes first: readers
 * that keep up read from memory, and a log that nobody writes to holds nothing for long.
 */
import type { Retainable } from '../types.ts'

/** One append that readers can have from memory: its bytes are the ones that came from the socket. */
export interface TailEntry {
  readonly records: Buffer
  readonly owner: Retainable | undefined
  readonly baseOffset: number
  readonly nextOffset: number
  /** Whether it holds more than one batch. */
  readonly isMany: boolean
}

export interface TailOwner {
  /** The oldest entry of this owner is leaving; it was handed to `add` before all others the owner still has. */
  evictOldest(): void
}

interface Place {
  readonly owner: TailOwner
  readonly bytes: number
  isFree: boolean
  next: Place | null
}

export type TailPlace = Place

/** Memory of an entry beside its bytes, so that very small batches do not cost a multiple of the budget. */
const ENTRY_OVERHEAD_BYTES = 256

export class TailBudget {
  readonly #capacityBytes: number
  #usedBytes = 0
  #oldest: Place | null = null
  #newest: Place | null = null

  constructor(capacityBytes: number) {
    this.#capacityBytes = capacityBytes
  }

  get usedBytes(): number {
    return this.#usedBytes
  }

  /** Takes a place for `bytes`, then makes the oldest ones leave (the new one too, if it alone is too large). */
  add(owner: TailOwner, bytes: number): TailPlace {
    const place: Place = { owner, bytes: bytes + ENTRY_OVERHEAD_BYTES, isFree: false, next: null }
    if (this.#newest === null) this.#oldest = place
    else this.#newest.next = place
    this.#newest = place
    this.#usedBytes += place.bytes
    return place
  }

  /** Makes the oldest leave until the budget holds. Apart from `add` so that the owner has stored its place. */
  trim(): void {
    while (this.#usedBytes > this.#capacityBytes && this.#oldest !== null) {
      const place = this.#oldest
      place.owner.evictOldest()
      this.free(place)
    }
  }

  /** The place is empty (evicted, cut off, or its log closed). */
  free(place: TailPlace): void {
    if (place.isFree) return
    place.isFree = true
    this.#usedBytes -= place.bytes
    // The front is never a free place: the oldest one is always there to leave.
    while (this.#oldest?.isFree) this.#oldest = this.#oldest.next
    if (this.#oldest === null) this.#newest = null
  }
}
