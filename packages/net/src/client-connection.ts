/**
 * The client's end of one connection: requests out, responses in the same order, told by correlation id. Requests of one
 * turn of the event loop leave in one write.
 */
import type { ByteStream, Env, NetworkError, TlsOptions } from '@ottla/env'
import {
  ApiVersionsRequest,
  ApiVersionsResponse,
  codecOf,
  ErrorCode,
  type Init,
  Reader,
  type Schema,
  type Value,
  Writer,
} from '@ottla/protocol'
import type { SlabSlice } from '@ottla/stdx'
import { AnswerWatch } from './answer-watch.ts'
import { ConnectionError } from './connection-error.ts'
import { FlushQueue } from './flush-queue.ts'
import { foreignProtocol } from './foreign-protocol.ts'
import { type FrameAllocator, FrameReader } from './frame-reader.ts'
import { requestHeaderVersion, responseHeaderVersion, skipTags } from './message-header.ts'
import { negotiateApiVersions, type PeerVersions } from './negotiate-api-versions.ts'
import type { SaslExchange, SaslMechanism } from './sasl/sasl-mechanism.ts'
import { SaslSession } from './sasl/sasl-session.ts'
import { tlsFailure } from './tls-failure.ts'

/** An API as a client sees it: `{ request: MetadataRequest, response: MetadataResponse }`. */
export interface ApiPair<Q extends Schema, R extends Schema> {
  readonly request: Q
  readonly response: R
}

export interface ClientConnectionOptions {
  readonly env: Env
  readonly host: string
  readonly port: number
  readonly clientId: string | null
  /** socket.connection.setup.timeout.ms: until the broker has said what it speaks. */
  readonly connectTimeoutMs: number
  /** Default of each request. */
  readonly requestTimeoutMs: number
  /** Largest response accepted. Default 256 MiB. */
  readonly maxFrameBytes?: number
  /** What ApiVersions tells the broker. */
  readonly softwareName: string
  readonly softwareVersion: string
  readonly signal?: AbortSignal
  /** Default: no TLS. */
  readonly tls?: TlsOptions
  /** Default: this client does not say who it is. */
  readonly sasl?: SaslMechanism
  readonly observer?: RequestObserver
}

/** A request that was answered, or will not be. */
export interface AnsweredRequest {
  /** As `Fetch`. */
  readonly api: string
  readonly version: number
  readonly host: string
  readonly port: number
  /** Monotonic time. */
  readonly askedAt: number
  readonly requestBytes: number
  readonly responseBytes: number
  /** Null when the answer was read. */
  readonly error: ConnectionError | null
}

/** Hears of what goes over connections. */
export interface RequestObserver {
  connected(): void
  closed(): void
  answered(request: AnsweredRequest): void
}

export interface RequestOptions {
  /** Gives the memory for the response, which `bytes` and `records` of it are views into. Default: memory of its own. */
  readonly memory?: FrameAllocator
  readonly timeoutMs?: number
}

const DEFAULT_MAX_FRAME_BYTES = 256 << 20
/** Until the broker has proved who it is. */
const STRANGER_FRAME_BYTES = 512 << 10
const MIN_RESPONSE_BYTES = 4
const SIZE_BYTES = 4
/** Responses up to this size are received where they stay: more than a fetch asks for. */
const PROOF_BYTES = 64 << 20
/** Smaller frames share blocks of Node's own pool. */
const SHARED_BYTES = 4096
const MAX_CORRELATION_ID = 2 ** 31 - 1
const API_VERSIONS = { request: ApiVersionsRequest, response: ApiVersionsResponse }

export class ClientConnection {
  readonly host: string
  readonly port: number
  /** Called once when the connection is over. `undefined`: it was closed by `close()`. */
  onClose: (error: ConnectionError | undefined) => void = () => {}
  readonly #options: ClientConnectionOptions
  readonly #stream: ByteStream
  readonly #reader: FrameReader
  readonly #flushes: FlushQueue
  readonly #watch: AnswerWatch
  /** Requests that wait for their answer, oldest first. */
  readonly #waiting = new Map<number, Waiting>()
  /** Of the request that was encoded last. */
  #encodedBytes = 0
  #outgoing: Buffer[] = []
  #nextCorrelationId = 0
  #isClosed = false
  /** What came from the broker so far. */
  #heard: 'versions at most' | 'answers' = 'versions at most'
  #peer: PeerVersions = { apis: new Map(), features: new Map() }
  #session: SaslSession | null = null
  /** What waits until the connection has been authenticated again. */
  #held: Held[] = []

  private constructor(options: ClientConnectionOptions, stream: ByteStream) {
    this.#options = options
    this.host = options.host
    this.port = options.port
    this.#stream = stream
    this.#flushes = new FlushQueue(options.env.timers)
    this.#watch = new AnswerWatch(options.env, (now) => this.#overdue(now))
    this.#reader = new FrameReader(
      {
        // Responses come in the order of their requests.
        pool: { allocate: (bytes) => (this.#oldest?.memory ?? ownMemory).allocate(bytes) },
        maxFrameBytes: STRANGER_FRAME_BYTES,
        minFrameBytes: MIN_RESPONSE_BYTES,
        proofBytes: PROOF_BYTES,
        counters: { framesIn: 0, bytesCopied: 0 },
      },
      (frame) => this.#receive(frame),
    )
    options.observer?.connected()
    let isFirst = true
    stream.onData = (chunk) => {
      const stranger = isFirst ? foreignProtocol(chunk) : null
      isFirst = false
      if (stranger !== null)
        return this.#end(new ConnectionError('FOREIGN_PROTOCOL', strangerAt(options, chunk, stranger)))
      const fault = this.#reader.push(chunk)
      if (fault !== null) this.#end(new ConnectionError('MALFORMED_RESPONSE', fault))
    }
    stream.receiveInto = () => this.#reader.room
    stream.onDrain = () => {}
    stream.onClose = (error) => this.#end(closedBy(error, options, this.#heard))
  }

  /** Connects, learns which versions the broker speaks, and says who this client is. Rejects with {@link ConnectionError}. */
  static async connect(options: ClientConnectionOptions): Promise<ClientConnection> {
    const { env, sasl, signal } = options
    const exchange = sasl === undefined ? null : await SaslSession.prepare({ env, mechanism: sasl, signal })
    const connection = new ClientConnection(options, await openStream(options))
    const stop = () => connection.close()
    signal?.addEventListener('abort', stop, { once: true })
    try {
      signal?.throwIfAborted()
      connection.#peer = await negotiateApiVersions((version) => connection.#askVersions(version))
      if (exchange !== null) await connection.#authenticate(exchange)
      connection.#reader.maxFrameBytes = options.maxFrameBytes ?? DEFAULT_MAX_FRAME_BYTES
    } catch (error) {
      connection.close()
      signal?.throwIfAborted()
      throw error
    } finally {
      signal?.removeEventListener('abort', stop)
    }
    return connection
  }

  /** What the broker said that it speaks. */
  get peer(): PeerVersions {
    return this.#peer
  }

  get isClosed(): boolean {
    return this.#isClosed
  }

  /** Requests that wait for their answer. */
  get inFlight(): number {
    return this.#waiting.size + this.#held.length
  }

  /** Bytes that were sent and that the kernel has not taken. */
  get unsentBytes(): number {
    return this.#stream.queuedBytes
  }

  /** The highest version that both ends know, at most `atMost`. Throws {@link ConnectionError} UNSUPPORTED_VERSION when there is none. */
  versionOf(api: ApiPair<Schema, Schema>, atMost = Number.POSITIVE_INFINITY): number {
    const { name, key, versions } = api.request
    const theirs = this.#peer.apis.get(key)
    if (theirs === undefined) throw new ConnectionError('UNSUPPORTED_VERSION', `the broker does not serve ${name}`)
    const max = Math.min(theirs.max, versions.max, atMost)
    if (max < theirs.min || max < versions.min) {
      const range = `${theirs.min} to ${theirs.max}`
      throw new ConnectionError('UNSUPPORTED_VERSION', `the broker serves ${name} in versions ${range} only`)
    }
    return max
  }

  /** Sends a request; resolves to its decoded response. `bytes` and `records` in it are views into memory of its own. Rejects with {@link ConnectionError}. */
  request<Q extends Schema, R extends Schema>(
    api: ApiPair<Q, R>,
    version: number,
    init: Init<Q>,
    options: RequestOptions = {},
  ): Promise<Value<R>> {
    return new Promise((resolve, reject) => {
      if (this.#isClosed) {
        reject(new ConnectionError('CLOSED', `the connection to ${this.host}:${this.port} is closed`))
        return
      }
      const timeoutMs = options.timeoutMs ?? this.#options.requestTimeoutMs
      const { memory } = options
      const waiting = waitingFor({ memory, response: api.response, version, resolve: resolve as never, reject })
      if (this.#session?.admits() === false) this.#hold({ api, init, waiting, timeoutMs })
      else this.#ask({ api, init, waiting, timeoutMs })
    })
  }

  /** Sends a request that gets no response (Produce with acks = 0). Nothing happens on a closed connection. */
  send<Q extends Schema>(request: Q, version: number, init: Init<Q>): void {
    if (this.#isClosed) return
    if (this.#session?.admits() === false)
      this.#held.push({ go: () => this.#send(request, version, init), reject: () => {} })
    else this.#send(request, version, init)
  }

  /** Closes at once; requests that wait are rejected with CLOSED. */
  close(): void {
    this.#end(undefined)
  }

  get #oldest(): Waiting | undefined {
    return this.#waiting.values().next().value
  }

  #ask({ api, init, waiting, timeoutMs }: Question): void {
    const correlationId = this.#send(api.request, waiting.version, init as never)
    waiting.askedAt = this.#options.env.clock.monotonic()
    waiting.timeoutMs = timeoutMs
    waiting.requestBytes = this.#encodedBytes
    this.#waiting.set(correlationId, waiting)
    this.#watch.expect(waiting.askedAt + timeoutMs)
  }

  /** What cannot be encoded rejects alone. */
  #hold(question: Question): void {
    const { reject } = question.waiting
    const go = () => {
      try {
        this.#ask(question)
      } catch (error) {
        reject(error as ConnectionError)
      }
    }
    this.#held.push({ go, reject })
  }

  async #authenticate(exchange: SaslExchange): Promise<void> {
    const { env, sasl: mechanism, connectTimeoutMs: timeoutMs, signal } = this.#options
    const session = new SaslSession({
      env,
      mechanism: mechanism!,
      where: `${this.host}:${this.port}`,
      signal,
      ask: (api, init) =>
        new Promise((resolve, reject) => {
          const version = this.versionOf(api)
          if (this.#isClosed) reject(new ConnectionError('CLOSED', 'the connection is closed'))
          else
            this.#ask({
              api,
              init,
              timeoutMs,
              waiting: waitingFor({ response: api.response, version, resolve: resolve as never, reject }),
            })
        }),
      onAdmitted: () => {
        for (const { go } of this.#held.splice(0)) go()
      },
      onLost: (error) => this.#end(error),
    })
    await session.authenticate(exchange)
    this.#session = session
  }

  #send<Q extends Schema>(request: Q, version: number, init: Init<Q>): number {
    const correlationId = this.#nextCorrelationId
    const writer = new Writer()
    writer.int32(0)
    writer.int16(request.key)
    writer.int16(version)
    writer.int32(correlationId)
    const headerVersion = requestHeaderVersion(request, version)
    if (headerVersion >= 1) writer.nullableString(this.#options.clientId)
    if (headerVersion >= 2) writer.uvarint(0)
    codecOf(request, version).encode(writer, init as never)
    const buffers = writer.finish()
    let sizeBytes = -SIZE_BYTES
    for (const buffer of buffers) sizeBytes += buffer.length
    buffers[0]!.writeInt32BE(sizeBytes, 0)
    this.#encodedBytes = sizeBytes + SIZE_BYTES
    this.#nextCorrelationId = correlationId === MAX_CORRELATION_ID ? 0 : correlationId + 1
    if (this.#outgoing.length === 0) this.#flushes.add(this)
    this.#outgoing.push(...buffers)
    return correlationId
  }

  /** For the flush queue alone. */
  flush(): void {
    if (this.#isClosed || this.#outgoing.length === 0) return
    const buffers = this.#outgoing
    this.#outgoing = []
    this.#stream.write(buffers)
  }

  #receive(frame: SlabSlice): boolean {
    const correlationId = frame.buffer.readInt32BE(0)
    const waiting = this.#waiting.get(correlationId)
    if (waiting === undefined || this.#oldest !== waiting) {
      const [expected] = this.#waiting.keys()
      const due = expected === undefined ? 'none was due' : `${expected} was due`
      this.#end(new ConnectionError('MALFORMED_RESPONSE', `response with correlation id ${correlationId}; ${due}`))
      return false
    }
    this.#waiting.delete(correlationId)
    if (waiting.response.key !== ApiVersionsResponse.key) this.#heard = 'answers'
    try {
      waiting.resolve(decodeResponse(waiting, frame.buffer))
      this.#tell(waiting, frame.buffer.length, null)
    } catch (cause) {
      const error = new ConnectionError('MALFORMED_RESPONSE', `unreadable ${waiting.response.name}`, cause)
      waiting.reject(error)
      this.#tell(waiting, frame.buffer.length, error)
      this.#end(error)
    }
    return !this.#isClosed
  }

  #tell({ response, version, askedAt, requestBytes }: Waiting, responseBytes: number, error: ConnectionError | null) {
    const { host, port } = this
    const api = nameOf(response)
    this.#options.observer?.answered({ api, version, host, port, askedAt, requestBytes, responseBytes, error })
  }

  #askVersions(version: number): Promise<Value<typeof ApiVersionsResponse>> {
    const { softwareName, softwareVersion, connectTimeoutMs } = this.#options
    const names = { clientSoftwareName: softwareName, clientSoftwareVersion: softwareVersion }
    return this.request(API_VERSIONS, version, names, { timeoutMs: connectTimeoutMs })
  }

  /** Ends the connection when an answer is overdue; otherwise gives when the next one is due. */
  #overdue(now: number): number {
    let next = Number.POSITIVE_INFINITY
    for (const { response, askedAt, timeoutMs } of this.#waiting.values()) {
      if (askedAt + timeoutMs <= now) {
        const what = `no answer to ${nameOf(response)}Request from ${this.host}:${this.port} in ${timeoutMs} ms`
        this.#end(new ConnectionError('TIMEOUT', what))
        return Number.POSITIVE_INFINITY
      }
      next = Math.min(next, askedAt + timeoutMs)
    }
    return next
  }

  #end(error: ConnectionError | undefined): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#watch.stop()
    this.#reader.close()
    this.#stream.destroy()
    this.#outgoing = []
    const waiting = [...this.#waiting.values()]
    this.#waiting.clear()
    const reason = error ?? new ConnectionError('CLOSED', `the connection to ${this.host}:${this.port} was closed`)
    for (const one of waiting) {
      one.reject(reason)
      this.#tell(one, 0, reason)
    }
    for (const { reject } of this.#held.splice(0)) reject(reason)
    this.#options.observer?.closed()
    this.onClose(error)
  }
}

interface Asker {
  readonly memory?: FrameAllocator | undefined
  readonly response: Schema
  readonly version: number
  readonly resolve: (value: unknown) => void
  readonly reject: (error: ConnectionError) => void
}

interface Waiting extends Asker {
  /** Monotonic time. */
  askedAt: number
  timeoutMs: number
  requestBytes: number
}

interface Question {
  readonly api: ApiPair<Schema, Schema>
  readonly init: Init<Schema>
  readonly waiting: Waiting
  readonly timeoutMs: number
}

interface Held {
  readonly go: () => void
  readonly reject: (error: ConnectionError) => void
}

/** One shape for all, whoever asks: many shapes are slow to read. */
function waitingFor({ memory, response, version, resolve, reject }: Asker): Waiting {
  return { memory, response, version, resolve, reject, askedAt: 0, timeoutMs: 0, requestBytes: 0 }
}

function nameOf(response: Schema): string {
  return response.name.slice(0, -'Response'.length)
}

function decodeResponse({ response, version }: Waiting, frame: Buffer): unknown {
  const reader = new Reader(frame, SIZE_BYTES)
  // A broker that does not know the version of an ApiVersions request answers in version 0 (KIP-511).
  if (response.key === ApiVersionsResponse.key && isUnknownVersion(frame)) version = 0
  if (responseHeaderVersion(response, version) >= 1) skipTags(reader)
  return codecOf(response, version).decode(reader)
}

function isUnknownVersion(frame: Buffer): boolean {
  return frame.length >= SIZE_BYTES + 2 && frame.readInt16BE(SIZE_BYTES) === ErrorCode.UNSUPPORTED_VERSION
}

async function openStream({
  env,
  host,
  port,
  connectTimeoutMs,
  ...options
}: ClientConnectionOptions): Promise<ByteStream> {
  const { signal, tls } = options
  try {
    return await env.network.connect(
      { host, port },
      { timeoutMs: connectTimeoutMs, ...(signal !== undefined && { signal }), ...(tls !== undefined && { tls }) },
    )
  } catch (error) {
    const where = `${host}:${port}`
    const failure = tls === undefined ? null : tlsFailure(error as NetworkError, where)
    if (failure?.kind === 'final') throw new ConnectionError('TLS_FAILED', failure.text, error)
    const reason = failure?.text ?? `no connection to ${where}: ${(error as Error).message}`
    throw new ConnectionError('CONNECT_FAILED', reason, error)
  }
}

function closedBy(
  error: NetworkError | undefined,
  { host, port, tls, sasl }: ClientConnectionOptions,
  heard: 'versions at most' | 'answers',
): ConnectionError {
  if (error === undefined) {
    // Brokers do not say why they close: a listener that wants SASL answers ApiVersions alone without it.
    const hint =
      sasl === undefined && heard === 'versions at most' ? '; its listener may want SASL (`sasl`), or TLS (`tls`)' : ''
    return new ConnectionError('CLOSED', `${host}:${port} closed the connection${hint}`)
  }
  // In TLS 1.3 a broker judges the client's certificate after the client takes the handshake to be over.
  const failure = tls === undefined || !error.code.startsWith('ERR_SSL_') ? null : tlsFailure(error, `${host}:${port}`)
  if (failure?.kind === 'final') return new ConnectionError('TLS_FAILED', failure.text, error)
  return new ConnectionError('CLOSED', error.message, error)
}

function strangerAt({ host, port, tls }: ClientConnectionOptions, firstBytes: Buffer, stranger: string): string {
  const isTls = tls === undefined && (firstBytes[0] === 0x15 || firstBytes[0] === 0x16)
  if (isTls) return `${host}:${port} speaks TLS: the listener is SSL or SASL_SSL; set \`tls\``
  return `${host}:${port} does not speak Kafka's protocol: it answered like ${stranger}; check the port`
}

/** Responses live as long as the caller wants: they are not pooled. */
const ownMemory: FrameAllocator = {
  allocate(bytes) {
    const slice: SlabSlice = {
      buffer: bytes < SHARED_BYTES ? Buffer.allocUnsafe(bytes) : Buffer.allocUnsafeSlow(bytes),
      retain: () => slice,
      release: () => {},
    }
    return slice
  },
}
