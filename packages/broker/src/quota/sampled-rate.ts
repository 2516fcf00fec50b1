/**
 * A rate over the last few windows, as Kafka's quotas measure it: what was counted in the windows that are not too old, over the time since the
 * oldest began; a rate that has just begun to be measured is spread over all windows but one, so that a burst at the start is allowed.
 */
import { assert } from '@ottla/stdx'

export interface Windows {
  readonly count: number
  readonly sizeMs: number
}

export class SampledRate {
  readonly #windows: Windows
  /** A ring of windows; `#at` is the one that is being counted in. */
  readonly #starts: Float64Array
  readonly #sums: Float64Array
  #at = 0
  #used = 0

  constructor(windows: Windows) {
    assert(windows.count > 0 && windows.sizeMs > 0, 'there is a window')
    this.#windows = windows
    this.#starts = new Float64Array(windows.count)
    this.#sums = new Float64Array(windows.count)
  }

  /** Counts `value`, which may be negative: then something is taken back. `nowMs` never goes back. */
  record(value: number, nowMs: number): void {
    if (this.#used === 0) this.#begin(0, nowMs)
    else if (nowMs - this.#starts[this.#at]! >= this.#windows.sizeMs) {
      this.#begin((this.#at + 1) % this.#windows.count, nowMs)
    }
    this.#sums[this.#at]! += value
  }

  /** Units per second, and the time in milliseconds over which they were counted. */
  measure(nowMs: number): { readonly perSecond: number; readonly overMs: number } {
    const { count, sizeMs } = this.#windows
    let sum = 0
    let oldest = nowMs
    for (let index = 0; index < this.#used; index++) {
      const start = this.#starts[index]!
      if (nowMs - start >= count * sizeMs) continue
      sum += this.#sums[index]!
      oldest = Math.min(oldest, start)
    }
    const elapsedMs = nowMs - oldest
    const missing = Math.max(0, count - 1 - Math.floor(elapsedMs / sizeMs))
    const overMs = Math.max(sizeMs, elapsedMs + missing * sizeMs)
    return { perSecond: (sum * 1000) / overMs, overMs }
  }

  #begin(index: number, nowMs: number): void {
    this.#at = index
    this.#starts[index] = nowMs
    this.#sums[index] = 0
    this.#used = Math.max(this.#used, index + 1)
  }
}

/** How long nothing may come until the rate is back at its bound. Milliseconds, 0 when it is not above. */
export function throttleMs(rate: SampledRate, boundPerSecond: number, nowMs: number): number {
  const { perSecond, overMs } = rate.measure(nowMs)
  if (perSecond <= boundPerSecond) return 0
  return Math.round(((perSecond - boundPerSecond) / boundPerSecond) * overMs)
}
