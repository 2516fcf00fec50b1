/**
 * How many partitions of a coordinator are read at the same time; the rest wait in order. Enough that one can be read while another is
 * taken in, and few enough that what was read and not yet taken in stays small.
 */
const SLOTS = 4

export class LoadSlots {
  #free = SLOTS
  readonly #waiting: (() => void)[] = []

  /** Resolves when there is a free one, which is the caller's then. */
  take(): Promise<void> {
    if (this.#free > 0) {
      this.#free -= 1
      return Promise.resolve()
    }
    return new Promise((resolve) => {
      this.#waiting.push(resolve)
    })
  }

  give(): void {
    const next = this.#waiting.shift()
    if (next === undefined) this.#free += 1
    else next()
  }
}
