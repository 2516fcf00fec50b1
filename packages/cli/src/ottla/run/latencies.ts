/** Times in milliseconds, all of them kept: benchmarks are bounded. */

export interface LatencyFigures {
  readonly count: number
  readonly p50: number
  readonly p95: number
  readonly p99: number
  readonly max: number
}

export class Latencies {
  readonly #times: Float64Array
  #count = 0

  constructor(countMax: number) {
    this.#times = new Float64Array(countMax)
  }

  add(ms: number): void {
    this.#times[this.#count] = ms
    this.#count += 1
  }

  figures(): LatencyFigures {
    const sorted = this.#times.slice(0, this.#count).sort()
    const at = (share: number) => rounded(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0)
    return { count: this.#count, p50: at(0.5), p95: at(0.95), p99: at(0.99), max: rounded(sorted.at(-1) ?? 0) }
  }
}

/** A clock is no more exact. */
function rounded(ms: number): number {
  return Math.round(ms * 1000) / 1000
}
