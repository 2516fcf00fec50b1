import { availableParallelism } from 'node:os'
import type { Clock, Timer, Timers } from '../clock.ts'
import { LoopPoll } from './loop-poll.ts'

/** setTimeout takes no more (24.8 days). */
const DELAY_MS_MAX = 2 ** 31 - 1

export interface NodeTimersOptions {
  readonly clock: Clock
  /** Whether pending timers keep the process alive. */
  readonly keepAlive: boolean
  /** For how long the loop looks for more work before it sleeps, where that pays off; in milliseconds. Default 0. */
  readonly pollMs?: number
}

/**
 * Timers over setTimeout, and `defer` over one setImmediate for all that was deferred in a turn.
 *
 * Why setImmediate and not a microtask: libuv hands over all sockets that are readable in one go and then comes to the
 * immediates. So what many connections put off in that turn (an append to one partition, the answers of one
 * connection) is done once, for all of them; a microtask would run after each single chunk. What deferred work defers runs in
 * the same pass: append, acknowledge, answer need one turn together, not three.
 */
export class NodeTimers implements Timers {
  readonly #clock: Clock
  readonly #keepAlive: boolean
  #deferred: (() => void)[] = []
  #isScheduled = false
  readonly #poll: LoopPoll | null
  readonly #runDeferred = (): void => this.#drain()

  constructor({ clock, keepAlive, pollMs = 0 }: NodeTimersOptions) {
    this.#clock = clock
    this.#keepAlive = keepAlive
    // On one core whoever is looked for could not come.
    this.#poll = pollMs > 0 && availableParallelism() > 1 ? new LoopPoll(clock, pollMs) : null
  }

  after(delayMs: number, fn: () => void): Timer {
    if (delayMs === 0) return this.#nextTurn(fn)
    return new NodeTimer({ clock: this.#clock, keepAlive: this.#keepAlive, fn }, delayMs)
  }

  defer(fn: () => void): void {
    this.#deferred.push(fn)
    if (this.#isScheduled) return
    this.#isScheduled = true
    this.#poll?.workCame()
    setImmediate(this.#runDeferred)
  }

  /** Without the millisecond that setTimeout waits at least. */
  #nextTurn(fn: () => void): Timer {
    const immediate = setImmediate(fn)
    if (!this.#keepAlive) immediate.unref()
    return { cancel: () => clearImmediate(immediate) }
  }

  #drain(): void {
    let done = 0
    try {
      for (; done < this.#deferred.length; done++) (this.#deferred[done] as () => void)()
      this.#deferred = []
      this.#isScheduled = false
      this.#poll?.workDone()
    } catch (error) {
      // The error goes up to the process; what was deferred behind it must not be lost with it.
      this.#deferred = this.#deferred.slice(done + 1)
      setImmediate(this.#runDeferred)
      throw error
    }
  }
}

interface NodeTimerOptions {
  readonly clock: Clock
  readonly keepAlive: boolean
  readonly fn: () => void
}

class NodeTimer implements Timer {
  readonly #options: NodeTimerOptions
  readonly #dueAt: number
  #timeout: NodeJS.Timeout

  constructor(options: NodeTimerOptions, delayMs: number) {
    this.#options = options
    this.#dueAt = options.clock.monotonic() + delayMs
    this.#timeout = this.#arm(delayMs)
  }

  cancel(): void {
    clearTimeout(this.#timeout)
  }

  #arm(delayMs: number): NodeJS.Timeout {
    const timeout = setTimeout(() => this.#fire(), Math.min(Math.ceil(delayMs), DELAY_MS_MAX))
    if (!this.#options.keepAlive) timeout.unref()
    return timeout
  }

  /** setTimeout counts from the start of the turn and in whole milliseconds, so it may come early; this does not. */
  #fire(): void {
    const leftMs = this.#dueAt - this.#options.clock.monotonic()
    if (leftMs > 0) this.#timeout = this.#arm(leftMs)
    else this.#options.fn()
  }
}
