import { assert, Deque } from '@ottla/stdx'

/** Runs at most so many asynchronous jobs at a time; the rest wait in order. */
export class Limiter {
  #limit: number
  readonly #waiting = new Deque<() => void>()
  #running = 0

  constructor(limit: number) {
    assert(limit > 0, 'a limiter lets something run')
    this.#limit = limit
  }

  get running(): number {
    return this.#running
  }

  get waiting(): number {
    return this.#waiting.size
  }

  /** Lets more run at a time; what waits starts. */
  widen(limit: number): void {
    while (this.#limit < limit) {
      this.#limit++
      const next = this.#waiting.popFront()
      if (next === undefined) continue
      this.#running++
      next()
    }
  }

  /** The job starts at once, in this call, when there is room. */
  async run<T>(job: () => Promise<T>): Promise<T> {
    if (this.#running >= this.#limit) await new Promise<void>((resolve) => this.#waiting.pushBack(resolve))
    else this.#running++
    try {
      return await job()
    } finally {
      // The place is handed on, so that no newcomer takes it from who waits.
      const next = this.#waiting.popFront()
      if (next === undefined) this.#running--
      else next()
    }
  }
}
