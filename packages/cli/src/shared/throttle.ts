/** Keeps a loop at about so many rounds per second, as Kafka's load tools do. */
import type { Env } from '@ottla/env'
import { nextTurn, pause } from './pause.ts'

/** Shorter sleeps are saved up. */
const SLEEP_MIN_MS = 2
const MS_PER_SECOND = 1000
/** A loop that never waits lets the event loop have its turn after so many rounds. */
const ROUNDS_PER_TURN = 128

export class Throttle {
  readonly #env: Env
  readonly #perSecond: number
  readonly #startMs: number
  #owedMs = 0
  #rounds = 0

  /** `perSecond` below 0: no limit. 0: the second round never comes. */
  constructor(env: Env, perSecond: number) {
    this.#env = env
    this.#perSecond = perSecond
    this.#startMs = env.clock.monotonic()
  }

  /** To be awaited after round number `done`, from 0 on; undefined when there is nothing to wait for. */
  wait(done: number, signal: AbortSignal): Promise<void> | undefined {
    if (this.#isAhead(done)) {
      if (this.#perSecond === 0) return new Promise((resolve) => signal.addEventListener('abort', () => resolve()))
      this.#owedMs += MS_PER_SECOND / this.#perSecond
      if (this.#owedMs >= SLEEP_MIN_MS) return this.#sleep(signal)
    }
    this.#rounds += 1
    return this.#rounds % ROUNDS_PER_TURN === 0 ? nextTurn(this.#env) : undefined
  }

  #isAhead(done: number): boolean {
    if (this.#perSecond < 0) return false
    const seconds = (this.#env.clock.monotonic() - this.#startMs) / MS_PER_SECOND
    return seconds > 0 && done / seconds > this.#perSecond
  }

  async #sleep(signal: AbortSignal): Promise<void> {
    const before = this.#env.clock.monotonic()
    await pause(this.#env, this.#owedMs, signal)
    // A timer that came late has paid for later rounds too.
    this.#owedMs = Math.min(0, this.#owedMs - (this.#env.clock.monotonic() - before))
  }
}
