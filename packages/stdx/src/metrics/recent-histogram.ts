import { Histogram } from './histogram.ts'

/**
 * A histogram of what was recorded lately: since the last turn and in the whole period before it. Count and sum are those since the
 * start.
 */
export class RecentHistogram {
  #current = new Histogram()
  #previous = new Histogram()
  #countBefore = 0
  #sumBefore = 0

  /** Values since the start. */
  get count(): number {
    return this.#countBefore + this.#current.count
  }

  /** Of all values since the start. */
  get sum(): number {
    return this.#sumBefore + this.#current.sum
  }

  record(value: number): void {
    this.#current.record(value)
  }

  /** Begins another period, and forgets the one before the last. To be called at equal distances. */
  turn(): void {
    const oldest = this.#previous
    this.#countBefore += this.#current.count
    this.#sumBefore += this.#current.sum
    this.#previous = this.#current
    this.#current = oldest
    oldest.reset()
  }

  /** The values of the last two periods. */
  recent(): Histogram {
    const both = new Histogram()
    both.merge(this.#previous)
    both.merge(this.#current)
    return both
  }
}
