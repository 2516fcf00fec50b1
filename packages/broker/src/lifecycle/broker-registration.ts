/**
 * The broker's life as the controller knows it: registered (with a new epoch), fenced until it has the metadata, unfenced, kept alive
 * by heartbeats, and at the end shut down in an orderly way.
 */
import type { Env, Logger } from '@ottla/env'
import type { ControllerChannel, RegisteredEndpoint } from '@ottla/metadata'
import { supportedFeatures } from '@ottla/metadata'
import { API_KEYS, ApiError, type BrokerHeartbeatResponse, ErrorCode, errorOf } from '@ottla/protocol'
import { Periodic } from './periodic.ts'

export interface BrokerRegistrationOptions {
  readonly env: Env
  readonly logger: Logger
  readonly channel: ControllerChannel
  readonly nodeId: number
  readonly clusterId: string
  readonly endpoints: readonly RegisteredEndpoint[]
  readonly rack: string | null
  /** Ids of the log dirs that work. */
  readonly directories: () => readonly string[]
  /** Ids of the log dirs that failed. */
  readonly offlineDirectories: () => readonly string[]
  /** Epoch at the last clean stop, -1 when the last stop was not clean. */
  readonly previousBrokerEpoch: number
  /** broker.heartbeat.interval.ms */
  readonly heartbeatIntervalMs: number
  /** initial.broker.registration.timeout.ms */
  readonly registrationTimeoutMs: number
}

const PRINCIPAL = 'User:ANONYMOUS'
const RETRY_MS = 100

/** After these the broker is not what the controller thinks it is: it must register again. */
const LOST_REGISTRATION: ReadonlySet<number> = new Set([
  ErrorCode.STALE_BROKER_EPOCH,
  ErrorCode.BROKER_ID_NOT_REGISTERED,
])

export class BrokerRegistration {
  readonly #options: BrokerRegistrationOptions
  readonly #incarnationId: string
  #brokerEpoch = -1
  #heartbeats: Periodic | null = null

  constructor(options: BrokerRegistrationOptions) {
    this.#options = options
    this.#incarnationId = options.env.random.uuid()
  }

  /** Epoch of the registration; -1 before. */
  get brokerEpoch(): number {
    return this.#brokerEpoch
  }

  /** Registers, trying again for as long as it may. Rejects with ApiError. */
  async register(): Promise<void> {
    const { env, logger, registrationTimeoutMs } = this.#options
    const endMs = env.clock.monotonic() + registrationTimeoutMs
    for (;;) {
      const error = await this.#register()
      if (error === null) return
      if (!error.retriable || env.clock.monotonic() >= endMs) throw error
      logger.warn('registration is tried again', { error })
      await sleep(env, RETRY_MS)
    }
  }

  /** Asks to be unfenced until that is so, then keeps sending heartbeats. */
  async unfence(): Promise<void> {
    const { env, logger, heartbeatIntervalMs: periodMs } = this.#options
    while ((await this.#heartbeat({ wantShutDown: false })).isFenced) await sleep(env, RETRY_MS)
    const run = async (): Promise<void> => {
      await this.#heartbeat({ wantShutDown: false })
    }
    this.#heartbeats = new Periodic({ name: 'heartbeat', periodMs, timers: env.timers, logger, run })
  }

  /** Hands leaderships over; resolves when the controller lets the broker go, or after `timeoutMs`. */
  async shutDown(timeoutMs: number): Promise<void> {
    const { env, logger } = this.#options
    await this.#heartbeats?.stop()
    if (this.#brokerEpoch < 0) return
    const endMs = env.clock.monotonic() + timeoutMs
    try {
      while (!(await this.#heartbeat({ wantShutDown: true })).shouldShutDown) {
        if (env.clock.monotonic() >= endMs) return
        await sleep(env, RETRY_MS)
      }
    } catch (error) {
      logger.warn('the controller was not told of the stop', { error })
    }
  }

  /** Null when registered. */
  async #register(): Promise<ApiError | null> {
    const { channel, nodeId, clusterId, endpoints, rack, directories, previousBrokerEpoch } = this.#options
    const features = [...supportedFeatures()].map(([name, { min, max }]) => ({
      name,
      minSupportedVersion: min,
      maxSupportedVersion: max,
    }))
    const request = {
      brokerId: nodeId,
      clusterId,
      incarnationId: this.#incarnationId,
      listeners: endpoints,
      features,
      rack,
      isMigratingZkBroker: false,
      logDirs: directories(),
      previousBrokerEpoch,
    }
    try {
      const { errorCode, brokerEpoch } = await channel.request(API_KEYS.BrokerRegistration, request, this.#context())
      if (errorCode !== ErrorCode.NONE) return new ApiError(errorCode)
      this.#brokerEpoch = brokerEpoch
      return null
    } catch (error) {
      if (error instanceof ApiError) return error
      throw error
    }
  }

  async #heartbeat({ wantShutDown }: { wantShutDown: boolean }): Promise<BrokerHeartbeatResponse> {
    const { channel, nodeId, logger, offlineDirectories } = this.#options
    const request = {
      brokerId: nodeId,
      brokerEpoch: this.#brokerEpoch,
      currentMetadataOffset: channel.image.offset,
      wantFence: false,
      wantShutDown,
      offlineLogDirs: offlineDirectories(),
      cordonedLogDirs: null,
    }
    const response = await channel.request(API_KEYS.BrokerHeartbeat, request, this.#context())
    if (response.errorCode === ErrorCode.NONE) return response
    logger.warn('heartbeat was refused', { error: errorOf(response.errorCode).name })
    if (LOST_REGISTRATION.has(response.errorCode)) await this.register()
    return response
  }

  #context(): { principal: string; deadlineMs: number } {
    const { env, registrationTimeoutMs } = this.#options
    return { principal: PRINCIPAL, deadlineMs: env.clock.now() + registrationTimeoutMs }
  }
}

function sleep(env: Env, ms: number): Promise<void> {
  return new Promise((resolve) => {
    env.timers.after(ms, resolve)
  })
}
