/**
 * Telemetry of clients (KIP-714): tells each client what it is to send, takes what it sends at the pace that was agreed on, and keeps the newest
 * samples of each for /metrics. Bounded: those that were silent for the longest are forgotten first.
 */
import type { BrokerConfig } from '@ottla/config'
import type { Clock } from '@ottla/env'
import { ConfigsImage } from '@ottla/metadata'
import { CompressionType, decompress, ErrorCode, type PushTelemetryRequest, ZERO_UUID } from '@ottla/protocol'
import { Lru } from '@ottla/stdx'
import { type ClientAttributes, type ClientSubscription, ClientSubscriptions } from './client-subscriptions.ts'
import { type ClientSample, decodeMetrics } from './otlp-metrics.ts'

/** In the order of preference. */
export const ACCEPTED_COMPRESSION: readonly number[] = [
  CompressionType.zstd,
  CompressionType.lz4,
  CompressionType.gzip,
  CompressionType.snappy,
]

const INSTANCES_MAX = 16_384
/** What a payload may grow to, over telemetry.max.bytes. */
const UNPACKED_FACTOR = 20
/** A client that missed so many pushes is gone. */
const MISSED_PUSHES = 3
const EXPIRY_MIN_MS = 60_000

export type SubscriptionOutcome =
  | { readonly kind: 'subscribed'; readonly clientInstanceId: string; readonly subscription: ClientSubscription }
  | { readonly kind: 'refused'; readonly error: number }

/** The newest samples of one client. */
export interface ClientSamples {
  readonly attributes: ClientAttributes
  readonly samples: readonly ClientSample[]
}

interface Instance {
  readonly attributes: ClientAttributes
  readonly subscription: ClientSubscription
  /** The rules that the subscription was made of. */
  readonly rules: ClientSubscriptions
  askedAtMs: number
  pushedAtMs: number
  isTerminating: boolean
}

interface Kept extends ClientSamples {
  readonly expiresAtMs: number
}

export interface ClientTelemetryParts {
  readonly clock: Clock
  readonly config: BrokerConfig
  /** A fresh id for a client that has none. */
  readonly uuid: () => string
}

type Request = Pick<PushTelemetryRequest, 'subscriptionId' | 'terminating' | 'compressionType' | 'metrics'>

export class ClientTelemetry {
  readonly #clock: Clock
  readonly #config: BrokerConfig
  readonly #uuid: () => string
  readonly #instances = new Lru<string, Instance>({ capacity: INSTANCES_MAX })
  readonly #samples: Lru<string, Kept>
  #rules: ClientSubscriptions | null = null
  #configs = new ConfigsImage()
  /** Payloads that were taken. */
  pushes = 0

  constructor({ clock, config, uuid }: ClientTelemetryParts) {
    this.#clock = clock
    this.#config = config
    this.#uuid = uuid
    this.#samples = new Lru({
      capacity: config.int('ottla.client.metrics.series.max'),
      weigh: ({ samples }) => samples.length + 1,
    })
  }

  /** False: nothing is asked of clients (ottla.client.metrics.enable). */
  get isOffered(): boolean {
    return this.#config.boolean('ottla.client.metrics.enable')
  }

  get maxBytes(): number {
    return this.#config.int('telemetry.max.bytes')
  }

  /** Clients that are known. */
  get instanceCount(): number {
    return this.#instances.size
  }

  /** Takes over the settings of the metadata; clients hear of what changed for them when they come next. */
  update(configs: ConfigsImage): void {
    this.#configs = configs
    this.#rules = null
  }

  /** What the client is to send; a client without an id gets one. */
  subscribe(from: ClientAttributes): SubscriptionOutcome {
    const isNew = from.client_instance_id === ZERO_UUID
    const clientInstanceId = isNew ? this.#uuid() : from.client_instance_id
    const instance = this.#instance({ ...from, client_instance_id: clientInstanceId })
    const nowMs = this.#clock.monotonic()
    const { subscription } = instance
    if (nowMs - Math.max(instance.askedAtMs, instance.pushedAtMs) < subscription.pushIntervalMs) {
      return { kind: 'refused', error: ErrorCode.THROTTLING_QUOTA_EXCEEDED }
    }
    instance.askedAtMs = nowMs
    return { kind: 'subscribed', clientInstanceId, subscription }
  }

  /** Takes what a client sends; gives its error. */
  push(from: ClientAttributes, request: Request): number {
    if (from.client_instance_id === ZERO_UUID) return ErrorCode.INVALID_REQUEST
    const instance = this.#instance(from)
    const error = this.#refusal(instance, request)
    if (error !== ErrorCode.NONE || request.metrics.length === 0 || !this.isOffered) return error
    try {
      const maxBytes = this.maxBytes * UNPACKED_FACTOR
      const samples = decodeMetrics(decompress(request.compressionType, request.metrics, { maxBytes }))
      this.#keep(instance, samples)
      return ErrorCode.NONE
    } catch {
      // Bytes that are not what they claim to be.
      return ErrorCode.INVALID_RECORD
    }
  }

  /** The newest samples of the clients that still send. */
  *samples(): Generator<ClientSamples> {
    const nowMs = this.#clock.monotonic()
    for (const [id, kept] of [...this.#samples.entries()]) {
      if (kept.expiresAtMs > nowMs) yield kept
      else this.#samples.delete(id)
    }
  }

  #keep({ attributes, subscription }: Instance, samples: readonly ClientSample[]): void {
    this.pushes += 1
    const expiresAtMs = this.#clock.monotonic() + Math.max(EXPIRY_MIN_MS, MISSED_PUSHES * subscription.pushIntervalMs)
    this.#samples.set(attributes.client_instance_id, { attributes, samples, expiresAtMs })
  }

  /** In Kafka's order: a client that said goodbye, that comes too early, that goes by an old subscription, and what it brings. */
  #refusal(instance: Instance, request: Request): number {
    if (instance.isTerminating) return ErrorCode.INVALID_REQUEST
    instance.isTerminating = request.terminating
    if (!this.#isInTime(instance) && !request.terminating) return ErrorCode.THROTTLING_QUOTA_EXCEEDED
    if (request.subscriptionId !== instance.subscription.id) return ErrorCode.UNKNOWN_SUBSCRIPTION_ID
    const { compressionType } = request
    if (compressionType !== CompressionType.none && !ACCEPTED_COMPRESSION.includes(compressionType)) {
      return ErrorCode.UNSUPPORTED_COMPRESSION_TYPE
    }
    return request.metrics.length > this.maxBytes ? ErrorCode.TELEMETRY_TOO_LARGE : ErrorCode.NONE
  }

  /** The first push after the client asked may come at any time: clients spread it. */
  #isInTime(instance: Instance): boolean {
    const nowMs = this.#clock.monotonic()
    const isFirst = instance.askedAtMs > instance.pushedAtMs
    if (!isFirst && nowMs - instance.pushedAtMs < instance.subscription.pushIntervalMs) return false
    instance.pushedAtMs = nowMs
    return true
  }

  /** The client as it is known, or anew when what it is to send may have changed. */
  #instance(attributes: ClientAttributes): Instance {
    const rules = this.#currentRules()
    const known = this.#instances.get(attributes.client_instance_id)
    if (known !== undefined && known.rules === rules) return known
    const instance: Instance = {
      attributes,
      subscription: rules.of(attributes),
      rules,
      askedAtMs: Number.NEGATIVE_INFINITY,
      pushedAtMs: Number.NEGATIVE_INFINITY,
      isTerminating: false,
    }
    this.#instances.set(attributes.client_instance_id, instance)
    return instance
  }

  #currentRules(): ClientSubscriptions {
    this.#rules ??= new ClientSubscriptions(this.#configs, this.#config)
    return this.#rules
  }
}
