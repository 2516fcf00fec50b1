/** The time of the world. Wall time may jump in both directions; monotonic time never goes back. */
export interface Clock {
  /** Wall time in milliseconds since 1970-01-01 UTC, a whole number. */
  now(): number
  /** Time since an arbitrary start, in milliseconds with fractions; never goes back. Use it for durations. */
  monotonic(): number
}

/** A pending call made by {@link Timers}. */
export interface Timer {
  /** Takes the call back; no effect when it already ran. */
  cancel(): void
}

/** Calls that happen later. Runs on the monotonic clock. */
export interface Timers {
  /** Calls `fn` once, `delayMs` (≥ 0) from now. A pending timer does not keep the process alive unless `keepAlive` was asked for at construction. */
  after(delayMs: number, fn: () => void): Timer
  /** Calls `fn` when the current turn of the event loop has handled its input, before new input is read. */
  defer(fn: () => void): void
}
