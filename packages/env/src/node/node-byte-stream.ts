import type { Socket } from 'node:net'
import { doNothing } from '@ottla/stdx'
import { type ByteStream, NetworkError } from '../network.ts'

/** Above this many bytes that the kernel has not taken, `write` says false. */
const QUEUE_MARK_BYTES = 64 * 1024
/** How long an ended stream, all of it sent, waits for its peer to end too. */
const LINGER_MS = 2000
/** How long an ended stream waits for a peer that takes nothing of what is queued. */
const STALL_MS = 30_000

const NOWHERE = (): null => null

/** One TCP connection. */
export class NodeByteStream implements ByteStream {
  readonly localHost: string
  readonly localPort: number
  readonly remoteHost: string
  readonly remotePort: number
  onData: (chunk: Buffer) => void = doNothing
  receiveInto: () => Buffer | null = NOWHERE
  onDrain: () => void = doNothing
  onEnd: () => void = () => this.end()
  onClose: (error: NetworkError | undefined) => void = doNothing
  readonly #socket: Socket
  #error: NetworkError | undefined
  #wantsDrain = false
  #isEnded = false

  /** `socket` is connected, allows half-open, and nobody listens to it yet. */
  constructor(socket: Socket) {
    this.#socket = socket
    this.localHost = socket.localAddress ?? ''
    this.localPort = socket.localPort ?? 0
    this.remoteHost = socket.remoteAddress ?? ''
    this.remotePort = socket.remotePort ?? 0
    socket.on('data', (chunk) => {
      if (!this.#isEnded) this.onData(chunk)
    })
    socket.on('end', () => {
      if (!this.#isEnded) this.onEnd()
    })
    socket.on('drain', () => this.#drained())
    socket.on('error', (error) => {
      this.#error = networkError(error)
    })
    socket.on('close', () => {
      this.#isEnded = true
      this.onClose(this.#error)
    })
  }

  get queuedBytes(): number {
    return this.#socket.writableLength
  }

  write(buffers: readonly Uint8Array[], flushed?: () => void): boolean {
    const socket = this.#socket
    if (this.#isEnded || !socket.writable || buffers.length === 0) {
      // Nothing is sent, but whoever waits to free the buffers is told, and not before this call has returned. In another
      // turn: Node would call back from within its loop over the queue, and one who then writes again would never let it end.
      if (flushed !== undefined) setImmediate(flushed)
      return true
    }
    const last = buffers.length - 1
    if (last > 0) socket.cork()
    for (let index = 0; index < last; index++) socket.write(buffers[index] as Uint8Array)
    socket.write(buffers[last] as Uint8Array, flushed)
    if (last > 0) socket.uncork()
    // Node's own answer counts bytes that the kernel has taken meanwhile; what is left over is what the peer does not read.
    if (socket.writableLength < QUEUE_MARK_BYTES) return true
    this.#wantsDrain = true
    return false
  }

  pause(): void {
    this.#socket.pause()
  }

  resume(): void {
    this.#socket.resume()
  }

  end(): void {
    if (this.#isEnded) return
    this.#isEnded = true
    const socket = this.#socket
    // Closing with unread input makes the kernel send a reset, which can overtake what was sent last. So: no more output, read
    // what still comes, close when the peer does, or after a while.
    socket.setTimeout(STALL_MS, () => socket.destroy())
    socket.end(() => {
      const linger = setTimeout(() => socket.destroy(), LINGER_MS)
      linger.unref()
      socket.once('close', () => clearTimeout(linger))
    })
    socket.resume()
  }

  destroy(): void {
    this.#isEnded = true
    this.#socket.destroy()
  }

  #drained(): void {
    if (!this.#wantsDrain) return
    this.#wantsDrain = false
    this.onDrain()
  }
}

/** Node's error as the port's. */
export function networkError(error: NodeJS.ErrnoException): NetworkError {
  const first = error instanceof AggregateError ? (error.errors[0] as NodeJS.ErrnoException) : error
  return new NetworkError(first.code ?? error.code ?? 'EUNKNOWN', first.message || error.message, error)
}
