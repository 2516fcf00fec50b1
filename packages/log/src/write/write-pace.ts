/**
 * Decides whether a write holds the event loop or goes to the I/O threads.
 *
 * A small write into the page cache takes microseconds, less than the trip to a thread and back. A large one, or one that
 * the kernel makes wait for the disk, would hold up everyone else. So: large ones never hold the loop, and after one slow
 * write none does for a while; the while doubles as long as it goes on.
 */
export interface WritePaceOptions {
  /** Writes above this go to the threads. */
  readonly syncWriteMaxBytes: number
  /** A write that took longer than this was slow. */
  readonly slowWriteMs: number
}

const FIRST_PAUSE_MS = 250
const PAUSE_MAX_MS = 16_000

export class WritePace {
  readonly #options: WritePaceOptions
  #slowUntilMs = -1
  #pauseMs = FIRST_PAUSE_MS
  #slowWrites = 0

  constructor(options: WritePaceOptions) {
    this.#options = options
  }

  /** Writes that were slow, ever. */
  get slowWrites(): number {
    return this.#slowWrites
  }

  /** Whether a write of `bytes` may be done in the event loop. Times are of the monotonic clock. */
  maySync(bytes: number, nowMs: number): boolean {
    return bytes <= this.#options.syncWriteMaxBytes && nowMs >= this.#slowUntilMs
  }

  /** A write in the loop took from `startMs` to `endMs`. */
  noteSync(startMs: number, endMs: number): void {
    if (endMs - startMs <= this.#options.slowWriteMs) {
      if (startMs > this.#slowUntilMs + this.#pauseMs) this.#pauseMs = FIRST_PAUSE_MS
      return
    }
    this.#slowWrites++
    this.#slowUntilMs = endMs + this.#pauseMs
    this.#pauseMs = Math.min(this.#pauseMs * 2, PAUSE_MAX_MS)
  }
}
