import { AssertionError, type SnapshotRegistry, TimelineMap } from '@ottla/stdx'
import type { RuntimeClock, RuntimeTimer, RuntimeTimers } from './ports.ts'
import type { TimerOp } from './shard.ts'

/** How long a timer waits whose decision could not be written. */
const RETRY_MS = 500

interface TimerRow<T> {
  readonly atMonotonicMs: number
  readonly timer: T
}

/** A call that is pending with the outside; it may come before its row is due, and then waits on. */
interface Armed {
  readonly atMonotonicMs: number
  readonly handle: RuntimeTimer
}

export interface TimerTableOptions<T> {
  readonly registry: SnapshotRegistry
  readonly clock: RuntimeClock
  readonly timers: RuntimeTimers
  /** Takes the row out, by a cancel, when it could do what was due; throws when it could not, to be called again. */
  readonly onDue: (key: string, timer: T) => void
  readonly onError: (error: unknown) => void
}

/**
 * The timers of a shard: rows of a timeline map, each with a pending call.
 *
 * A timer that is moved on (a session, at each heartbeat) changes its row alone: the pending call finds the later time and
 * waits on. So a heartbeat costs one map write and a session one call in its whole length.
 */
export class TimerTable<T> {
  readonly #options: TimerTableOptions<T>
  readonly #rows: TimelineMap<string, TimerRow<T>>
  readonly #armed = new Map<string, Armed>()
  #isStopped = false

  constructor(options: TimerTableOptions<T>) {
    this.#options = options
    this.#rows = new TimelineMap(options.registry)
  }

  run(op: TimerOp<T>): void {
    if (op.kind === 'cancel') {
      this.#rows.delete(op.key)
      this.#disarm(op.key)
      return
    }
    this.#rows.set(op.key, { atMonotonicMs: op.atMonotonicMs, timer: op.timer })
    this.#arm(op.key, op.atMonotonicMs)
  }

  /** Makes the pending calls agree with the rows again, after the state was taken back. What was due then waits a little: the log has just failed. */
  resume(): void {
    for (const key of [...this.#armed.keys()]) if (!this.#rows.has(key)) this.#disarm(key)
    const soonest = this.#options.clock.monotonic() + RETRY_MS
    for (const [key, { atMonotonicMs }] of this.#rows) this.#arm(key, Math.max(atMonotonicMs, soonest))
  }

  /** Key and due time of each timer. */
  *pending(): IterableIterator<[key: string, atMonotonicMs: number]> {
    for (const [key, { atMonotonicMs }] of this.#rows) yield [key, atMonotonicMs]
  }

  stop(): void {
    this.#isStopped = true
    for (const { handle } of this.#armed.values()) handle.cancel()
    this.#armed.clear()
  }

  #arm(key: string, atMonotonicMs: number): void {
    if (this.#isStopped) return
    const armed = this.#armed.get(key)
    if (armed !== undefined && armed.atMonotonicMs <= atMonotonicMs) return
    armed?.handle.cancel()
    const { clock, timers } = this.#options
    const handle = timers.after(Math.max(0, atMonotonicMs - clock.monotonic()), () => this.#elapsed(key))
    this.#armed.set(key, { atMonotonicMs, handle })
  }

  #disarm(key: string): void {
    this.#armed.get(key)?.handle.cancel()
    this.#armed.delete(key)
  }

  #elapsed(key: string): void {
    this.#armed.delete(key)
    const row = this.#rows.get(key)
    if (row === undefined) return
    const now = this.#options.clock.monotonic()
    if (row.atMonotonicMs > now) {
      this.#arm(key, row.atMonotonicMs)
      return
    }
    try {
      this.#options.onDue(key, row.timer)
    } catch (error) {
      if (error instanceof AssertionError) throw error
      this.#options.onError(error)
      this.#arm(key, now + RETRY_MS)
    }
  }
}
