/**
 * Keeps the event loop awake for a moment when its work is done, as {@link PollPace} says: with an immediate pending libuv asks the kernel
 * for what is there and does not wait.
 */
import type { Clock } from '../clock.ts'
import { PollPace } from './poll-pace.ts'

let polledMs = 0

/** How long loops of this thread have looked for work that was not there, in milliseconds: Node takes it for active. */
export function polledForMs(): number {
  return polledMs
}

export class LoopPoll {
  readonly #clock: Clock
  readonly #pace: PollPace
  #doneAt = Number.NEGATIVE_INFINITY
  #lookedAt = 0
  #until = 0
  #state: 'working' | 'looking' | 'missed' | 'asleep' = 'asleep'
  #isQueued = false

  constructor(clock: Clock, lookMs: number) {
    this.#clock = clock
    this.#pace = new PollPace(lookMs)
  }

  /** There is work, for the first time in this turn. */
  workCame(): void {
    if (this.#state === 'looking') this.#pace.noteFound()
    else if (this.#state === 'asleep') this.#pace.noteUnlooked(this.#clock.monotonic() - this.#doneAt)
    this.#state = 'working'
  }

  /** What there was is done. */
  workDone(): void {
    this.#doneAt = this.#clock.monotonic()
    const { lookMs } = this.#pace
    if (lookMs === 0) {
      this.#state = 'asleep'
      return
    }
    this.#state = 'looking'
    this.#lookedAt = this.#doneAt
    this.#until = this.#doneAt + lookMs
    this.#queue()
  }

  readonly #look = (): void => {
    this.#isQueued = false
    if (this.#state !== 'looking') return
    const now = this.#clock.monotonic()
    polledMs += now - this.#lookedAt
    this.#lookedAt = now
    if (now < this.#until) {
      this.#queue()
      return
    }
    this.#state = 'missed'
    this.#pace.noteMissed()
  }

  #queue(): void {
    if (this.#isQueued) return
    this.#isQueued = true
    setImmediate(this.#look)
  }
}
