import type { Timers } from '@ottla/env'

/** Something with writes to flush when the turn of the event loop ends. */
export interface Flushable {
  flushWrites(): void
}

/**
 * Collects the logs that were appended to in this turn and flushes them when it has handled its input: one write per log
 * and turn, one deferred call per turn for all of them.
 */
export class WriteTurn {
  readonly #timers: Timers
  #waiting: Flushable[] = []

  constructor(timers: Timers) {
    this.#timers = timers
  }

  add(log: Flushable): void {
    if (this.#waiting.length === 0) this.#timers.defer(this.#flush)
    this.#waiting.push(log)
  }

  readonly #flush = (): void => {
    const logs = this.#waiting
    this.#waiting = []
    for (const log of logs) log.flushWrites()
  }
}
