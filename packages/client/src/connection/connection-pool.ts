/**
 * Connections to brokers, one per address, made when first needed. A broker answers the requests of one connection in
 * order, so whoever sends requests that wait (fetches, joins) has a pool of its own.
 */
import type { Env, Timer } from '@ottla/env'
import { type ApiPair, ClientConnection, type RequestObserver } from '@ottla/net'
import type { Init, Schema, Value } from '@ottla/protocol'
import { ClosedError } from '../errors.ts'
import { type ConnectionSecurity, distrust } from '../security/connection-security.ts'
import { type BackoffOptions, backoffMs } from '../time/backoff.ts'
import { abortable, delay } from '../time/delay.ts'
import { SOFTWARE_NAME, SOFTWARE_VERSION } from '../version.ts'
import { type BrokerAddress, formatAddress } from './bootstrap-servers.ts'

export interface ConnectionPoolOptions {
  readonly env: Env
  readonly clientId: string
  /** Until a new connection has to have told what it speaks. */
  readonly connectTimeoutMs: number
  readonly requestTimeoutMs: number
  readonly security: ConnectionSecurity
  /** Wait before an address is tried again that could not be reached (reconnect.backoff.ms, …max.ms). */
  readonly reconnectBackoff: BackoffOptions
  /** A connection that carried nothing for this long is closed. */
  readonly idleMs: number
  readonly observer?: RequestObserver
}

export interface CallOptions {
  readonly timeoutMs?: number | undefined
  readonly signal?: AbortSignal | undefined
  /** The highest version that the caller can use. */
  readonly maxVersion?: number | undefined
}

const SOFTWARE = { softwareName: SOFTWARE_NAME, softwareVersion: SOFTWARE_VERSION }

const FAILURES_PER_WARNING = 20

export class ConnectionPool {
  readonly #options: ConnectionPoolOptions
  readonly #slots = new Map<string, Slot>()
  readonly #closing = new AbortController()

  constructor(options: ConnectionPoolOptions) {
    this.#options = options
  }

  /** Sends a request in the highest version that both ends speak. Rejects with ConnectionError, or with the signal's reason. */
  async request<Q extends Schema, R extends Schema>(
    address: BrokerAddress,
    api: ApiPair<Q, R>,
    init: Init<Q> | ((version: number) => Init<Q>),
    options: CallOptions = {},
  ): Promise<Value<R>> {
    const connection = await this.connection(address, options.signal)
    const version = connection.versionOf(api, options.maxVersion)
    const body = typeof init === 'function' ? init(version) : init
    const { timeoutMs } = options
    const answer = connection.request(api, version, body, timeoutMs === undefined ? {} : { timeoutMs })
    return abortable(answer, options.signal)
  }

  /** An open connection to the address. */
  connection(address: BrokerAddress, signal?: AbortSignal): Promise<ClientConnection> {
    const slot = this.#slot(address)
    const open = slot.openNow()
    return open === null ? abortable(slot.opened(), signal) : Promise.resolve(open)
  }

  /** The connection to the address if it is open right now. */
  openConnection(address: BrokerAddress): ClientConnection | null {
    return this.#slots.get(formatAddress(address))?.openNow() ?? null
  }

  /** Closes the connections that are open; new ones are made when they are needed. Requests that wait are rejected. */
  disconnect(): void {
    for (const slot of this.#slots.values()) slot.close()
  }

  /** Closes all connections at once; requests that wait are rejected. */
  close(): void {
    this.#closing.abort(new ClosedError('the client'))
    for (const slot of this.#slots.values()) slot.close()
    this.#slots.clear()
  }

  #slot(address: BrokerAddress): Slot {
    this.#closing.signal.throwIfAborted()
    const key = formatAddress(address)
    const known = this.#slots.get(key)
    if (known !== undefined) return known
    const slot = new Slot(address, this.#options, this.#closing.signal)
    this.#slots.set(key, slot)
    return slot
  }
}

/** What is known of one address. */
class Slot {
  readonly #address: BrokerAddress
  readonly #options: ConnectionPoolOptions
  readonly #closing: AbortSignal
  #connection: ClientConnection | null = null
  #opening: Promise<ClientConnection> | null = null
  #failures = 0
  #failedAt = 0
  #usedAt = 0
  #idleTimer: Timer | null = null

  constructor(address: BrokerAddress, options: ConnectionPoolOptions, closing: AbortSignal) {
    this.#address = address
    this.#options = options
    this.#closing = closing
  }

  openNow(): ClientConnection | null {
    if (this.#connection === null || this.#connection.isClosed) return null
    this.#usedAt = this.#options.env.clock.monotonic()
    return this.#connection
  }

  opened(): Promise<ClientConnection> {
    this.#opening ??= this.#open().finally(() => {
      this.#opening = null
    })
    return this.#opening
  }

  close(): void {
    this.#idleTimer?.cancel()
    this.#connection?.close()
  }

  async #open(): Promise<ClientConnection> {
    const { env, clientId, connectTimeoutMs, requestTimeoutMs, security, observer } = this.#options
    await this.#backOff()
    try {
      const connection = await ClientConnection.connect({
        env,
        ...this.#address,
        clientId,
        connectTimeoutMs,
        requestTimeoutMs,
        ...SOFTWARE,
        ...security,
        ...(observer === undefined ? {} : { observer }),
        signal: this.#closing,
      })
      // Closed between the last byte of the handshake and here: nobody else would close this one.
      if (this.#closing.aborted) connection.close()
      this.#closing.throwIfAborted()
      this.#failures = 0
      this.#connection = connection
      this.#usedAt = env.clock.monotonic()
      this.#watchIdle()
      return connection
    } catch (error) {
      this.#closing.throwIfAborted()
      this.#failures += 1
      this.#failedAt = env.clock.monotonic()
      this.#tellFailure(error)
      throw distrust(error) ?? error
    }
  }

  /** Once at first, then rarely: a broker that is away may be away for long. */
  #tellFailure(error: unknown): void {
    if ((this.#failures - 1) % FAILURES_PER_WARNING !== 0) return
    const { logger } = this.#options.env
    const address = formatAddress(this.#address)
    logger.warn('no connection to a broker; it may not be available', { address, reason: (error as Error).message })
  }

  async #backOff(): Promise<void> {
    if (this.#failures === 0) return
    const { env, reconnectBackoff } = this.#options
    const dueAt = this.#failedAt + backoffMs(env.random, reconnectBackoff, this.#failures)
    const waitMs = dueAt - env.clock.monotonic()
    if (waitMs > 0) await delay(env, waitMs, this.#closing)
  }

  #watchIdle(): void {
    const { env, idleMs } = this.#options
    const waitMs = Math.max(0, this.#usedAt + idleMs - env.clock.monotonic())
    this.#idleTimer?.cancel()
    this.#idleTimer = env.timers.after(waitMs, () => {
      const connection = this.#connection
      if (connection === null || connection.isClosed) return
      const isIdle = connection.inFlight === 0 && env.clock.monotonic() - this.#usedAt >= idleMs
      if (isIdle) connection.close()
      else this.#watchIdle()
    })
  }
}
