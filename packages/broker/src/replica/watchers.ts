/**
 * Who waits for a partition to change, in the order of coming. While all are told some may leave, and others come: who comes is not told.
 *
 * Few stand in a list and not in a Set: one that is filled and emptied again for each request makes a new table each time, to which the old
 * one points. Once one of them is in the old generation, all that follow are reachable from there, dead as they are, and grow old too.
 * Many stand in a Set, since to find one of thousands in a list costs more than that.
 */
const FEW = 64

export class Watchers<T extends object> {
  /** In order; null: has left while the others were told. Its room stays: it would be made anew for the next one. */
  readonly #places: (T | null)[] = []
  /** Places in use. */
  #end = 0
  #count = 0
  /** Where those who tell are; -1: nobody does. One who is told may have the others told again. */
  #at = -1
  /** All of them, once they were too many for the list and until none is left. */
  #many: Set<T> | null = null

  get size(): number {
    return this.#many?.size ?? this.#count
  }

  /** Watches from now on; no effect when it does. */
  add(watcher: T): void {
    if (this.#many === null && this.#count >= FEW && this.#at < 0) this.#becomeMany()
    if (this.#many !== null) {
      this.#many.add(watcher)
      return
    }
    if (this.#indexOf(watcher) >= 0) return
    this.#places[this.#end++] = watcher
    this.#count++
  }

  remove(watcher: T): void {
    if (this.#many !== null) {
      this.#many.delete(watcher)
      if (this.#many.size === 0) this.#many = null
      return
    }
    const index = this.#indexOf(watcher)
    if (index < 0) return
    this.#places[index] = null
    this.#count--
    if (this.#at < 0) this.#close(index)
  }

  /** Calls `tell` for each that watches now. */
  tell(tell: (watcher: T) => void): void {
    if (this.#many !== null) this.#tellMany(this.#many, tell)
    else if (this.#count > 0) this.#tellFew(tell)
  }

  #tellMany(many: Set<T>, tell: (watcher: T) => void): void {
    for (const watcher of [...many]) if (many.has(watcher)) tell(watcher)
  }

  #tellFew(tell: (watcher: T) => void): void {
    const outer = this.#at
    const end = this.#end
    try {
      for (let index = 0; index < end; index++) {
        this.#at = index
        const watcher = this.#places[index]!
        if (watcher !== null) tell(watcher)
      }
    } finally {
      this.#at = outer
      if (outer < 0 && this.#count < this.#end) this.#close(0)
    }
  }

  /** Nobody is telling: the list is without gaps. */
  #becomeMany(): void {
    this.#many = new Set(this.#places.slice(0, this.#end) as T[])
    this.#places.length = 0
    this.#end = 0
    this.#count = 0
  }

  /** Mostly it is the one that is being told. */
  #indexOf(watcher: T): number {
    if (this.#at >= 0 && this.#places[this.#at] === watcher) return this.#at
    for (let index = 0; index < this.#end; index++) if (this.#places[index] === watcher) return index
    return -1
  }

  /** Moves those behind the empty places from `index` on to the front. */
  #close(index: number): void {
    const places = this.#places
    let to = index
    for (let from = index; from < this.#end; from++) {
      const watcher = places[from]!
      if (watcher === null) continue
      places[from] = null
      places[to++] = watcher
    }
    this.#end = to
    if (to === 0 && places.length > FEW) places.length = 0
  }
}
