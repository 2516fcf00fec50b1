import { Deque } from '@ottla/stdx'
import type { RuntimeClock, RuntimeTimer, RuntimeTimers } from './ports.ts'
import type { Reply, ReplyToken } from './shard.ts'

/** What leaves when everything below `offset` is committed. */
export interface Released<M> {
  readonly offset: number
  readonly replies: readonly Reply[]
  readonly messages: readonly M[]
}

interface Entry<M> extends Released<M> {
  readonly deadlineMs: number
  hasTimedOut: boolean
}

export interface CommitQueueOptions {
  readonly clock: RuntimeClock
  readonly timers: RuntimeTimers
  readonly timeout: { readonly afterMs: number; readonly error: () => Error } | undefined
  /** The commit took too long; the request is to be rejected although its records stay. */
  readonly onTimeout: (token: ReplyToken, error: Error) => void
}

/** Answers and messages that wait for their offset to commit, in order of offsets. */
export class CommitQueue<M> {
  readonly #options: CommitQueueOptions
  readonly #entries = new Deque<Entry<M>>()
  #timer: RuntimeTimer | undefined

  constructor(options: CommitQueueOptions) {
    this.#options = options
  }

  /** Entries that wait. */
  get size(): number {
    return this.#entries.size
  }

  push({ offset, replies, messages }: Released<M>): void {
    const { timeout, clock } = this.#options
    const deadlineMs = timeout === undefined ? Number.POSITIVE_INFINITY : clock.monotonic() + timeout.afterMs
    this.#entries.pushBack({ offset, replies, messages, deadlineMs, hasTimedOut: false })
  }

  /** Takes the first entry when it is committed. Call it until it gives nothing: what stays then is timed. */
  pop(committedOffset: number): Released<M> | undefined {
    const first = this.#entries.peekFront()
    if (first !== undefined && first.offset <= committedOffset) return this.#entries.popFront()
    if (first !== undefined) this.#watch(first.deadlineMs)
    return undefined
  }

  dropAbove(offset: number): void {
    for (;;) {
      const last = this.#entries.peekBack()
      if (last === undefined || last.offset <= offset) return
      this.#entries.popBack()
    }
  }

  stop(): void {
    this.#timer?.cancel()
    this.#entries.clear()
  }

  /** One timer looks after all: it runs to the deadline of an entry that was first once, and then looks again. */
  #watch(deadlineMs: number): void {
    if (this.#timer !== undefined || deadlineMs === Number.POSITIVE_INFINITY) return
    const delayMs = Math.max(0, deadlineMs - this.#options.clock.monotonic())
    this.#timer = this.#options.timers.after(delayMs, () => {
      this.#timer = undefined
      this.#expire()
    })
  }

  #expire(): void {
    const { timeout, clock, onTimeout } = this.#options
    const now = clock.monotonic()
    for (const entry of this.#entries) {
      if (entry.deadlineMs > now) {
        this.#watch(entry.deadlineMs)
        return
      }
      if (entry.hasTimedOut) continue
      entry.hasTimedOut = true
      for (const { token } of entry.replies) if (timeout !== undefined) onTimeout(token, timeout.error())
    }
  }
}
