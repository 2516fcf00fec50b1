/** What kafka-producer-perf-test counts: per reporting window, and over all with percentiles. */
import type { Clock } from '@ottla/env'
import { javaFixed } from '../shared/java-format.ts'

const SAMPLES_MAX = 500_000
const BYTES_PER_MB = 1024 * 1024
const MS_PER_SECOND = 1000
const PERCENTILES = [0.5, 0.95, 0.99, 0.999]

export interface LatencyStatsOptions {
  readonly clock: Clock
  /** How many records will come. */
  readonly recordCount: number
  readonly reportingIntervalMs: number
  /** The records after the warm-up. */
  readonly isSteadyState: boolean
  readonly print: (line: string) => void
}

/** Latencies are whole milliseconds. */
export class LatencyStats {
  readonly #options: LatencyStatsOptions
  readonly #startMs: number
  readonly #every: number
  readonly #samples: Int32Array
  #sampleCount = 0
  #seen = 0
  #count = 0
  #bytes = 0
  #totalLatency = 0
  #maxLatency = 0
  #window: { startMs: number; count: number; bytes: number; totalLatency: number; maxLatency: number }
  #isSilent = false

  constructor(options: LatencyStatsOptions) {
    this.#options = options
    this.#startMs = options.clock.now()
    this.#every = Math.max(1, Math.floor(options.recordCount / Math.min(options.recordCount, SAMPLES_MAX)))
    this.#samples = new Int32Array(Math.floor(options.recordCount / this.#every) + 1)
    this.#window = newWindow(this.#startMs)
  }

  record(latencyMs: number, bytes: number, nowMs: number): void {
    this.#count += 1
    this.#bytes += bytes
    this.#totalLatency += latencyMs
    if (latencyMs > this.#maxLatency) this.#maxLatency = latencyMs
    const window = this.#window
    window.count += 1
    window.bytes += bytes
    window.totalLatency += latencyMs
    if (latencyMs > window.maxLatency) window.maxLatency = latencyMs
    if (this.#seen % this.#every === 0) this.#samples[this.#sampleCount++] = latencyMs
    this.#seen += 1
    if (nowMs - window.startMs < this.#options.reportingIntervalMs) return
    if (this.#options.isSteadyState && this.#count === window.count) this.#options.print('In steady state.')
    if (!this.#isSilent) this.#printWindow()
    this.#window = newWindow(this.#options.clock.now())
  }

  /** Windows are printed no more. */
  suppressPrinting(): void {
    this.#isSilent = true
  }

  printTotal(): void {
    const elapsedMs = this.#options.clock.now() - this.#startMs
    const perSecond = (MS_PER_SECOND * this.#count) / elapsedMs
    const mbPerSecond = (MS_PER_SECOND * this.#bytes) / elapsedMs / BYTES_PER_MB
    const kind = this.#options.isSteadyState ? ' steady state' : ''
    const rates = `${javaFixed(perSecond, 6)} records/sec (${javaFixed(mbPerSecond, 2)} MB/sec)`
    const average = javaFixed(this.#totalLatency / this.#count, 2)
    const [p50, p95, p99, p999] = this.percentiles()
    const latencies = `${average} ms avg latency, ${javaFixed(this.#maxLatency, 2)} ms max latency`
    const tail = `${p50} ms 50th, ${p95} ms 95th, ${p99} ms 99th, ${p999} ms 99.9th.`
    this.#options.print(`${this.#count}${kind} records sent, ${rates}, ${latencies}, ${tail}`)
  }

  percentiles(): number[] {
    const sorted = this.#samples.subarray(0, this.#sampleCount).sort()
    return PERCENTILES.map((share) => sorted[Math.floor(share * sorted.length)] ?? 0)
  }

  get figures(): { readonly count: number; readonly bytes: number; readonly elapsedMs: number } {
    return { count: this.#count, bytes: this.#bytes, elapsedMs: this.#options.clock.now() - this.#startMs }
  }

  #printWindow(): void {
    const { startMs, count, bytes, totalLatency, maxLatency } = this.#window
    const elapsedMs = this.#options.clock.now() - startMs
    const perSecond = javaFixed((MS_PER_SECOND * count) / elapsedMs, 1)
    const mbPerSecond = javaFixed((MS_PER_SECOND * bytes) / elapsedMs / BYTES_PER_MB, 2)
    const average = javaFixed(totalLatency / count, 1)
    this.#options.print(
      `${count} records sent, ${perSecond} records/sec (${mbPerSecond} MB/sec), ${average} ms avg latency, ${javaFixed(maxLatency, 1)} ms max latency.`,
    )
  }
}

function newWindow(startMs: number) {
  return { startMs, count: 0, bytes: 0, totalLatency: 0, maxLatency: 0 }
}
