/** Lets one waiter sleep until something happened or time is over. A wake without a waiter counts for the next one. */
import type { Env } from '@ottla/env'

export class Wakeup {
  readonly #env: Env
  #isPending = false
  #wakeNow: (() => void) | null = null

  constructor(env: Env) {
    this.#env = env
  }

  wake(): void {
    if (this.#wakeNow === null) this.#isPending = true
    else this.#wakeNow()
  }

  /** Resolves with the next {@link wake}, or after `timeoutMs` (Infinity: never by time). */
  wait(timeoutMs: number): Promise<void> {
    if (this.#isPending) {
      this.#isPending = false
      return Promise.resolve()
    }
    return new Promise((resolve) => {
      const timer = timeoutMs === Number.POSITIVE_INFINITY ? null : this.#env.timers.after(timeoutMs, () => wake())
      const wake = () => {
        timer?.cancel()
        // One that was given up must not take away the place of the next.
        if (this.#wakeNow === wake) this.#wakeNow = null
        resolve()
      }
      this.#wakeNow = wake
    })
  }
}
