/** What clients use of one thing, over time, and how long each must pause for it. */
import type { ClientQuotasImage } from '@ottla/metadata'
import { Lru } from '@ottla/stdx'
import { type QuotaLimit, QuotaLimits } from './quota-limits.ts'
import { SampledRate, throttleMs, type Windows } from './sampled-rate.ts'

/** Clients that are counted at once; those that used nothing for the longest are forgotten first. */
const COUNTERS_MAX = 10_000

export interface QuotaClient {
  readonly user: string
  readonly clientId: string
}

export class ClientQuota {
  readonly #key: string
  readonly #windows: Windows
  readonly #counters = new Lru<string, SampledRate>({ capacity: COUNTERS_MAX })
  /** Bounds that were looked up, until the quotas change. */
  readonly #found = new Lru<string, QuotaLimit | null>({ capacity: COUNTERS_MAX })
  #limits: QuotaLimits | null = null

  constructor(key: string, windows: Windows) {
    this.#key = key
    this.#windows = windows
  }

  /** False: nobody is bounded, and nothing need be counted. */
  get isActive(): boolean {
    return this.#limits !== null
  }

  /** Takes over other quotas. What was counted stays. */
  update(quotas: ClientQuotasImage): void {
    const limits = new QuotaLimits(quotas, this.#key)
    this.#limits = limits.isEmpty ? null : limits
    this.#found.clear()
    if (limits.isEmpty) this.#counters.clear()
  }

  limitOf({ user, clientId }: QuotaClient): QuotaLimit | null {
    if (this.#limits === null) return null
    const name = `${user}\u0000${clientId}`
    let limit = this.#found.get(name)
    if (limit === undefined) {
      limit = this.#limits.of(user, clientId)
      this.#found.set(name, limit)
    }
    return limit
  }

  /** Counts what was used; gives how long the client must pause, in milliseconds. */
  record(client: QuotaClient, value: number, nowMs: number): number {
    const limit = this.limitOf(client)
    if (limit === null) return 0
    const rate = this.#rateOf(limit)
    rate.record(value, nowMs)
    return throttleMs(rate, limit.perSecond, nowMs)
  }

  /** Takes back what was counted and then not used. */
  unrecord(client: QuotaClient, value: number, nowMs: number): void {
    const limit = this.limitOf(client)
    if (limit !== null) this.#rateOf(limit).record(-value, nowMs)
  }

  /** The most that the client may use at once: more would never fit into the windows. */
  burstOf(client: QuotaClient): number {
    const limit = this.limitOf(client)
    if (limit === null) return Number.POSITIVE_INFINITY
    const { count, sizeMs } = this.#windows
    return Math.max(1, limit.perSecond * Math.max(1, count - 1) * (sizeMs / 1000))
  }

  #rateOf({ counter }: QuotaLimit): SampledRate {
    let rate = this.#counters.get(counter)
    if (rate === undefined) {
      rate = new SampledRate(this.#windows)
      this.#counters.set(counter, rate)
    }
    return rate
  }
}
