/**
 * Tokens that come at a steady rate up to a bound, and are taken in bursts; what is taken beyond them is owed (KIP-599). With the bound at as many
 * windows as a rate is measured over, long-term use is the same, and one large burst does not block for as long.
 */
import type { Windows } from './sampled-rate.ts'

export class TokenBucket {
  readonly #windows: Windows
  #tokens: number
  #perSecond: number
  #atMs: number

  constructor(windows: Windows, perSecond: number, nowMs: number) {
    this.#windows = windows
    this.#perSecond = perSecond
    this.#tokens = this.#bound
    this.#atMs = nowMs
  }

  /** What is there keeps, up to the new bound. */
  setRate(perSecond: number, nowMs: number): void {
    this.#refill(nowMs)
    this.#perSecond = perSecond
    this.#tokens = Math.min(this.#tokens, this.#bound)
  }

  take(tokens: number, nowMs: number): void {
    this.#refill(nowMs)
    this.#tokens = Math.min(this.#bound, this.#tokens - tokens)
  }

  /** True while more was taken than had come. */
  isOwing(nowMs: number): boolean {
    this.#refill(nowMs)
    return this.#tokens < 0
  }

  /** Milliseconds until what is owed has come. */
  owedMs(nowMs: number): number {
    return this.isOwing(nowMs) ? Math.round((-this.#tokens / this.#perSecond) * 1000) : 0
  }

  get #bound(): number {
    return this.#perSecond * this.#windows.count * (this.#windows.sizeMs / 1000)
  }

  #refill(nowMs: number): void {
    const came = ((nowMs - this.#atMs) / 1000) * this.#perSecond
    this.#tokens = Math.min(this.#bound, this.#tokens + came)
    this.#atMs = nowMs
  }
}
