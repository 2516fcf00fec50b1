/** Connections with responses to send. All of them are flushed at the end of the event loop's turn: one write each. */
import type { Timers } from '@ottla/env'

export interface Flushable {
  flush(): void
}

export class FlushQueue {
  readonly #timers: Timers
  #dirty: Flushable[] = []
  #isScheduled = false

  constructor(timers: Timers) {
    this.#timers = timers
  }

  /** Has `connection` flushed once at the end of this turn. The caller sees to it that it is added once per flush. */
  add(connection: Flushable): void {
    this.#dirty.push(connection)
    if (this.#isScheduled) return
    this.#isScheduled = true
    this.#timers.defer(() => this.#flush())
  }

  #flush(): void {
    this.#isScheduled = false
    const dirty = this.#dirty
    this.#dirty = []
    for (const connection of dirty) connection.flush()
  }
}
