/**
 * Decides whether the event loop goes on looking for work for a moment when it has none, instead of sleeping at once.
 *
 * Sleeping and being woken costs as much processor time as some tens of microseconds of looking, and on a virtual machine delays an answer by as
 * long. A client that sends the next request as soon as it has its answer is back within that time; one that sends now and then is
 * not. So: it looks as long as what it looks for mostly comes, and otherwise sleeps until what came suggests another try. A try
 * that fails doubles what the next one needs.
 */

/** Of the last looks, by weight, so many must have found something. */
const SHARE_MIN = 0.6
const WEIGHT = 1 / 8
/** Work that came soon after the loop had slept, so often in a row, is worth a try. */
const FIRST_PATIENCE = 16
const PATIENCE_MAX = 4096
/** After so many that found something the next try is not held against the last one. */
const GOOD_RUN = 256
/** The sleep itself is a part of how long it took: what came within so many times the look may be found by it. */
const SLEEP_FACTOR = 3

export class PollPace {
  readonly #lookMs: number
  #isLooking = false
  #share = 1
  #run = 0
  #soon = 0
  #patience = FIRST_PATIENCE

  constructor(lookMs: number) {
    this.#lookMs = lookMs
  }

  /** For how long to look when there is nothing to do, in milliseconds; 0: not at all. */
  get lookMs(): number {
    return this.#isLooking ? this.#lookMs : 0
  }

  /** A look found work. */
  noteFound(): void {
    this.#share += (1 - this.#share) * WEIGHT
    this.#run += 1
    if (this.#run === GOOD_RUN) this.#patience = FIRST_PATIENCE
  }

  /** A look found nothing. */
  noteMissed(): void {
    this.#share -= this.#share * WEIGHT
    if (this.#share >= SHARE_MIN) return
    this.#isLooking = false
    this.#soon = 0
    this.#patience = Math.min(this.#patience * 2, PATIENCE_MAX)
  }

  /** Work came `gapMs` after the last was done, and nobody had looked for it. */
  noteUnlooked(gapMs: number): void {
    this.#soon = gapMs <= this.#lookMs * SLEEP_FACTOR ? this.#soon + 1 : 0
    if (this.#soon < this.#patience) return
    this.#isLooking = true
    this.#share = 1
    this.#run = 0
  }
}
