/** A point in monotonic time by which something must have happened. */
import type { Clock } from '@ottla/env'

const INT32_MAX = 2 ** 31 - 1

export class Deadline {
  readonly #clock: Clock
  readonly #at: number
  /** What the caller allowed in all, for messages. */
  readonly timeoutMs: number

  constructor(clock: Clock, timeoutMs: number) {
    this.#clock = clock
    this.timeoutMs = timeoutMs
    this.#at = clock.monotonic() + timeoutMs
  }

  /** Milliseconds left, never below 0. */
  get remainingMs(): number {
    return Math.max(0, this.#at - this.#clock.monotonic())
  }

  /** What is left as an int32, to tell a broker. */
  get wholeMs(): number {
    return Math.min(Math.floor(this.remainingMs), INT32_MAX)
  }

  get isOver(): boolean {
    return this.#clock.monotonic() >= this.#at
  }
}
