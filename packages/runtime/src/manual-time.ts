import { Heap } from '@ottla/stdx'
import type { RuntimeClock, RuntimeTimer, RuntimeTimers } from './ports.ts'

/** A clock that stands still until it is advanced, with its timers; for tests. Exported as `@ottla/runtime/testing`. */
export class ManualTime implements RuntimeClock, RuntimeTimers {
  readonly #calls = new Heap<{ atMs: number; id: number; fn: () => void }>((a, b) => a.atMs - b.atMs || a.id - b.id)
  readonly #cancelled = new Set<number>()
  #nowMs = 0
  #lastId = 0
  pendingCount = 0

  now(): number {
    return 1_700_000_000_000 + this.#nowMs
  }

  monotonic(): number {
    return this.#nowMs
  }

  after(delayMs: number, fn: () => void): RuntimeTimer {
    const id = ++this.#lastId
    let isPending = true
    this.pendingCount += 1
    const done = () => {
      if (isPending) this.pendingCount -= 1
      isPending = false
    }
    const call = () => {
      done()
      fn()
    }
    this.#calls.push({ atMs: this.#nowMs + delayMs, id, fn: call })
    return {
      cancel: () => {
        done()
        this.#cancelled.add(id)
      },
    }
  }

  /** Runs what is due in the next `ms`, in order. */
  advance(ms: number): void {
    const untilMs = this.#nowMs + ms
    for (let next = this.#calls.peek(); next !== undefined && next.atMs <= untilMs; next = this.#calls.peek()) {
      this.#calls.pop()
      this.#nowMs = Math.max(this.#nowMs, next.atMs)
      if (!this.#cancelled.delete(next.id)) next.fn()
    }
    this.#nowMs = untilMs
  }
}
