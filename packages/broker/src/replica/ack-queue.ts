/**
 * Produces that wait until an end offset is safe, in order of that offset. Completed in the turn in which the offset
 * moves.
 */

/** Waits for acknowledgements of several partitions; `index` is its own name for the partition. */
export interface AckWaiter {
  acknowledged(index: number, error: number): void
}

interface WaitingAck {
  readonly endOffset: number
  readonly waiter: AckWaiter
  readonly index: number
}

/** Of queues in which nobody ever waited. */
const NOBODY: WaitingAck[] = []

export class AckQueue {
  #waiting = NOBODY
  #head = 0

  get size(): number {
    return this.#waiting.length - this.#head
  }

  /** Waits until all below `endOffset` is safe. */
  add(endOffset: number, waiter: AckWaiter, index: number): void {
    if (this.#waiting === NOBODY) this.#waiting = []
    const waiting = this.#waiting
    let at = waiting.length
    // Appends come in order; only the answer to a duplicate may wait for an earlier offset.
    while (at > this.#head && waiting[at - 1]!.endOffset > endOffset) at--
    if (at === waiting.length) waiting.push({ endOffset, waiter, index })
    else waiting.splice(at, 0, { endOffset, waiter, index })
  }

  /** Everything below `endOffset` is safe. */
  completeUpTo(endOffset: number, error: number): void {
    while (this.#head < this.#waiting.length && this.#waiting[this.#head]!.endOffset <= endOffset) {
      const { waiter, index } = this.#take()
      waiter.acknowledged(index, error)
    }
  }

  /** What waits for more than `endOffset` will not happen. */
  failAbove(endOffset: number, error: number): void {
    let keep = this.#waiting.length
    while (keep > this.#head && this.#waiting[keep - 1]!.endOffset > endOffset) keep--
    for (const { waiter, index } of this.#waiting.splice(keep)) waiter.acknowledged(index, error)
  }

  #take(): WaitingAck {
    const taken = this.#waiting[this.#head++]!
    if (this.#head === this.#waiting.length) {
      this.#waiting = []
      this.#head = 0
    } else if (this.#head > 1024 && this.#head * 2 > this.#waiting.length) {
      this.#waiting = this.#waiting.slice(this.#head)
      this.#head = 0
    }
    return taken
  }
}
