/** What a client is told when it is made. */
import type { Env, TlsOptions } from '@ottla/env'
import { type BrokerAddress, parseBootstrapServers } from './connection/bootstrap-servers.ts'
import { ArgumentError } from './errors.ts'
import { type ConnectionSecurity, connectionSecurity } from './security/connection-security.ts'
import type { SaslOptions } from './security/sasl-options.ts'
import type { Tracing } from './telemetry/tracing.ts'
import type { BackoffOptions } from './time/backoff.ts'

/** Times are in milliseconds. Defaults are those of Kafka's clients. */
export interface KafkaOptions {
  /** `host:port,host:port`, or a list of such: brokers to ask first. The others are learned from them. */
  readonly bootstrapServers: string | readonly string[]
  /** Name of this client in the brokers' logs, metrics and quotas. Default: ottla. */
  readonly clientId?: string
  /** Speaks TLS with the brokers: with the authorities that this machine trusts, or as told. Default: no TLS. */
  readonly tls?: boolean | TlsOptions
  /** Who this client says that it is. Default: nobody. */
  readonly sasl?: SaslOptions
  /** Makes spans of what this client does: `openTelemetry(api)`. Default: none. */
  readonly telemetry?: Tracing
  /**
   * Sends this client's metrics to brokers that ask for them by their client metrics resources (KIP-714; enable.metrics.push of Java's clients). Brokers know
   * the client by its id, software and address. Default: false.
   */
  readonly pushMetrics?: boolean
  /** Clock, timers, network and log of this client. Default: those of this process. */
  readonly env?: Env
  /** An attempt that got no answer in this time is given up, and its connection closed. Default 30,000. */
  readonly requestTimeoutMs?: number
  /** How long a call may try again. Default 60,000. */
  readonly apiTimeoutMs?: number
  /** Default 10,000. */
  readonly connectTimeoutMs?: number
  /** Default 100, doubling up to 1,000. */
  readonly retryBackoff?: BackoffOptions
  /** Default 50, doubling up to 1,000. */
  readonly reconnectBackoff?: BackoffOptions
  /** Metadata of a topic is asked for again when it is older. Default 300,000. */
  readonly metadataMaxAgeMs?: number
  /** Whether the bootstrap servers are asked again when none of the brokers learned from them answers. Default: rebootstrap. */
  readonly metadataRecoveryStrategy?: 'rebootstrap' | 'none'
  /** After so long without an answer they are asked before all others. Default 300,000. */
  readonly metadataRecoveryRebootstrapTriggerMs?: number
  /** A connection that carried nothing for this long is closed. Default 540,000. */
  readonly idleConnectionMs?: number
}

/** {@link KafkaOptions} with nothing left out. */
export interface ClusterOptions {
  readonly bootstrap: readonly BrokerAddress[]
  readonly clientId: string
  readonly security: ConnectionSecurity
  readonly tracing: Tracing | null
  readonly requestTimeoutMs: number
  readonly apiTimeoutMs: number
  readonly connectTimeoutMs: number
  readonly retryBackoff: BackoffOptions
  readonly reconnectBackoff: BackoffOptions
  readonly metadataMaxAgeMs: number
  readonly metadataRecoveryStrategy: 'rebootstrap' | 'none'
  readonly metadataRecoveryRebootstrapTriggerMs: number
  readonly idleConnectionMs: number
}

/** Fills in the defaults. Throws {@link ArgumentError}. */
export function clusterOptions(options: KafkaOptions): ClusterOptions {
  const resolved = {
    bootstrap: parseBootstrapServers(options.bootstrapServers),
    clientId: options.clientId ?? 'ottla',
    security: connectionSecurity(options),
    tracing: options.telemetry ?? null,
    requestTimeoutMs: options.requestTimeoutMs ?? 30_000,
    apiTimeoutMs: options.apiTimeoutMs ?? 60_000,
    connectTimeoutMs: options.connectTimeoutMs ?? 10_000,
    retryBackoff: options.retryBackoff ?? { initialMs: 100, maxMs: 1000 },
    reconnectBackoff: options.reconnectBackoff ?? { initialMs: 50, maxMs: 1000 },
    metadataMaxAgeMs: options.metadataMaxAgeMs ?? 300_000,
    metadataRecoveryStrategy: options.metadataRecoveryStrategy ?? 'rebootstrap',
    metadataRecoveryRebootstrapTriggerMs: options.metadataRecoveryRebootstrapTriggerMs ?? 300_000,
    idleConnectionMs: options.idleConnectionMs ?? 540_000,
  }
  for (const name of ['requestTimeoutMs', 'apiTimeoutMs', 'connectTimeoutMs', 'metadataMaxAgeMs'] as const) {
    if (!(resolved[name] >= 0)) throw new ArgumentError(`${name} is a number of milliseconds, not ${resolved[name]}`)
  }
  return resolved
}
