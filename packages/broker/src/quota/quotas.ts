/**
 * The quotas of this broker's clients: what each may produce, fetch, take of the broker's time and change of the metadata, and how fast it may
 * connect. Who used too much is answered at once, is told to pause (throttle_time_ms), and is not read from until then (KIP-219).
 */
import type { BrokerConfig } from '@ottla/config'
import type { Env } from '@ottla/env'
import type { ClientQuotasImage } from '@ottla/metadata'
import type { ServerConnection } from '@ottla/net'
import type { Deadlines } from '../purgatory/deadlines.ts'
import type { RequestContext } from '../request-context.ts'
import { ClientQuota, type QuotaClient } from './client-quota.ts'
import { type Arrival, ConnectionRates } from './connection-rates.ts'
import { type MutationPolicy, MutationQuotas, type RequestMutationQuota } from './mutation-quotas.ts'
import type { Windows } from './sampled-rate.ts'

export interface QuotasParts {
  readonly env: Env
  readonly config: BrokerConfig
  readonly deadlines: Deadlines
}

const PERCENT_PER_MS = 0.1

export class Quotas {
  readonly #clock: Env['clock']
  readonly #deadlines: Deadlines
  readonly #windowMs: number
  readonly #produce: ClientQuota
  readonly #fetch: ClientQuota
  readonly #request: ClientQuota
  readonly #mutations: MutationQuotas
  readonly #connections: ConnectionRates

  constructor({ env, config, deadlines }: QuotasParts) {
    const windows: Windows = {
      count: config.int('quota.window.num'),
      sizeMs: config.int('quota.window.size.seconds') * 1000,
    }
    const mutationWindows: Windows = {
      count: config.int('controller.quota.window.num'),
      sizeMs: config.int('controller.quota.window.size.seconds') * 1000,
    }
    this.#clock = env.clock
    this.#deadlines = deadlines
    this.#windowMs = windows.sizeMs
    this.#produce = new ClientQuota('producer_byte_rate', windows)
    this.#fetch = new ClientQuota('consumer_byte_rate', windows)
    this.#request = new ClientQuota('request_percentage', windows)
    this.#mutations = new MutationQuotas(mutationWindows, () => env.clock.monotonic())
    this.#connections = new ConnectionRates(windows)
  }

  /** Takes over the quotas of the metadata. */
  update(quotas: ClientQuotasImage): void {
    for (const quota of [this.#produce, this.#fetch, this.#request, this.#mutations, this.#connections]) {
      quota.update(quotas)
    }
  }

  /** The time that requests take is to be measured: some client's is bounded. */
  get measuresTime(): boolean {
    return this.#request.isActive
  }

  /** Counts a produce request of `bytes`; gives the pause of the client in milliseconds, also for the time it took. */
  produced(context: RequestContext, bytes: number): number {
    if (!this.#produce.isActive) return this.answered(context)
    const pauseMs = this.#produce.record(clientOf(context), bytes, this.#clock.monotonic())
    return Math.max(pauseMs, this.answered(context))
  }

  /** Counts a fetch response of `bytes`, as {@link produced}. With a pause the response is to be empty: the bytes are not counted then. */
  fetched(context: RequestContext, bytes: number): number {
    if (!this.#fetch.isActive) return this.answered(context)
    const client = clientOf(context)
    const nowMs = this.#clock.monotonic()
    const pauseMs = Math.max(this.#fetch.record(client, bytes, nowMs), this.answered(context))
    if (pauseMs > 0) this.#fetch.unrecord(client, bytes, nowMs)
    return pauseMs
  }

  /** Counts `bytes` that the client is given whatever it used before, as {@link produced}. */
  delivered(context: RequestContext, bytes: number): number {
    if (!this.#fetch.isActive) return this.answered(context)
    const pauseMs = this.#fetch.record(clientOf(context), bytes, this.#clock.monotonic())
    return Math.max(pauseMs, this.answered(context))
  }

  /** The most that one fetch of the client may bring. */
  fetchBytesMax(context: RequestContext): number {
    return this.#fetch.isActive ? this.#fetch.burstOf(clientOf(context)) : Number.POSITIVE_INFINITY
  }

  /** Counts the time that the request took of the event loop; gives the pause of the client in milliseconds. */
  answered(context: RequestContext): number {
    if (!this.#request.isActive || context.startedAt < 0) return 0
    const nowMs = this.#clock.monotonic()
    const spentMs = context.spentMs >= 0 ? context.spentMs : nowMs - context.startedAt
    const pauseMs = this.#request.record(clientOf(context), spentMs * PERCENT_PER_MS, nowMs)
    return Math.min(pauseMs, this.#windowMs)
  }

  /** What the client may still change; null: everything. */
  mutations(context: RequestContext, policy: MutationPolicy): RequestMutationQuota | null {
    return this.#mutations.of(clientOf(context), policy)
  }

  /** Judges a new connection. `perSecondInAll`: max.connection.creation.rate. */
  connected(address: string, perSecondInAll: number): Arrival {
    return this.#connections.arrived(address, perSecondInAll, this.#clock.monotonic())
  }

  /** The client is not read from for a while: what it sends now waits. */
  pause(connection: ServerConnection, pauseMs: number): void {
    if (pauseMs <= 0) return
    const goOn = connection.mute()
    this.#deadlines.after(pauseMs, goOn)
  }
}

function clientOf({ session, clientId }: RequestContext): QuotaClient {
  return { user: session.principal.name, clientId: clientId ?? '' }
}
