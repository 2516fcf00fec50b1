/**
 * Sends the client's metrics to the cluster, where its settings ask for them (KIP-714):
 *
 *     ask ── what, how often ──► wait ──► push ──► wait ──► …
 *      ▲                                   │
 *      └── the settings changed ◄──────────┘
 */
import type { Timer } from '@ottla/env'
import type { ClientConnection } from '@ottla/net'
import { compress, ErrorCode, type GetTelemetrySubscriptionsResponse, type Value, ZERO_UUID } from '@ottla/protocol'
import { GET_TELEMETRY_SUBSCRIPTIONS, PUSH_TELEMETRY } from '../apis.ts'
import type { Cluster } from '../cluster/cluster.ts'
import { CLIENT_METRICS, type ClientMetricSource } from './metrics-table.ts'
import { encodeOtlp, otlpSamples } from './otlp-metrics.ts'

export interface MetricsPushOptions {
  readonly cluster: Cluster
  readonly source: () => Omit<ClientMetricSource, 'breathe'>
}

type Subscription = Value<typeof GetTelemetrySubscriptionsResponse>

/** After a failure, and where brokers take no metrics. */
const RETRY_MS = 300_000
/** A goodbye that takes longer is left. */
const GOODBYE_MS = 1000
/** The first push is drawn from this part of the interval around it, so that clients that start together do not push together. */
const FIRST_SPREAD = 0.5
const STEPS = 2 ** 20
const NO_COMPRESSION = 0

export class MetricsPush {
  readonly #parts: MetricsPushOptions
  readonly #startedAt: number
  #instanceId = ZERO_UUID
  #subscription: Subscription | null = null
  #timer: Timer | null = null
  #isClosed = false

  constructor(parts: MetricsPushOptions) {
    this.#parts = parts
    this.#startedAt = parts.cluster.env.clock.now()
  }

  /** There is something to tell now. */
  start(): void {
    if (this.#timer === null && !this.#isClosed) this.#after(0)
  }

  /** Pushes once more, if the cluster wants metrics. Never rejects. */
  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#timer?.cancel()
    if (this.#subscription === null || this.#subscription.requestedMetrics.length === 0) return
    try {
      await this.#push(this.#subscription, GOODBYE_MS)
    } catch (error) {
      this.#parts.cluster.env.logger.debug('the last metrics were not pushed', { error })
    }
  }

  #after(waitMs: number): void {
    const { env } = this.#parts.cluster
    this.#timer = env.timers.after(waitMs, () => {
      this.#step().then(
        (nextMs) => {
          if (!this.#isClosed) this.#after(nextMs)
        },
        (error) => {
          env.logger.debug('metrics could not be pushed', { error })
          this.#subscription = null
          if (!this.#isClosed) this.#after(RETRY_MS)
        },
      )
    })
  }

  /** Asks, or pushes; gives how long to wait for the next step. */
  async #step(): Promise<number> {
    const { random } = this.#parts.cluster.env
    if (this.#subscription === null) {
      this.#subscription = await this.#ask()
      if (this.#subscription === null) return RETRY_MS
      const spread = 1 - FIRST_SPREAD + 2 * FIRST_SPREAD * (random.below(STEPS) / STEPS)
      return this.#subscription.pushIntervalMs * spread
    }
    const { pushIntervalMs, requestedMetrics } = this.#subscription
    // Nothing is wanted: the settings may have changed since.
    const errorCode = requestedMetrics.length === 0 ? RENEWED : await this.#push(this.#subscription)
    if (errorCode !== ErrorCode.UNKNOWN_SUBSCRIPTION_ID && errorCode !== ErrorCode.UNSUPPORTED_COMPRESSION_TYPE)
      return pushIntervalMs
    this.#subscription = null
    return 0
  }

  /** Null where brokers take no metrics. */
  async #ask(): Promise<Subscription | null> {
    const connection = await this.#connection()
    if (!connection.peer.apis.has(GET_TELEMETRY_SUBSCRIPTIONS.request.key)) return null
    const answer = await connection.request(GET_TELEMETRY_SUBSCRIPTIONS, 0, { clientInstanceId: this.#instanceId })
    if (answer.errorCode !== ErrorCode.NONE) return null
    this.#instanceId = answer.clientInstanceId
    return answer
  }

  async #push(subscription: Subscription, timeoutMs?: number): Promise<number> {
    const { cluster, source } = this.#parts
    const { subscriptionId, acceptedCompressionTypes, requestedMetrics, telemetryMaxBytes } = subscription
    const samples = await otlpSamples(CLIENT_METRICS, { ...source(), breathe: () => null }, requestedMetrics)
    const times = { startedAt: this.#startedAt, now: cluster.env.clock.now() }
    const compressionType = acceptedCompressionTypes[0] ?? NO_COMPRESSION
    const encoded = encodeOtlp(samples, times)
    const metrics = compress(compressionType as Parameters<typeof compress>[0], encoded)
    if (metrics.length > telemetryMaxBytes) return ErrorCode.TELEMETRY_TOO_LARGE
    const connection = await this.#connection(timeoutMs)
    const clientInstanceId = this.#instanceId
    const { errorCode } = await connection.request(
      PUSH_TELEMETRY,
      0,
      { clientInstanceId, subscriptionId, terminating: this.#isClosed, compressionType, metrics },
      timeoutMs === undefined ? {} : { timeoutMs },
    )
    return errorCode
  }

  #connection(timeoutMs?: number): Promise<ClientConnection> {
    const { cluster } = this.#parts
    return cluster.connectionTo({ kind: 'any' }, cluster.context({ timeoutMs }))
  }
}

/** As if the broker had said that the subscription is an old one. */
const RENEWED = ErrorCode.UNKNOWN_SUBSCRIPTION_ID
