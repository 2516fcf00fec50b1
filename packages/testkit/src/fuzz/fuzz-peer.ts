/** The far end of a connection that sends bad frames: holds what comes back against what was sent. */
import type { ByteStream, Env, Timer } from '@ottla/env'
import { API_KEYS, apiOf, hasVersion } from '@ottla/protocol'
import { decodeResponse } from '../wire/wire-connection.ts'

/** A frame as the broker sees it: cut from the bytes by the size in front. */
interface SentFrame {
  readonly key: number
  readonly version: number
  readonly correlationId: number
}

/** The broker did with a frame what it must not. */
export class FuzzFault extends Error {
  override readonly name = 'FuzzFault'
}

export interface FuzzPeerOptions {
  readonly env: Env
  readonly stream: ByteStream
  readonly isServed: (key: number, version: number) => boolean
  readonly onAnswer: () => void
  readonly onFault: (fault: FuzzFault) => void
}

/** How what was sent together ended. */
export type BurstEnd = 'answered' | 'closed' | 'waiting'

const SIZE_BYTES = 4
const MIN_FRAME_BYTES = 8
const MAX_REQUEST_BYTES = 100 << 20
/** Longer than a frame may stand half received, and than what requests ask to wait. */
const LIMIT_MS = 200_000
/** They may wait as long as they say, and behind them others wait for their turn. */
const WAITING: ReadonlySet<number> = new Set([API_KEYS.Fetch, API_KEYS.JoinGroup, API_KEYS.SyncGroup])

export class FuzzPeer {
  readonly #options: FuzzPeerOptions
  #sent: SentFrame[] = []
  #unparsed: Buffer = Buffer.alloc(0)
  #received: Buffer = Buffer.alloc(0)
  #isClosed = false
  #last = -1
  #timer: Timer | null = null
  #resolve: (end: BurstEnd) => void = () => {}

  constructor(options: FuzzPeerOptions) {
    this.#options = options
    const { stream } = options
    stream.onData = (chunk) => this.#onData(chunk)
    stream.onClose = () => {
      this.#isClosed = true
      this.#over('closed')
    }
  }

  get isClosed(): boolean {
    return this.#isClosed
  }

  /** Sends chunks that end with a good request of the correlation id; resolves at its answer, or when there will be none. */
  send(chunks: readonly Buffer[], lastCorrelationId: number): Promise<BurstEnd> {
    const { env, stream } = this.#options
    return new Promise((resolve) => {
      this.#resolve = resolve
      if (this.#isClosed) {
        resolve('closed')
        return
      }
      this.#last = lastCorrelationId
      this.#parse(Buffer.concat([this.#unparsed, ...chunks]))
      this.#timer = env.timers.after(LIMIT_MS, () => this.#expired())
      for (const chunk of chunks) stream.write([chunk])
    })
  }

  /** Bytes that are no whole frame were sent: nothing but a closed connection is to come. */
  get isHalfSent(): boolean {
    return this.#unparsed.length > 0
  }

  destroy(): void {
    this.#options.stream.destroy()
    this.#isClosed = true
    this.#over('closed')
  }

  #parse(bytes: Buffer): void {
    let at = 0
    while (bytes.length - at >= SIZE_BYTES) {
      const size = bytes.readInt32BE(at)
      const end = at + SIZE_BYTES + size
      if (size < MIN_FRAME_BYTES || size > MAX_REQUEST_BYTES || end > bytes.length) break
      this.#sent.push({
        key: bytes.readInt16BE(at + 4),
        version: bytes.readInt16BE(at + 6),
        correlationId: bytes.readInt32BE(at + 8),
      })
      at = end
    }
    this.#unparsed = bytes.subarray(at)
  }

  #onData(chunk: Buffer): void {
    this.#received = Buffer.concat([this.#received, chunk])
    while (this.#received.length >= SIZE_BYTES && !this.#isClosed) {
      const end = SIZE_BYTES + this.#received.readInt32BE(0)
      if (this.#received.length < end) return
      const frame = this.#received.subarray(SIZE_BYTES, end)
      this.#received = this.#received.subarray(end)
      this.#answered(frame)
    }
  }

  #answered(frame: Buffer): void {
    this.#options.onAnswer()
    const correlationId = frame.readInt32BE(0)
    const at = this.#sent.findIndex((sent) => sent.correlationId === correlationId)
    const skipped = this.#sent.slice(0, Math.max(at, 0)).find(({ key }) => key !== API_KEYS.Produce)
    if (at < 0 || skipped !== undefined) {
      this.#fault(`answer ${correlationId} does not follow from ${JSON.stringify(this.#sent.slice(0, 3))}`)
      return
    }
    const sent = this.#sent[at] as SentFrame
    this.#sent.splice(0, at + 1)
    this.#decode(sent, frame)
    if (correlationId === this.#last && this.#sent.length === 0) this.#over('answered')
  }

  #decode({ key, version }: SentFrame, frame: Buffer): void {
    const isServed = this.#options.isServed(key, version)
    const api = apiOf(key)
    if (api === undefined || (!isServed && key !== API_KEYS.ApiVersions)) {
      this.#fault(`an answer to key ${key} version ${version}`)
      return
    }
    try {
      const isKnown = isServed && hasVersion(api.response.versions, version)
      decodeResponse({ response: api.response }, isKnown ? version : 0, frame)
    } catch (error) {
      this.#fault((error as Error).message)
    }
  }

  #expired(): void {
    const blocking = this.#sent.find(({ key }) => key !== API_KEYS.Produce)
    if (blocking === undefined && !this.isHalfSent) this.#over('waiting')
    else if (this.#sent.some(({ key }) => WAITING.has(key))) this.#over('waiting')
    else this.#fault(`neither answered nor closed in ${LIMIT_MS} ms: ${JSON.stringify(blocking ?? 'half a frame')}`)
  }

  #fault(message: string): void {
    this.#options.onFault(new FuzzFault(message))
    this.destroy()
  }

  #over(end: BurstEnd): void {
    this.#timer?.cancel()
    this.#timer = null
    this.#resolve(end)
  }
}
