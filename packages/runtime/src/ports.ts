/** What the runtime needs of the world. `Clock` and `Timers` of @ottla/env fit as they are. */

/** Takes the records of a shard to its log. */
export interface ShardWriter<R> {
  /**
   * Hands the records to the log as one atomic batch and returns the log's end offset after it; the records got the
   * offsets just below. Throws when the log does not take them (nothing was appended then), with the error that the
   * request is to be rejected with. May call `committed` of the runtime before it returns.
   */
  append(records: readonly R[]): number
}

export interface RuntimeClock {
  now(): number
  monotonic(): number
}

export interface RuntimeTimer {
  cancel(): void
}

export interface RuntimeTimers {
  after(delayMs: number, fn: () => void): RuntimeTimer
}
