/**
 * When the answers that a connection waits for are due, over one timer. It is left as it is while what was asked last is due after it, and
 * looks again when it fires: a timer for each request would cost more than the rest of the waiting.
 */
import type { Env, Timer } from '@ottla/env'

export class AnswerWatch {
  readonly #env: Env
  readonly #onTime: (nowMs: number) => number
  #timer: Timer | null = null
  #timerAtMs = Number.POSITIVE_INFINITY

  /** `onTime` gets the monotonic time, deals with what is overdue, and gives when the next answer is due; infinity when none is. */
  constructor(env: Env, onTime: (nowMs: number) => number) {
    this.#env = env
    this.#onTime = onTime
  }

  /** An answer is due at `atMs`, monotonic time. */
  expect(atMs: number): void {
    if (atMs >= this.#timerAtMs) return
    this.#timer?.cancel()
    this.#timerAtMs = atMs
    this.#timer = this.#env.timers.after(Math.max(0, atMs - this.#env.clock.monotonic()), () => this.#fire())
  }

  stop(): void {
    this.#timer?.cancel()
    this.#timer = null
    this.#timerAtMs = Number.NEGATIVE_INFINITY
  }

  #fire(): void {
    this.#timer = null
    this.#timerAtMs = Number.POSITIVE_INFINITY
    const next = this.#onTime(this.#env.clock.monotonic())
    if (next < Number.POSITIVE_INFINITY) this.expect(next)
  }
}
