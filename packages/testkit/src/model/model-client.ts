/**
 * A client of one broker that comes back after each broken connection. For each API it draws one of the versions that the broker
 * serves, and keeps to it.
 */
import type { Env } from '@ottla/env'
import {
  ApiVersionsRequest,
  ApiVersionsResponse,
  apiOf,
  ErrorCode,
  type Init,
  type Schema,
  type Value,
} from '@ottla/protocol'
import { assert, type Prng } from '@ottla/stdx'
import { type Address, type ApiPair, WireConnection, WireFault } from '../wire/wire-connection.ts'
import { Violation } from './retry.ts'

export interface ModelClientOptions {
  readonly env: Env
  readonly address: Address
  readonly random: Prng
  readonly clientId: string
  /** Of each request; the connection is given up when it has passed. */
  readonly requestTimeoutMs: number
  /** The broker broke the rules of the protocol. */
  readonly onFault: (fault: Error) => void
}

interface VersionRange {
  readonly min: number
  readonly max: number
}

const API_VERSIONS = { request: ApiVersionsRequest, response: ApiVersionsResponse }
const MAX_API_VERSIONS_VERSION = 4

export class ModelClient {
  readonly env: Env
  readonly random: Prng
  readonly #options: ModelClientOptions
  readonly #chosen = new Map<number, number>()
  #served = new Map<number, VersionRange>()
  #connection: WireConnection | null = null
  #connecting: Promise<WireConnection> | null = null

  constructor(options: ModelClientOptions) {
    this.#options = options
    this.env = options.env
    this.random = options.random
  }

  /** The connection, or a new one. Rejects with WireError. */
  async connection(): Promise<WireConnection> {
    if (this.#connection !== null && !this.#connection.isClosed) return this.#connection
    this.#connecting ??= this.#connect().finally(() => {
      this.#connecting = null
    })
    return this.#connecting
  }

  /** The version that this client speaks of the API; `atLeast` where a feature is needed. Only after the first connection. */
  versionOf(request: Schema, atLeast = 0): number {
    const chosen = this.#chosen.get(request.key)
    if (chosen !== undefined && chosen >= atLeast) return chosen
    const served = this.#served.get(request.key)
    assert(served !== undefined, `${request.name} is served`)
    const min = Math.max(served.min, request.versions.min, atLeast)
    const max = Math.min(served.max, request.versions.max)
    assert(min <= max, `${request.name} is served from version ${min} on`)
    const version = this.random.between(min, max)
    this.#chosen.set(request.key, version)
    return version
  }

  /** One attempt. `init` gets the version. Rejects with WireError when the outcome is not known. */
  async call<Q extends Schema, R extends Schema>(
    api: ApiPair<Q, R>,
    init: (version: number) => Init<Q>,
    atLeast = 0,
  ): Promise<Value<R>> {
    await this.connection()
    const version = this.versionOf(api.request, atLeast)
    return this.callOn(await this.connection(), api, init(version))
  }

  /** One attempt on this connection and no other, in the version that {@link versionOf} says. */
  async callOn<Q extends Schema, R extends Schema>(
    connection: WireConnection,
    api: ApiPair<Q, R>,
    init: Init<Q>,
  ): Promise<Value<R>> {
    return connection.request(api, this.versionOf(api.request), init)
  }

  /** Breaks the connection: what is under way gets no answer. */
  disconnect(): void {
    this.#connection?.close()
  }

  async #connect(): Promise<WireConnection> {
    const { env, address, clientId, requestTimeoutMs, onFault } = this.#options
    const connection = await WireConnection.connect({ env, address, clientId, timeoutMs: requestTimeoutMs })
    connection.onClosed = (reason) => {
      if (reason instanceof WireFault) onFault(reason)
    }
    const version = this.random.between(0, MAX_API_VERSIONS_VERSION)
    const names = { clientSoftwareName: 'model', clientSoftwareVersion: '1.0' }
    const response = await connection.request(API_VERSIONS, version, names)
    if (response.errorCode !== ErrorCode.NONE) throw new Violation(`ApiVersions failed with ${response.errorCode}`)
    this.#served = new Map(
      response.apiKeys.map(({ apiKey, minVersion, maxVersion }) => [apiKey, { min: minVersion, max: maxVersion }]),
    )
    for (const key of this.#served.keys()) if (apiOf(key) === undefined) throw new Violation(`unknown API key ${key}`)
    this.#connection = connection
    return connection
  }
}
