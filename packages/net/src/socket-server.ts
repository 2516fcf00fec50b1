/**
 * The listening side: several named listeners, the connections they accepted, and what those share: slabs, byte
 * budgets, the flush queue, limits and the watch over connections at a standstill.
 */
import type { ByteStream, Env, ListeningSocket, Timer } from '@ottla/env'
import type { SlabPool } from '@ottla/stdx'
import { ByteBudget } from './byte-budget.ts'
import { type ConnectionLimitOptions, ConnectionLimits } from './connection-limits.ts'
import { FlushQueue } from './flush-queue.ts'
import { LineLimit } from './line-limit.ts'
import { LongAnswers } from './long-answers.ts'
import { ResponseMemory } from './response-memory.ts'
import {
  type ConnectionEnd,
  ServerConnection,
  type ServerConnectionLimits,
  type ServerConnectionShared,
  type ServerCounters,
} from './server-connection.ts'
import type { ServerRequest } from './server-request.ts'

export interface SocketServerOptions {
  readonly env: Env
  readonly pool: SlabPool
  readonly connection: ServerConnectionLimits
  readonly connections: ConnectionLimitOptions | (() => ConnectionLimitOptions)
  /** Bytes that the requests under way of all connections may hold; soft, see {@link ByteBudget}. */
  readonly requestBudgetBytes: number
  /** Bytes that responses may hold that are being made or that peers have not taken; beyond it they get small, see {@link ResponseMemory}. */
  readonly responseBudgetBytes: number
  /** connections.max.idle.ms: also the longest time in which a peer may read nothing of what is sent to it. */
  readonly maxIdleMs: number
  /** Longest pause in the middle of a frame. */
  readonly maxFrameStallMs: number
  readonly backlog?: number
  readonly admit: (firstWord: number) => string | null
  /** Judges a connection that was accepted: served, or closed, at once or after `delayMs`. Default: served at once. */
  readonly onAccepted?: (address: string) => { readonly kind: 'serve' | 'close'; readonly delayMs: number }
  readonly onRequest: (request: ServerRequest) => void
  /** What could be done at once for a request was done. */
  readonly onHandled?: (request: ServerRequest) => void
  /** A request was answered. Once for each. */
  readonly onAnswered?: (request: ServerRequest) => void
  /** An answer was written at `writtenAt`, and the kernel had taken it at `takenAt`; monotonic milliseconds. */
  readonly onSent?: (request: ServerRequest, writtenAt: number, takenAt: number) => void
  readonly onConnection?: (connection: ServerConnection) => void
  readonly onClose?: (connection: ServerConnection) => void
}

export interface ListenerAddress {
  readonly name: string
  /** '' or null listens on every address. */
  readonly host: string | null
  readonly port: number
}

export interface BoundListener {
  readonly name: string
  readonly host: string | null
  /** The port that was taken, when 0 was asked for. */
  readonly port: number
}

const LARGE_FRAME_BUDGET_BYTES = 128 << 20
const MAX_SWEEP_MS = 5000
/** How long a peer may read nothing while the memory of responses is short, and when it is spent. */
const SHORT_SEND_MS = 30_000
const SPENT_SEND_MS = 2000
/** How soon is looked again while it is spent. */
const SPENT_SWEEP_MS = 500
const LINES = { burst: 50, perSecond: 5 }

export class SocketServer {
  readonly counters: ServerCounters = {
    framesIn: 0,
    bytesCopied: 0,
    bytesIn: 0,
    bytesOut: 0,
    writes: 0,
    responsesOut: 0,
  }
  readonly budget: ByteBudget
  /** Connections since the start, by listener. */
  readonly accepted = new Map<string, number>()
  readonly #options: SocketServerOptions
  readonly #shared: ServerConnectionShared
  readonly #limits: ConnectionLimits
  readonly #connections = new Set<ServerConnection>()
  readonly #sockets: ListeningSocket[] = []
  #nextId = 1
  #sweep: Timer | null = null
  #isOpen = false
  #isClosed = false
  /** Accepted before `open`, with the names of their listeners. */
  readonly #early = new Map<ByteStream, string>()
  /** Those of them that came too fast. */
  readonly #delayed = new Set<ByteStream>()
  #onAllClosed: (() => void) | null = null
  /** Clients that are turned away come back at once. */
  readonly #lines: LineLimit

  constructor(options: SocketServerOptions) {
    const { env } = options
    this.#options = options
    this.#limits = new ConnectionLimits(options.connections)
    this.#lines = new LineLimit(() => env.clock.monotonic(), LINES)
    this.budget = new ByteBudget(options.requestBudgetBytes)
    this.#shared = {
      limits: options.connection,
      pool: options.pool,
      budget: this.budget,
      largeFrames: new ByteBudget(Math.min(LARGE_FRAME_BUDGET_BYTES, options.requestBudgetBytes)),
      responses: new ResponseMemory(options.responseBudgetBytes),
      flushes: new FlushQueue(env.timers),
      longAnswers: new LongAnswers((fn) => void env.timers.after(0, fn)),
      counters: this.counters,
      monotonic: () => env.clock.monotonic(),
      admit: options.admit,
      onRequest: options.onRequest,
      onHandled: options.onHandled ?? (() => {}),
      onAnswered: options.onAnswered ?? (() => {}),
      onSent: options.onSent ?? (() => {}),
      onClose: (connection, end) => this.#onClose(connection, end),
    }
  }

  /** Memory of responses that are being made or that peers have not taken. */
  get responses(): ResponseMemory {
    return this.#shared.responses
  }

  get connections(): ReadonlySet<ServerConnection> {
    return this.#connections
  }

  /** Listens; 'localhost' means both loopback addresses. Rejects with NetworkError. */
  async listen({ name, host, port }: ListenerAddress): Promise<BoundListener> {
    const { env, backlog } = this.#options
    const address = { host: host ?? '', port }
    const socket = await env.network.listen(backlog === undefined ? address : { ...address, backlog }, (stream) =>
      this.#accept(name, stream),
    )
    this.#sockets.push(socket)
    this.#scheduleSweep()
    return { name, host, port: socket.port }
  }

  /** Begins to read from connections; those accepted before wait until now. */
  open(): void {
    this.#isOpen = true
    for (const [stream, listenerName] of this.#early) {
      if (this.#delayed.has(stream)) continue
      this.#early.delete(stream)
      this.#connect(listenerName, stream)
      stream.resume()
    }
  }

  /** Accepts no more connections. */
  async stopAccepting(): Promise<void> {
    await Promise.all(this.#sockets.splice(0).map((socket) => socket.close()))
  }

  /**
   * Stops in order: no new connection, no new request; what was begun is answered and sent. Connections that are not done
   * after `timeoutMs` are cut.
   */
  async close(timeoutMs: number): Promise<void> {
    this.#isClosed = true
    this.#sweep?.cancel()
    const stopped = this.stopAccepting()
    for (const stream of this.#early.keys()) stream.destroy()
    for (const connection of this.#connections) connection.drain()
    if (this.#connections.size > 0) {
      const allClosed = new Promise<void>((resolve) => {
        this.#onAllClosed = resolve
      })
      const deadline = this.#options.env.timers.after(timeoutMs, () => this.destroy())
      await allClosed
      deadline.cancel()
    }
    await stopped
  }

  /** Cuts every connection. */
  destroy(): void {
    for (const connection of [...this.#connections]) connection.close()
  }

  #accept(listenerName: string, stream: ByteStream): void {
    if (this.#isClosed) {
      stream.destroy()
      return
    }
    const refusal = this.#limits.admit(stream.remoteHost)
    if (refusal !== null) {
      stream.onClose = () => {}
      stream.destroy()
      this.#logRefusal(stream, refusal)
      return
    }
    const arrival = this.#options.onAccepted?.(stream.remoteHost)
    if (arrival !== undefined && arrival.delayMs > 0) this.#delay(listenerName, stream, arrival)
    else if (this.#isOpen) this.#connect(listenerName, stream)
    else this.#hold(listenerName, stream)
  }

  /** Nothing is read before the broker can answer. */
  #hold(listenerName: string, stream: ByteStream): void {
    stream.pause()
    this.#early.set(stream, listenerName)
    stream.onClose = () => {
      if (this.#early.delete(stream)) this.#limits.release(stream.remoteHost)
    }
  }

  /** Connections come too fast: nothing is read until the delay is over; then the connection is served, or closed. */
  #delay(
    listenerName: string,
    stream: ByteStream,
    { kind, delayMs }: { kind: 'serve' | 'close'; delayMs: number },
  ): void {
    this.#hold(listenerName, stream)
    this.#delayed.add(stream)
    this.#options.env.timers.after(delayMs, () => {
      this.#delayed.delete(stream)
      if (!this.#early.has(stream)) return
      if (kind === 'close') {
        stream.destroy()
        if (this.#early.delete(stream)) this.#limits.release(stream.remoteHost)
      } else if (this.#isOpen) {
        this.#early.delete(stream)
        this.#connect(listenerName, stream)
        stream.resume()
      }
    })
  }

  #connect(listenerName: string, stream: ByteStream): void {
    const connection = new ServerConnection({ id: this.#nextId++, listenerName }, stream, this.#shared)
    this.#connections.add(connection)
    this.accepted.set(listenerName, (this.accepted.get(listenerName) ?? 0) + 1)
    this.#options.onConnection?.(connection)
  }

  #logRefusal(stream: ByteStream, reason: string): void {
    this.#lines.run((leftOut) => {
      this.#options.env.logger.warn('connection refused', { from: stream.remoteHost, reason, ...others(leftOut) })
    })
  }

  #onClose(connection: ServerConnection, end: ConnectionEnd): void {
    this.#connections.delete(connection)
    this.#limits.release(connection.remoteHost)
    if (end.kind === 'refused') {
      this.#lines.run((leftOut) => {
        this.#options.env.logger.warn('connection closed', {
          from: `${connection.remoteHost}:${connection.remotePort}`,
          listener: connection.listenerName,
          reason: end.reason,
          ...others(leftOut),
        })
      })
    }
    this.#options.onClose?.(connection)
    if (this.#connections.size === 0) this.#onAllClosed?.()
  }

  #scheduleSweep(): void {
    if (this.#sweep !== null || this.#isClosed) return
    const { maxIdleMs, maxFrameStallMs, env } = this.#options
    const longest = this.#shared.responses.state === 'plenty' ? MAX_SWEEP_MS : SPENT_SWEEP_MS
    const period = Math.max(1, Math.min(longest, maxIdleMs / 4, maxFrameStallMs / 4))
    this.#sweep = env.timers.after(period, () => {
      this.#sweep = null
      this.#closeStanding()
      this.#scheduleSweep()
    })
  }

  #closeStanding(): void {
    const { maxIdleMs, maxFrameStallMs } = this.#options
    const now = this.#shared.monotonic()
    for (const connection of this.#connections) {
      const { idleMs, frameMs, sendMs } = connection.standstill(now)
      if (frameMs > Math.min(maxFrameStallMs, maxIdleMs)) {
        connection.close('the rest of a request did not arrive in time')
      } else if (idleMs > maxIdleMs) connection.close()
      else if (sendMs > this.#maxSendMs()) connection.close('the peer does not read its responses')
    }
  }

  /** Looked at anew for each connection: one that is closed may be enough. */
  #maxSendMs(): number {
    const { maxIdleMs } = this.#options
    const { state } = this.#shared.responses
    if (state === 'plenty') return maxIdleMs
    return Math.min(maxIdleMs, state === 'short' ? SHORT_SEND_MS : SPENT_SEND_MS)
  }
}

/** What is said of lines that were left out before this one. */
function others(leftOut: number): { readonly leftOut?: number } {
  return leftOut === 0 ? {} : { leftOut }
}
