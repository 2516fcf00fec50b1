import { type ByteStream, NetworkError } from '@ottla/env'
import { doNothing } from '@ottla/stdx'
import type { SimEvent } from '../event-queue.ts'
import type { Process } from '../process.ts'
import type { Pipe } from './pipe.ts'

export interface Endpoint {
  readonly host: string
  readonly port: number
}

export interface StreamEnds {
  readonly in: Pipe
  readonly out: Pipe
  /** Tells the other end that this one is gone. */
  sendReset(): void
  /** The stream is closed: the kernel need not know it any longer. */
  closed(): void
}

/** Above this many bytes that the kernel has not taken, `write` says false. */
const QUEUE_MARK_BYTES = 64 * 1024
const LINGER_MS = 2000
const STALL_MS = 30_000
/** What a chunk holds after `onData` has returned: it belonged to the stream. */
const POISON = 0xdd

/** One end of a simulated connection. */
export class SimByteStream implements ByteStream {
  readonly localHost: string
  readonly localPort: number
  readonly remoteHost: string
  readonly remotePort: number
  onData: (chunk: Buffer) => void = doNothing
  onDrain: () => void = doNothing
  onEnd: () => void = () => this.end()
  onClose: (error: NetworkError | undefined) => void = doNothing
  readonly process: Process
  readonly #label: string
  #in!: Pipe
  #out!: Pipe
  #sendReset: () => void = doNothing
  #closed: () => void = doNothing
  #state: 'open' | 'ending' | 'closed' = 'open'
  #isPaused = false
  #wantsDrain = false
  #isEndTold = false
  #delivery: SimEvent | undefined
  #flushed: (() => void)[] = []

  constructor(process: Process, local: Endpoint, remote: Endpoint) {
    this.process = process
    this.localHost = local.host
    this.localPort = local.port
    this.remoteHost = remote.host
    this.remotePort = remote.port
    this.#label = `${local.host}:${local.port} from ${remote.host}:${remote.port}`
  }

  /** Connects the stream. */
  attach(ends: StreamEnds): void {
    this.#in = ends.in
    this.#out = ends.out
    this.#sendReset = ends.sendReset
    this.#closed = ends.closed
  }

  get queuedBytes(): number {
    return this.#out.queuedBytes
  }

  write(buffers: readonly Uint8Array[], flushed?: () => void): boolean {
    if (this.#state !== 'open' || buffers.length === 0) {
      if (flushed !== undefined) this.#tell([flushed])
      return true
    }
    this.#out.push(buffers, flushed)
    if (this.#out.queuedBytes < QUEUE_MARK_BYTES) return true
    this.#wantsDrain = true
    return false
  }

  pause(): void {
    this.#isPaused = true
  }

  resume(): void {
    this.#isPaused = false
    this.#deliverSoon()
  }

  end(): void {
    if (this.#state !== 'open') return
    this.#state = 'ending'
    this.#in.discard()
    this.process.later(STALL_MS, this.#label, () => {
      if (!this.#out.isFinTaken) this.destroy()
    })
    this.#out.finish()
  }

  destroy(): void {
    if (this.#state === 'closed') return
    this.#hangUp()
    this.#close(undefined)
  }

  /** The connection broke. */
  fail(code: string): void {
    if (this.#state === 'closed') return
    this.#close(new NetworkError(code, `connection of ${this.#label} ended: ${code}`))
  }

  /** The process died and the kernel closes its sockets. */
  abandon(): void {
    if (this.#state !== 'closed') this.#hangUp()
    this.#state = 'closed'
  }

  /** The host lost its power: nobody is told. */
  vanish(): void {
    this.#out.vanish()
    this.#state = 'closed'
  }

  /** For the outgoing pipe. */
  taken(flushed: readonly (() => void)[]): void {
    if (flushed.length > 0) this.#tell(flushed)
    if (!this.#wantsDrain || this.#out.queuedBytes > 0) return
    this.#wantsDrain = false
    this.process.later(0, this.#label, () => {
      if (this.#state === 'open') this.onDrain()
    })
  }

  /** For the outgoing pipe: everything was sent. */
  finTaken(): void {
    if (this.#state !== 'ending') return
    if (this.#in.isAtEnd) this.#close(undefined)
    else this.process.later(LINGER_MS, this.#label, () => this.destroy())
  }

  /** For the incoming pipe. */
  arrived(): void {
    if (this.#state === 'open') {
      this.#deliverSoon()
      return
    }
    const isData = this.#in.unreadBytes > 0
    this.#in.discard()
    if (this.#state === 'closed' && isData) this.#sendReset()
    else if (this.#state === 'ending' && this.#in.isAtEnd && this.#out.isFinTaken) this.#close(undefined)
  }

  #deliverSoon(): void {
    if (this.#delivery !== undefined || this.#isPaused || this.#state !== 'open') return
    if (this.#in.unreadBytes === 0 && !this.#in.isAtEnd) return
    this.#delivery = this.process.later(0, this.#label, () => this.#deliver())
  }

  #deliver(): void {
    this.#delivery = undefined
    if (this.#isPaused || this.#state !== 'open') return
    const chunk = this.#in.read()
    if (chunk !== null) {
      this.onData(chunk)
      chunk.fill(POISON)
      this.#deliverSoon()
    } else if (this.#in.isAtEnd && !this.#isEndTold) {
      this.#isEndTold = true
      this.onEnd()
    }
  }

  /** Sends the end of the stream behind what the kernel has taken, or a reset when something is left unread. */
  #hangUp(): void {
    this.#tell(this.#out.dropQueue())
    if (this.#in.unreadBytes > 0) this.#sendReset()
    else this.#out.finish()
    this.#in.discard()
  }

  #close(error: NetworkError | undefined): void {
    this.#state = 'closed'
    this.#closed()
    this.#tell(this.#out.dropQueue())
    this.process.later(0, this.#label, () => this.onClose(error))
  }

  /** Calls back in order, in one event. */
  #tell(flushed: readonly (() => void)[]): void {
    if (flushed.length === 0) return
    const isFirst = this.#flushed.length === 0
    this.#flushed.push(...flushed)
    if (!isFirst) return
    this.process.later(0, this.#label, () => {
      const calls = this.#flushed
      this.#flushed = []
      for (const call of calls) call()
    })
  }
}
