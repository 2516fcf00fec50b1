/**
 * What the roles of one {@link Kafka} share: options, metadata, connections and coordinators; and how a request finds the
 * broker that it is for, attempt after attempt.
 */
import type { Env } from '@ottla/env'
import type { ApiPair, ClientConnection } from '@ottla/net'
import type { Init, Schema, Value } from '@ottla/protocol'
import type { BrokerAddress } from '../connection/bootstrap-servers.ts'
import { ConnectionPool } from '../connection/connection-pool.ts'
import { isRetriable, KafkaError } from '../errors.ts'
import type { ClusterOptions } from '../kafka-options.ts'
import type { BrokerNode } from '../metadata/cluster-metadata.ts'
import { MetadataCache } from '../metadata/metadata-cache.ts'
import type { LaneKind } from '../telemetry/client-figures.ts'
import { Telemetry } from '../telemetry/telemetry.ts'
import type { BackoffOptions } from '../time/backoff.ts'
import { Deadline } from '../time/deadline.ts'
import { retry } from '../time/retry.ts'
import { Coordinators } from './coordinators.ts'

/** Of every call of the public API. */
export interface CallOptions {
  /** How long the call may take with all its attempts. Default: apiTimeoutMs of the client. */
  readonly timeoutMs?: number | undefined
  /** Gives up waiting; what was sent may still take effect. */
  readonly signal?: AbortSignal | undefined
}

/** Time and signal of one call, handed down to its attempts. */
export interface CallContext {
  readonly deadline: Deadline
  readonly signal: AbortSignal | undefined
}

/** Whom a request is for. */
export type Target =
  | { readonly kind: 'any' }
  | { readonly kind: 'controller' }
  | { readonly kind: 'broker'; readonly id: number }
  | { readonly kind: 'coordinator'; readonly group: string }
  | { readonly kind: 'transaction-coordinator'; readonly transactionalId: string }

export interface Call<Q extends Schema, R extends Schema> {
  readonly target: Target
  readonly api: ApiPair<Q, R>
  readonly init: Init<Q> | ((version: number) => Init<Q>)
  readonly maxVersion?: number
  /** Default: that of the client. */
  readonly backoff?: BackoffOptions
  /** For messages: 'create topics'. */
  readonly what: string
  /** Throws what the answer stands for. A retriable error leads to another attempt. */
  readonly check?: (answer: Value<R>) => void
}

export class Cluster {
  readonly env: Env
  readonly options: ClusterOptions
  readonly metadata: MetadataCache
  readonly coordinators: Coordinators
  /** For requests that are answered at once. */
  readonly pool: ConnectionPool
  /** Producers and consumers that are open. */
  readonly roles = new Set<AsyncDisposable>()
  readonly telemetry: Telemetry
  readonly #lanes = new Set<ConnectionPool>()

  constructor(env: Env, options: ClusterOptions) {
    this.env = env
    this.options = options
    this.telemetry = new Telemetry(env, options)
    this.pool = this.openLane('shared')
    this.metadata = new MetadataCache({
      env,
      pool: this.pool,
      bootstrap: options.bootstrap,
      retryBackoff: options.retryBackoff,
      maxAgeMs: options.metadataMaxAgeMs,
      recoveryStrategy: options.metadataRecoveryStrategy,
      rebootstrapTriggerMs: options.metadataRecoveryRebootstrapTriggerMs,
      onStartOver: () => {
        this.coordinators.forgetAll()
        for (const lane of this.#lanes) lane.disconnect()
      },
    })
    this.coordinators = new Coordinators(this)
  }

  /** Connections of their own, for requests that wait at the broker. Give them back with `closeLane`. */
  openLane(kind: LaneKind): ConnectionPool {
    const { env, options, telemetry } = this
    const observer = telemetry.observer(kind)
    const lane = new ConnectionPool({ ...options, env, idleMs: options.idleConnectionMs, observer })
    this.#lanes.add(lane)
    return lane
  }

  closeLane(lane: ConnectionPool): void {
    this.#lanes.delete(lane)
    lane.close()
  }

  close(): void {
    for (const lane of this.#lanes) lane.close()
    this.#lanes.clear()
  }

  context(options: CallOptions): CallContext {
    const deadline = new Deadline(this.env.clock, options.timeoutMs ?? this.options.apiTimeoutMs)
    return { deadline, signal: options.signal }
  }

  /** Sends a request until it succeeds, fails for good, or time is over. */
  async call<Q extends Schema, R extends Schema>(call: Call<Q, R>, context: CallContext): Promise<Value<R>> {
    const { env, options } = this
    const backoff = call.backoff ?? options.retryBackoff
    return await retry({ env, backoff, ...context, what: call.what }, async () => {
      try {
        const address = await this.#resolve(call.target, context)
        const answer = await this.pool.request(address, call.api, call.init, {
          signal: context.signal,
          maxVersion: call.maxVersion,
        })
        call.check?.(answer)
        return answer
      } catch (error) {
        if (isRetriable(error)) this.#forget(call.target)
        throw error
      }
    })
  }

  /** An open connection to whom a request would go. */
  async connectionTo(target: Target, context: CallContext): Promise<ClientConnection> {
    const { env, options } = this
    return await retry({ env, backoff: options.retryBackoff, ...context, what: 'connect' }, async () => {
      try {
        return await this.pool.connection(await this.#resolve(target, context), context.signal)
      } catch (error) {
        if (isRetriable(error)) this.#forget(target)
        throw error
      }
    })
  }

  /** A broker by its id; asks for metadata when it is unknown. */
  async broker(id: number, context: CallContext): Promise<BrokerNode> {
    const known = this.metadata.current.brokers.get(id)
    if (known !== undefined) return known
    await this.metadata.load([], context)
    const found = this.metadata.current.brokers.get(id)
    if (found !== undefined) return found
    throw new KafkaError('BROKER_NOT_AVAILABLE', `broker ${id} is not there`, { retriable: true })
  }

  async #resolve(target: Target, context: CallContext): Promise<BrokerAddress> {
    switch (target.kind) {
      case 'broker':
        return await this.broker(target.id, context)
      case 'coordinator':
        return await this.coordinators.find(target.group, context)
      case 'transaction-coordinator':
        return await this.coordinators.findOf('transaction', target.transactionalId, context)
      case 'controller': {
        if (this.metadata.current.brokers.size === 0) await this.metadata.load([], context)
        const { controllerId, brokers } = this.metadata.current
        return brokers.get(controllerId) ?? (await this.#any(context))
      }
      case 'any':
        return await this.#any(context)
    }
  }

  async #any(context: CallContext): Promise<BrokerNode> {
    const brokers = await this.metadata.brokers(context)
    const open = brokers.find((broker) => this.pool.openConnection(broker) !== null)
    const chosen = open ?? brokers[this.env.random.below(Math.max(1, brokers.length))]
    if (chosen === undefined) throw new KafkaError('BROKER_NOT_AVAILABLE', 'there is no broker', { retriable: true })
    return chosen
  }

  #forget(target: Target): void {
    if (target.kind === 'coordinator') this.coordinators.forget(target.group)
    else if (target.kind === 'transaction-coordinator') {
      this.coordinators.forgetOf('transaction', target.transactionalId)
    } else this.metadata.invalidate()
  }
}
