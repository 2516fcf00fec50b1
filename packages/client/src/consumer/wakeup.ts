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

  /** Resolves with the next {@link wake}, or after `timeoutMs` (Infinity: never by time); rejects with the reason of `signal` when that comes first. */
  wait(timeoutMs: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted) return Promise.reject(signal.reason)
    if (this.#isPending) {
      this.#isPending = false
      return Promise.resolve()
    }
    return new Promise((resolve, reject) => {
      const over = () => {
        timer?.cancel()
        signal?.removeEventListener('abort', onAbort)
        // One that was given up must not take away the place of the next.
        if (this.#wakeNow === wake) this.#wakeNow = null
      }
      const wake = () => {
        over()
        resolve()
      }
      const onAbort = () => {
        over()
        reject(signal!.reason)
      }
      const timer = timeoutMs === Number.POSITIVE_INFINITY ? null : this.#env.timers.after(timeoutMs, wake)
      signal?.addEventListener('abort', onAbort, { once: true })
      this.#wakeNow = wake
    })
  }
}
