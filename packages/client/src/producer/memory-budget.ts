/** Bytes that records may hold until they are sent. Who wants more waits, first come first served. */
import type { Env } from '@ottla/env'
import { ArgumentError, TimeoutError } from '../errors.ts'

interface Waiter {
  readonly bytes: number
  readonly grant: () => void
}

export class MemoryBudget {
  readonly #env: Env
  readonly #limitBytes: number
  readonly #waiting = new Set<Waiter>()
  #usedBytes = 0

  constructor(env: Env, limitBytes: number) {
    this.#env = env
    this.#limitBytes = limitBytes
  }

  get usedBytes(): number {
    return this.#usedBytes
  }

  /** Takes the bytes at once, or says that one has to wait. */
  tryTake(bytes: number): boolean {
    if (this.#waiting.size > 0 || this.#usedBytes + bytes > this.#limitBytes) return false
    this.#usedBytes += bytes
    return true
  }

  /** Takes the bytes when there is room. Rejects with {@link TimeoutError} after `timeoutMs`. */
  take(bytes: number, timeoutMs: number): Promise<void> {
    if (bytes > this.#limitBytes) {
      throw new ArgumentError(`a record of ${bytes} bytes exceeds the buffer of ${this.#limitBytes} bytes`)
    }
    if (this.tryTake(bytes)) return Promise.resolve()
    return new Promise((resolve, reject) => {
      const timer = this.#env.timers.after(timeoutMs, () => {
        this.#waiting.delete(waiter)
        reject(new TimeoutError(`no room in the producer's buffer of ${this.#limitBytes} bytes within ${timeoutMs} ms`))
      })
      const waiter: Waiter = {
        bytes,
        grant: () => {
          timer.cancel()
          resolve()
        },
      }
      this.#waiting.add(waiter)
    })
  }

  give(bytes: number): void {
    this.#usedBytes -= bytes
    for (const waiter of this.#waiting) {
      if (this.#usedBytes + waiter.bytes > this.#limitBytes) return
      this.#waiting.delete(waiter)
      this.#usedBytes += waiter.bytes
      waiter.grant()
    }
  }
}
