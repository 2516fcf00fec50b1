/**
 * How fast new connections may come (KIP-612): in all (max.connection.creation.rate), and from each address
 * (connection_creation_rate). Those that come too fast in all wait; one that comes too fast from its address is held and then closed.
 */
import { type ClientQuotasImage, QuotaEntityType } from '@ottla/metadata'
import { Lru } from '@ottla/stdx'
import { SampledRate, throttleMs, type Windows } from './sampled-rate.ts'

const COUNTERS_MAX = 10_000
const UNBOUNDED = 2 ** 31 - 1
const LOCALHOST = '127.0.0.1'

/** What becomes of a new connection: served, now or after a wait, or closed after one. */
export type Arrival =
  | { readonly kind: 'serve'; readonly delayMs: number }
  | { readonly kind: 'close'; readonly delayMs: number }

export const SERVED_AT_ONCE: Arrival = { kind: 'serve', delayMs: 0 }

export class ConnectionRates {
  readonly #windows: Windows
  readonly #all: SampledRate
  readonly #byAddress = new Lru<string, SampledRate>({ capacity: COUNTERS_MAX })
  #bounds: ReadonlyMap<string | null, number> = new Map()

  constructor(windows: Windows) {
    this.#windows = windows
    this.#all = new SampledRate(windows)
  }

  update(quotas: ClientQuotasImage): void {
    const bounds = new Map<string | null, number>()
    for (const { entity, values } of quotas.all()) {
      const address = entity.get(QuotaEntityType.IP)
      const perSecond = values.get('connection_creation_rate')
      if (address === undefined || perSecond === undefined) continue
      bounds.set(address === 'localhost' ? LOCALHOST : address, perSecond)
    }
    this.#bounds = bounds
    if (bounds.size === 0) this.#byAddress.clear()
  }

  /** Judges a connection from `address`. `perSecondInAll`: max.connection.creation.rate. */
  arrived(address: string, perSecondInAll: number, nowMs: number): Arrival {
    const isBoundedInAll = perSecondInAll < UNBOUNDED
    if (!isBoundedInAll && this.#bounds.size === 0) return SERVED_AT_ONCE
    const plain = address.startsWith('::ffff:') && address.includes('.') ? address.slice(7) : address
    const bound = this.#bounds.get(plain) ?? this.#bounds.get(null)
    if (bound !== undefined) {
      const rate = this.#rateOf(plain)
      rate.record(1, nowMs)
      const tooFastMs = throttleMs(rate, bound, nowMs)
      if (tooFastMs > 0) {
        rate.record(-1, nowMs)
        return { kind: 'close', delayMs: Math.min(tooFastMs, this.#windows.sizeMs) }
      }
    }
    if (!isBoundedInAll) return SERVED_AT_ONCE
    this.#all.record(1, nowMs)
    const delayMs = throttleMs(this.#all, Math.max(1, perSecondInAll), nowMs)
    return delayMs === 0 ? SERVED_AT_ONCE : { kind: 'serve', delayMs }
  }

  #rateOf(address: string): SampledRate {
    let rate = this.#byAddress.get(address)
    if (rate === undefined) {
      rate = new SampledRate(this.#windows)
      this.#byAddress.set(address, rate)
    }
    return rate
  }
}
