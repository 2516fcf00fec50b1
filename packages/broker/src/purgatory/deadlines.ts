/** Very many deadlines over one timer: of waiting produces, fetches and joins. Most are taken back before they are reached. */
import type { Clock, Timer, Timers } from '@ottla/env'
import { TimingWheel, type WheelEntry } from '@ottla/stdx'

export type Deadline = WheelEntry<() => void>

/** Waits for something that mostly comes before the turn of the event loop is over. */
export interface BriefWait {
  readonly timeoutMs: number
  /** It waits no more: no deadline is needed. */
  readonly isOver: boolean
  /** Set when the turn is over and it still waits. */
  deadline: Deadline | null
  timedOut(): void
}

export class Deadlines {
  readonly #clock: Clock
  readonly #timers: Timers
  readonly #wheel: TimingWheel<() => void>
  #timer: Timer | null = null
  #timerAtMs = Number.POSITIVE_INFINITY
  /** Without a deadline until the turn is over. */
  #brief: BriefWait[] = []

  constructor(world: { readonly clock: Clock; readonly timers: Timers }) {
    this.#clock = world.clock
    this.#timers = world.timers
    this.#wheel = new TimingWheel({ nowMs: world.clock.monotonic() })
  }

  /** Deadlines that were neither reached nor taken back. */
  get size(): number {
    return this.#wheel.size
  }

  /** Calls `fn` once, `delayMs` from now. */
  after(delayMs: number, fn: () => void): Deadline {
    const now = this.#clock.monotonic()
    if (this.#wheel.size === 0) this.#wheel.advance(now, run)
    const deadline = this.#wheel.schedule(now + delayMs, fn)
    if (deadline.atMs < this.#timerAtMs) this.#arm(now)
    return deadline
  }

  /** Calls `timedOut` once, `timeoutMs` from now, unless the wait is over; costs next to nothing when it is over with this turn. */
  unlessSoon(wait: BriefWait): void {
    if (this.#brief.length === 0) this.#timers.defer(this.#startBrief)
    this.#brief.push(wait)
  }

  /** Takes a deadline back; no effect when it was reached. */
  cancel(deadline: Deadline): void {
    this.#wheel.cancel(deadline)
  }

  /** Stops; nothing is called any more. */
  close(): void {
    this.#timer?.cancel()
    this.#timer = null
    this.#timerAtMs = Number.NEGATIVE_INFINITY
  }

  readonly #startBrief = (): void => {
    const waits = this.#brief
    this.#brief = []
    for (const wait of waits) {
      if (!wait.isOver) wait.deadline = this.after(wait.timeoutMs, () => wait.timedOut())
    }
  }

  #arm(now: number): void {
    const next = this.#wheel.nextMs
    this.#timer?.cancel()
    this.#timer = null
    this.#timerAtMs = next ?? Number.POSITIVE_INFINITY
    if (next === undefined) return
    this.#timer = this.#timers.after(Math.max(0, next - now), () => {
      this.#timer = null
      this.#timerAtMs = Number.POSITIVE_INFINITY
      this.#wheel.advance(this.#clock.monotonic(), run)
      this.#arm(this.#clock.monotonic())
    })
  }
}

function run(fn: () => void): void {
  fn()
}
