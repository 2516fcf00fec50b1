/** Streams and timers under the tests' control. Holds no tests. */
import type { ByteStream, Logger, NetworkError, Timer, Timers } from '@ottla/env'
import { SlabPool } from '@ottla/stdx'
import { ByteBudget } from './byte-budget.ts'
import { FlushQueue } from './flush-queue.ts'
import { LongAnswers } from './long-answers.ts'
import { ResponseMemory } from './response-memory.ts'
import type { ServerConnectionShared } from './server-connection.ts'
import { ServerConnection } from './server-connection.ts'
import type { ServerRequest } from './server-request.ts'

/** Runs what was put off when told to; time moves by hand. */
export class FakeTimers implements Timers {
  now = 0
  #deferred: (() => void)[] = []
  #timers: { atMs: number; fn: () => void }[] = []

  /** Timers that wait. */
  get waiting(): number {
    return this.#timers.length
  }

  after(delayMs: number, fn: () => void): Timer {
    const timer = { atMs: this.now + delayMs, fn }
    this.#timers.push(timer)
    return { cancel: () => void (this.#timers = this.#timers.filter((other) => other !== timer)) }
  }

  defer(fn: () => void): void {
    this.#deferred.push(fn)
  }

  /** Ends the turn of the event loop. */
  endTurn(): void {
    for (let fn = this.#deferred.shift(); fn !== undefined; fn = this.#deferred.shift()) fn()
  }

  advance(ms: number): void {
    const end = this.now + ms
    for (;;) {
      const due = this.#timers.filter(({ atMs }) => atMs <= end).sort((a, b) => a.atMs - b.atMs)[0]
      if (due === undefined) break
      this.#timers = this.#timers.filter((other) => other !== due)
      this.now = due.atMs
      due.fn()
      this.endTurn()
    }
    this.now = end
  }
}

/** One end of a connection whose other end is the test. */
export class FakeStream implements ByteStream {
  readonly localHost = '127.0.0.1'
  readonly localPort = 9092
  readonly remoteHost: string
  readonly remotePort = 50000
  onData: (chunk: Buffer) => void = () => {}
  onDrain: () => void = () => {}
  onEnd: () => void = () => {}
  onClose: (error: NetworkError | undefined) => void = () => {}
  isPaused = false
  isClosed = false
  isEnded = false
  /** Each write as one buffer; the bytes are copied when they are written, as the kernel does. */
  writes: Buffer[] = []
  /** While true, nothing of what is written is taken by the "kernel". */
  isStuck = false
  #unflushed: { bytes: number; flushed: (() => void) | undefined }[] = []

  constructor(remoteHost = '127.0.0.1') {
    this.remoteHost = remoteHost
  }

  get queuedBytes(): number {
    return this.#unflushed.reduce((sum, { bytes }) => sum + bytes, 0)
  }

  /** All that was written. */
  get sent(): Buffer {
    return Buffer.concat(this.writes)
  }

  write(buffers: readonly Uint8Array[], flushed?: () => void): boolean {
    const bytes = Buffer.concat(buffers)
    this.writes.push(bytes)
    this.#unflushed.push({ bytes: bytes.length, flushed })
    if (!this.isStuck) this.flushAll()
    return !this.isStuck
  }

  flushAll(): void {
    for (const { flushed } of this.#unflushed.splice(0)) flushed?.()
  }

  pause(): void {
    this.isPaused = true
  }

  resume(): void {
    this.isPaused = false
  }

  end(): void {
    this.isEnded = true
    this.#close()
  }

  destroy(): void {
    this.#close()
  }

  /** The test sends bytes. The chunk is wiped afterwards, as its owner may. */
  receive(bytes: Buffer): void {
    const chunk = Buffer.from(bytes)
    this.onData(chunk)
    chunk.fill(0xee)
  }

  #close(): void {
    if (this.isClosed) return
    this.isClosed = true
    this.flushAll()
    this.onClose(undefined)
  }
}

export const SILENT: Logger = {
  trace() {},
  debug() {},
  info() {},
  warn() {},
  error() {},
  fatal() {},
  child: () => SILENT,
  isEnabled: () => false,
}

export interface TestConnection {
  readonly connection: ServerConnection
  readonly stream: FakeStream
  readonly timers: FakeTimers
  readonly pool: SlabPool
  readonly shared: ServerConnectionShared
  /** Requests in the order in which they were started. */
  readonly started: ServerRequest[]
  /** Why the connection closed, if it did with a reason. */
  reason(): string | undefined
}

export interface TestConnectionOptions {
  readonly maxFrameBytes?: number
  readonly maxInFlight?: number
  readonly bufferBytes?: number
  readonly budgetBytes?: number
  readonly largeFrameBytes?: number
  readonly responseBytes?: number
  readonly admit?: (firstWord: number) => string | null
  readonly onRequest?: (request: ServerRequest) => void
}

/** A server connection over a fake stream, with poisoned slabs. */
export function testConnection(options: TestConnectionOptions = {}): TestConnection {
  const timers = new FakeTimers()
  const pool = new SlabPool({ poison: true })
  const started: ServerRequest[] = []
  let reason: string | undefined
  const shared: ServerConnectionShared = {
    limits: {
      maxFrameBytes: options.maxFrameBytes ?? 10 << 20,
      maxInFlight: options.maxInFlight ?? 8,
      bufferBytes: options.bufferBytes ?? 1 << 20,
    },
    pool,
    budget: new ByteBudget(options.budgetBytes ?? 1 << 30),
    largeFrames: new ByteBudget(options.largeFrameBytes ?? 1 << 30),
    responses: new ResponseMemory(options.responseBytes ?? 1 << 30),
    flushes: new FlushQueue(timers),
    longAnswers: new LongAnswers((fn) => void timers.after(0, fn)),
    counters: { framesIn: 0, bytesCopied: 0, bytesIn: 0, bytesOut: 0, writes: 0, responsesOut: 0 },
    monotonic: () => timers.now,
    admit: options.admit ?? (() => null),
    onRequest: (request) => {
      started.push(request)
      options.onRequest?.(request)
    },
    onHandled: () => {},
    onAnswered: () => {},
    onSent: () => {},
    onClose: (_connection, end) => {
      reason = end.kind === 'refused' ? end.reason : undefined
    },
  }
  const stream = new FakeStream()
  const connection = new ServerConnection({ id: 1, listenerName: 'PLAINTEXT' }, stream, shared)
  return { connection, stream, timers, pool, shared, started, reason: () => reason }
}

/** A frame with its size: key, version, correlation id, then `body`. */
export function frame(correlationId: number, body: Buffer = Buffer.alloc(0)): Buffer {
  const header = Buffer.alloc(12)
  header.writeInt32BE(8 + body.length, 0)
  header.writeInt16BE(3, 4)
  header.writeInt16BE(1, 6)
  header.writeInt32BE(correlationId, 8)
  return Buffer.concat([header, body])
}

/** A response frame of a size field and the text. */
export function answer(text: string): Buffer[] {
  const size = Buffer.alloc(4)
  size.writeInt32BE(Buffer.byteLength(text), 0)
  return [size, Buffer.from(text)]
}

/** The texts of the response frames in a row. */
export function textsIn(bytes: Buffer): string[] {
  const texts: string[] = []
  for (let at = 0; at < bytes.length; ) {
    const size = bytes.readInt32BE(at)
    texts.push(bytes.toString('utf8', at + 4, at + 4 + size))
    at += 4 + size
  }
  return texts
}
