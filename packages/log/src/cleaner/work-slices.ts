/** Cuts long work into slices, so that the event loop comes to its other work in between; and to bytes per second. */
import type { Env } from '@ottla/env'

/** A slice ends after so long. */
const SLICE_MS = 2
/** Waiting is cut into pieces, so that it ends soon when the work is called off. */
const WAIT_MS = 250
/** Debts below this are carried over: timers are coarse. */
const OWED_MS = 5

/** Bytes per second of all cleaning together. */
export class ByteRate {
  readonly #bytesPerSecond: () => number
  #freeAt = 0

  constructor(bytesPerSecond: () => number) {
    this.#bytesPerSecond = bytesPerSecond
  }

  /** Takes note of bytes read or written; gives how long to wait, in milliseconds. */
  take(bytes: number, nowMs: number): number {
    const rate = this.#bytesPerSecond()
    if (!(rate > 0) || rate > Number.MAX_SAFE_INTEGER) return 0
    this.#freeAt = Math.max(this.#freeAt, nowMs) + (bytes / rate) * 1000
    return this.#freeAt - nowMs
  }
}

export class WorkSlices {
  readonly #env: Env
  readonly #rate: ByteRate
  readonly #isCalledOff: () => boolean
  #startedAt: number
  /** The longest slice so far, in milliseconds. */
  longestMs = 0

  constructor(env: Env, rate: ByteRate, isCalledOff: () => boolean) {
    this.#env = env
    this.#rate = rate
    this.#isCalledOff = isCalledOff
    this.#startedAt = env.clock.monotonic()
  }

  /** Time for {@link rest}. */
  get isOver(): boolean {
    return this.#env.clock.monotonic() - this.#startedAt >= SLICE_MS
  }

  /** Lets the event loop go round once. */
  async rest(): Promise<void> {
    this.ended()
    await new Promise<void>((resolve) => this.#env.timers.defer(resolve))
    this.began()
  }

  /** The work goes on, after it waited for something. */
  began(): void {
    this.#startedAt = this.#env.clock.monotonic()
  }

  /** The work is about to wait. */
  ended(): void {
    this.longestMs = Math.max(this.longestMs, this.#env.clock.monotonic() - this.#startedAt)
  }

  /** Bytes were read or written: waits where that was too fast. */
  async pay(bytes: number): Promise<void> {
    let left = this.#rate.take(bytes, this.#env.clock.monotonic())
    if (left < OWED_MS) return
    while (left > 0 && !this.#isCalledOff()) {
      const piece = Math.min(left, WAIT_MS)
      await new Promise<void>((resolve) => this.#env.timers.after(piece, resolve))
      left -= piece
    }
    this.began()
  }
}
