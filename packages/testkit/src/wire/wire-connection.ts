/**
 * The client's end of a connection, as small as it can be: frames out, frames in, answers in the order of the requests. On purpose
 * not the one that the product's client is built on: an error in framing that both ends share would go unseen.
 */
import type { ByteStream, Env, Timer } from '@ottla/env'
import { apiOf, codecOf, type Init, Reader, type Schema, type Value, Writer } from '@ottla/protocol'
import { assert, Deque } from '@ottla/stdx'

export interface Address {
  readonly host: string
  readonly port: number
}

/** A request and its response: `{ request: MetadataRequest, response: MetadataResponse }`. */
export interface ApiPair<Q extends Schema, R extends Schema> {
  readonly request: Q
  readonly response: R
}

/** The connection ended before the answer came, or the answer did not come in time: nobody knows whether the request took effect. */
export class WireError extends Error {
  override readonly name = 'WireError'
}

/** The peer broke the rules of the protocol. */
export class WireFault extends Error {
  override readonly name = 'WireFault'
}

export interface WireOptions {
  readonly env: Env
  readonly address: Address
  readonly clientId: string | null
  readonly timeoutMs: number
}

interface Waiting {
  readonly correlationId: number
  readonly timer: Timer
  readonly resolve: (frame: Buffer) => void
  readonly reject: (error: Error) => void
}

const SIZE_BYTES = 4
const CORRELATION_BYTES = 4
const MAX_FRAME_BYTES = 256 << 20

export class WireConnection {
  /** Called once when the connection is over, with why: a {@link WireError} or a {@link WireFault}. */
  onClosed: (reason: Error) => void = () => {}
  readonly #options: WireOptions
  readonly #stream: ByteStream
  readonly #waiting = new Deque<Waiting>()
  #received: Buffer = Buffer.alloc(0)
  #nextCorrelationId: number
  #isClosed = false

  private constructor(options: WireOptions, stream: ByteStream) {
    this.#options = options
    this.#stream = stream
    this.#nextCorrelationId = options.env.random.below(1000)
    stream.onData = (chunk) => this.#onData(chunk)
    stream.onClose = () => this.#end(new WireError('the connection was closed'))
  }

  /** Rejects with {@link WireError}. */
  static async connect(options: WireOptions): Promise<WireConnection> {
    try {
      const stream = await options.env.network.connect(options.address, { timeoutMs: options.timeoutMs })
      return new WireConnection(options, stream)
    } catch (cause) {
      throw new WireError(`no connection: ${(cause as Error).message}`, { cause })
    }
  }

  get isClosed(): boolean {
    return this.#isClosed
  }

  /** Requests that wait for their answer. */
  get inFlight(): number {
    return this.#waiting.size
  }

  /** Sends a request; resolves to the decoded answer. Rejects with {@link WireError}, or {@link WireFault}. */
  async request<Q extends Schema, R extends Schema>(
    api: ApiPair<Q, R>,
    version: number,
    init: Init<Q>,
  ): Promise<Value<R>> {
    const correlationId = this.#nextCorrelationId++
    const frame = encodeRequest(api.request, { version, correlationId, clientId: this.#options.clientId }, init)
    return decodeResponse(api, version, await this.exchange(frame, correlationId))
  }

  /** Sends a frame as it is and waits for the next answer, which must have the correlation id. Gives the answer's frame. */
  exchange(frame: Buffer, correlationId: number): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      if (this.#isClosed) {
        reject(new WireError('the connection is closed'))
        return
      }
      const { env, timeoutMs } = this.#options
      const timer = env.timers.after(timeoutMs, () => this.#end(new WireError(`no answer in ${timeoutMs} ms`)))
      this.#waiting.pushBack({ correlationId, timer, resolve, reject })
      this.#stream.write([frame])
    })
  }

  close(): void {
    this.#end(new WireError('the connection was closed here'))
  }

  #onData(chunk: Buffer): void {
    this.#received = Buffer.concat([this.#received, chunk])
    for (;;) {
      if (this.#isClosed || this.#received.length < SIZE_BYTES) return
      const size = this.#received.readInt32BE(0)
      if (size < CORRELATION_BYTES || size > MAX_FRAME_BYTES) {
        this.#end(new WireFault(`an answer of ${size} bytes`))
        return
      }
      if (this.#received.length < SIZE_BYTES + size) return
      const frame = this.#received.subarray(SIZE_BYTES, SIZE_BYTES + size)
      this.#received = this.#received.subarray(SIZE_BYTES + size)
      this.#answered(frame)
    }
  }

  #answered(frame: Buffer): void {
    const waiting = this.#waiting.popFront()
    const correlationId = frame.readInt32BE(0)
    if (waiting === undefined) this.#end(new WireFault(`answer ${correlationId} to nothing`))
    else if (waiting.correlationId !== correlationId) {
      waiting.timer.cancel()
      const fault = new WireFault(`answer ${correlationId} where ${waiting.correlationId} was due`)
      waiting.reject(fault)
      this.#end(fault)
    } else {
      waiting.timer.cancel()
      waiting.resolve(frame)
    }
  }

  #end(error: Error): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#stream.destroy()
    for (let waiting = this.#waiting.popFront(); waiting !== undefined; waiting = this.#waiting.popFront()) {
      waiting.timer.cancel()
      waiting.reject(error)
    }
    this.onClosed(error)
  }
}

export interface RequestHead {
  readonly version: number
  readonly correlationId: number
  readonly clientId: string | null
}

/** A whole frame, size field included. */
export function encodeRequest<Q extends Schema>(request: Q, head: RequestHead, init: Init<Q>): Buffer {
  const api = apiOf(request.key)
  assert(api !== undefined, `${request.name} is an API`)
  const writer = new Writer()
  writer.int32(0)
  writer.int16(request.key)
  writer.int16(head.version)
  writer.int32(head.correlationId)
  const headerVersion = api.requestHeaderVersion(head.version)
  if (headerVersion >= 1) writer.nullableString(head.clientId)
  if (headerVersion >= 2) writer.uvarint(0)
  codecOf(request, head.version).encode(writer, init as never)
  const frame = writer.toBuffer()
  frame.writeInt32BE(frame.length - SIZE_BYTES, 0)
  return frame
}

/** Reads an answer to its last byte. Throws {@link WireFault}. */
export function decodeResponse<R extends Schema>(
  { response }: { readonly response: R },
  version: number,
  frame: Buffer,
): Value<R> {
  const reader = new Reader(frame, CORRELATION_BYTES)
  try {
    if ((apiOf(response.key)?.responseHeaderVersion(version) ?? 0) >= 1) {
      for (let left = reader.uvarint(); left > 0; left--) {
        reader.uvarint()
        const bytes = reader.uvarint()
        reader.position += bytes
      }
    }
    const value = codecOf(response, version).decode(reader)
    if (reader.remaining > 0) throw new Error(`${reader.remaining} bytes too many`)
    return value as Value<R>
  } catch (cause) {
    throw new WireFault(`unreadable ${response.name} version ${version}: ${(cause as Error).message}`, { cause })
  }
}
