/** Cuts work that goes through all logs of a process: others get a turn of the event loop after so many of them. */
import type { Timers } from '@ottla/env'

/** A few microseconds each. */
export const LOGS_PER_SLICE = 500

export class LogSlices {
  readonly #timers: Timers
  #left = LOGS_PER_SLICE

  constructor(timers: Timers) {
    this.#timers = timers
  }

  /** To be awaited after each log, but only when it gives a promise: a promise for each would cost more than the work. */
  next(): Promise<void> | undefined {
    this.#left -= 1
    if (this.#left > 0) return undefined
    this.#left = LOGS_PER_SLICE
    return new Promise((resolve) => this.#timers.after(0, resolve))
  }
}
