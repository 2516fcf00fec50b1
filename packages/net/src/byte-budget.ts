/**
 * Bytes that requests in flight may hold, process-wide. A soft bound: what was begun is finished, and nothing new
 * begins while the budget is spent; so no set of half-received frames can block each other.
 */
export class ByteBudget {
  readonly limitBytes: number
  #usedBytes = 0
  #waiting = new Set<() => void>()

  /** `limitBytes` ≥ 1, or Infinity. */
  constructor(limitBytes: number) {
    this.limitBytes = limitBytes
  }

  get usedBytes(): number {
    return this.#usedBytes
  }

  /** Connections that wait for bytes to come back. */
  get waiting(): number {
    return this.#waiting.size
  }

  /** True when something new may begin. */
  get isOpen(): boolean {
    return this.#usedBytes < this.limitBytes
  }

  take(bytes: number): void {
    this.#usedBytes += bytes
  }

  give(bytes: number): void {
    this.#usedBytes -= bytes
    if (this.#waiting.size === 0 || !this.isOpen) return
    for (const wake of this.#waiting) {
      this.#waiting.delete(wake)
      wake()
      if (!this.isOpen) return
    }
  }

  /** Calls `wake` once, when the budget is open again. In the order of the calls. */
  whenOpen(wake: () => void): void {
    this.#waiting.add(wake)
  }

  /** Takes back a `whenOpen`. */
  forget(wake: () => void): void {
    this.#waiting.delete(wake)
  }
}
