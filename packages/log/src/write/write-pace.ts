/**
 * Decides whether a write holds the event loop or goes to the I/O threads.
 *
 * A small write into the page cache takes microseconds, less than the trip to a thread and back. A large one, or one that
 * the kernel makes wait for the disk, would hold up everyone else. So: large ones never hold the loop, and after one slow
 * write none does for a while; the while doubles as long as it goes on.
 *
 * A write seems slow too when another process had the core meanwhile, and on a busy machine that happens every second. So the
 * first while is short, and only what is slow again as soon as it is tried again goes on: a disk that is behind, not chance.
 */
export interface WritePaceOptions {
  /** Writes above this go to the threads. */
  readonly syncWriteMaxBytes: number
  /** A write that took longer than this was slow. */
  readonly slowWriteMs: number
}

const FIRST_PAUSE_MS = 50
const PAUSE_MAX_MS = 16_000
/** Slow again so soon after a pause is the same trouble: a quarter of the pause, and not more than this. */
const AGAIN_MAX_MS = 100

export class WritePace {
  readonly #options: WritePaceOptions
  #slowUntilMs = Number.NEGATIVE_INFINITY
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
    if (endMs - startMs <= this.#options.slowWriteMs) return
    this.#slowWrites++
    const goesOn = startMs <= this.#slowUntilMs + Math.min(this.#pauseMs / 4, AGAIN_MAX_MS)
    this.#pauseMs = goesOn ? Math.min(this.#pauseMs * 2, PAUSE_MAX_MS) : FIRST_PAUSE_MS
    this.#slowUntilMs = endMs + this.#pauseMs
  }
}
