/** Bounds the lines that strangers can cause in the log: some at once, then so many a second; what is left out is counted. */
export class LineLimit {
  readonly #monotonic: () => number
  readonly #burst: number
  readonly #perSecond: number
  #tokens: number
  #refilledAt: number
  #leftOut = 0

  constructor(monotonic: () => number, options: { readonly burst: number; readonly perSecond: number }) {
    this.#monotonic = monotonic
    this.#burst = options.burst
    this.#perSecond = options.perSecond
    this.#tokens = options.burst
    this.#refilledAt = monotonic()
  }

  /** Calls `write` unless there were too many lines lately; tells it how many were left out since the last one. */
  run(write: (leftOut: number) => void): void {
    const now = this.#monotonic()
    this.#tokens = Math.min(this.#burst, this.#tokens + ((now - this.#refilledAt) * this.#perSecond) / 1000)
    this.#refilledAt = now
    if (this.#tokens < 1) {
      this.#leftOut += 1
      return
    }
    this.#tokens -= 1
    const leftOut = this.#leftOut
    this.#leftOut = 0
    write(leftOut)
  }
}
