/**
 * The server's end of one connection. Requests start in the order of arrival and may overlap up to a bound; responses
 * leave in the order of the requests, those of one turn of the event loop in one write.
 *
 * Reading stops (and the socket is paused) while too many requests are under way, the peer does not read its
 * responses, an exclusive request is not answered yet, or the process's byte budget is spent.
 */
import type { ByteStream, NetworkError } from '@ottla/env'
import { doNothing, type SlabPool, type SlabSlice } from '@ottla/stdx'
import { BufferPieces } from './buffer-pieces.ts'
import type { ByteBudget } from './byte-budget.ts'
import type { FlushQueue } from './flush-queue.ts'
import { type FrameCounters, FrameReader, PROOF_BYTES } from './frame-reader.ts'
import type { LongAnswers } from './long-answers.ts'
import type { ResponseMemory } from './response-memory.ts'
import { type ReadyAnswer, ServerRequest } from './server-request.ts'

export interface ServerConnectionLimits {
  /** Largest request frame (socket.request.max.bytes). */
  readonly maxFrameBytes: number
  /** Requests of one connection that may be under way at once. */
  readonly maxInFlight: number
  /** No request is started while those under way, and the responses that the peer has not read, hold more bytes than this. */
  readonly bufferBytes: number
}

export interface ServerConnectionShared {
  readonly limits: ServerConnectionLimits
  readonly pool: SlabPool
  /** Bytes of the requests under way, of all connections. */
  readonly budget: ByteBudget
  /** Bytes of the large frames (over 1 MiB) that are being received or handled, of all connections. */
  readonly largeFrames: ByteBudget
  readonly responses: ResponseMemory
  readonly flushes: FlushQueue
  readonly longAnswers: LongAnswers
  readonly counters: ServerCounters
  /** Monotonic milliseconds. */
  readonly monotonic: () => number
  /** Judges key and version of a request before its bytes are buffered; a text refuses it. */
  readonly admit: (firstWord: number) => string | null
  readonly onRequest: (request: ServerRequest) => void
  /** `onRequest` has done what could be done at once. */
  readonly onHandled: (request: ServerRequest) => void
  /** Once for each request, also when nobody can receive the answer any more. */
  readonly onAnswered: (request: ServerRequest) => void
  /** The answer was written at `writtenAt`, and the kernel had taken it at `takenAt`; monotonic milliseconds. Not called for answers that nobody received. */
  readonly onSent: (request: ServerRequest, writtenAt: number, takenAt: number) => void
  readonly onClose: (connection: ServerConnection, end: ConnectionEnd) => void
}

export interface ServerCounters extends FrameCounters {
  bytesIn: number
  bytesOut: number
  writes: number
  responsesOut: number
}

/** Why a connection ended: by this side with a reason worth a log line, quietly by this side, or by the peer. */
export type ConnectionEnd =
  | { readonly kind: 'refused'; readonly reason: string }
  | { readonly kind: 'closed' }
  | { readonly kind: 'peer'; readonly error: NetworkError | undefined }

const MIN_REQUEST_BYTES = 8
const FRAME_SIZE_BYTES = 4
/** What is longer shares a turn of the event loop with other long ones. */
const LONG_BYTES = 1 << 20

export class ServerConnection {
  readonly id: number
  readonly listenerName: string
  readonly remoteHost: string
  readonly remotePort: number
  readonly localHost: string
  readonly localPort: number
  /** State that the layer above keeps with the connection (principal, client software). */
  attachment: unknown = null
  readonly #stream: ByteStream
  readonly #shared: ServerConnectionShared
  readonly #reader: FrameReader
  /** Requests whose responses have not left, in order. */
  #requests: ServerRequest[] = []
  #outgoing: Buffer[] = []
  #outgoingBytes = 0
  /** The requests whose answers are outgoing, and what their answers want to have called then. */
  #outgoingRequests: ServerRequest[] = []
  #outgoingFlushed: (() => void)[] = []
  /** Bytes of answers that wait for an earlier one. */
  #blockedBytes = 0
  /** Bytes of answers whose turn has come and that the kernel has not taken. */
  #sendingBytes = 0
  #grantedBytes = 0
  /** Received bytes that no finished request accounts for. */
  #heldBytes = 0
  #exclusive: ServerRequest | null = null
  #isDirty = false
  /** What is being written is not all with the stream yet: nothing may overtake it. */
  #isInPieces = false
  /** Reasons for which nothing is read for a while. */
  #mutes = 0
  #isPaused = false
  #waitsFor: ByteBudget | null = null
  #isDraining = false
  /** The peer sends no more; what it sent is answered. */
  #isPeerDone = false
  #isClosed = false
  #lastReceivedAt: number
  #lastFlushedAt: number
  readonly #onBudget = (): void => {
    this.#waitsFor = null
    this.#continueReading()
  }

  constructor(identity: { id: number; listenerName: string }, stream: ByteStream, shared: ServerConnectionShared) {
    this.id = identity.id
    this.listenerName = identity.listenerName
    this.remoteHost = stream.remoteHost
    this.remotePort = stream.remotePort
    this.localHost = stream.localHost
    this.localPort = stream.localPort
    this.#stream = stream
    this.#shared = shared
    this.#lastReceivedAt = this.#lastFlushedAt = shared.monotonic()
    this.#reader = new FrameReader(
      {
        pool: shared.pool,
        maxFrameBytes: shared.limits.maxFrameBytes,
        minFrameBytes: MIN_REQUEST_BYTES,
        admit: shared.admit,
        grantLarge: (frameBytes) => this.#grantLarge(frameBytes),
        counters: shared.counters,
      },
      (frame) => this.#receive(frame),
    )
    stream.onData = (chunk) => this.#onData(chunk)
    stream.onDrain = doNothing
    stream.onEnd = () => {
      this.#isPeerDone = true
      this.#closeWhenDrained()
    }
    stream.onClose = (error) => this.#end({ kind: 'peer', error })
  }

  get isClosed(): boolean {
    return this.#isClosed
  }

  /** Nothing new is started: what is under way should end soon. */
  get isDraining(): boolean {
    return this.#isDraining
  }

  /** True while the peer reads its responses fast enough for another large one. */
  get isWritable(): boolean {
    if (this.#sendingBytes === 0) return true
    return this.#sendingBytes < this.#shared.limits.bufferBytes && this.responses.state === 'plenty'
  }

  /** Memory of responses, shared with all connections. */
  get responses(): ResponseMemory {
    return this.#shared.responses
  }

  /** Requests that are not answered, or whose answer waits for an earlier one. */
  get inFlight(): number {
    return this.#requests.length
  }

  /** Response bytes that are made and not taken by the kernel. */
  get unsentBytes(): number {
    return this.#blockedBytes + this.#sendingBytes
  }

  /** Starts no further request until `request` is answered: what comes after it depends on it. */
  makeExclusive(request: ServerRequest): void {
    if (!request.isOver) this.#exclusive = request
  }

  /** Starts no further request until the function that it gives is called: the client is to pause. */
  mute(): () => void {
    this.#mutes += 1
    if (!this.#isClosed) this.#pause()
    let isMuted = true
    return () => {
      if (!isMuted) return
      isMuted = false
      this.#mutes -= 1
      if (this.#mutes === 0) this.#continueReading()
    }
  }

  /** Closes at once. With a `reason` the end is logged; without, it is a quiet one. */
  close(reason?: string): void {
    this.#end(reason === undefined ? { kind: 'closed' } : { kind: 'refused', reason })
  }

  /** Starts no further request; closes when all that were started are answered and sent. */
  drain(): void {
    if (this.#isClosed || this.#isDraining) return
    this.#isDraining = true
    this.#closeWhenDrained()
  }

  /** How long the connection has been at a standstill, by kind, in milliseconds of the monotonic clock. */
  standstill(now: number): { idleMs: number; frameMs: number; sendMs: number } {
    const idle = this.#requests.length === 0 && this.#sendingBytes === 0
    const isReceiving = this.#reader.isInsideFrame && !this.#isPaused
    return {
      idleMs: idle ? now - Math.max(this.#lastReceivedAt, this.#lastFlushedAt) : 0,
      frameMs: isReceiving ? now - this.#lastReceivedAt : 0,
      sendMs: this.#sendingBytes > 0 ? now - this.#lastFlushedAt : 0,
    }
  }

  /** For {@link ServerRequest} alone. */
  answered(request: ServerRequest, answer: ReadyAnswer): void {
    const bytes = request.sizeBytes + FRAME_SIZE_BYTES
    request.answeredAt = this.#shared.monotonic()
    this.#shared.onAnswered(request)
    this.#heldBytes -= bytes
    if (this.#exclusive === request) this.#exclusive = null
    if (this.#isClosed) {
      answer.flushed?.()
    } else {
      this.responses.take(answer.sizeBytes)
      this.#blockedBytes += answer.sizeBytes
      if (this.#requests[0] === request) this.#moveReady()
    }
    this.#shared.budget.give(bytes)
    if (request.sizeBytes > PROOF_BYTES) this.#shared.largeFrames.give(request.sizeBytes)
  }

  /** For the flush queue alone: sends what is ready, in one write. */
  flush(): void {
    this.#isDirty = false
    if (this.#isClosed) return
    if (this.#outgoing.length > 0 && !this.#isInPieces) this.#write()
    this.#continueReading()
    this.#closeWhenDrained()
  }

  /**
   * Sends what is ready without waiting for the end of the turn, for somebody who waits for it. No write more for that: with other requests
   * under way, whose answers may leave together with it, it does nothing.
   */
  sendNow(): void {
    if (this.#requests.length > 0 || this.#outgoing.length === 0 || this.#isInPieces || this.#isClosed) return
    this.#write()
  }

  #onData(chunk: Buffer): void {
    if (this.#isClosed || this.#isDraining) return
    this.#lastReceivedAt = this.#shared.monotonic()
    this.#shared.counters.bytesIn += chunk.length
    this.#heldBytes += chunk.length
    this.#shared.budget.take(chunk.length)
    const fault = this.#reader.push(chunk)
    if (fault !== null) this.close(fault)
    else if (this.#reader.isStopped && !this.#isClosed) this.#pause()
  }

  #receive(frame: SlabSlice): boolean {
    this.#grantedBytes = 0
    const request = new ServerRequest(this, frame, this.#lastReceivedAt)
    this.#requests.push(request)
    if (this.#requests.length === 1) request.becomeHead()
    request.startedAt = this.#shared.monotonic()
    this.#shared.onRequest(request)
    request.handledAt = request.answeredAt > 0 ? request.answeredAt : this.#shared.monotonic()
    this.#shared.onHandled(request)
    return this.#mayStart()
  }

  #mayStart(): boolean {
    return (
      !this.#isClosed &&
      !this.#isDraining &&
      this.#exclusive === null &&
      this.#mutes === 0 &&
      this.#requests.length < this.#shared.limits.maxInFlight &&
      !this.#isFull() &&
      this.#shared.budget.isOpen
    )
  }

  /** Bytes that were received and belong to no request yet do not count alone: nothing would ever take them away. */
  #isFull(): boolean {
    if (this.#requests.length === 0 && this.#sendingBytes === 0) return false
    return this.#heldBytes + this.unsentBytes >= this.#shared.limits.bufferBytes
  }

  #grantLarge(frameBytes: number): boolean {
    const gate = this.#shared.largeFrames
    if (!gate.isOpen) return false
    gate.take(frameBytes)
    this.#grantedBytes = frameBytes
    return true
  }

  #pause(): void {
    if (!this.#isPaused) {
      this.#isPaused = true
      this.#stream.pause()
    }
    const spent = this.#spentBudget()
    if (spent === null || this.#waitsFor !== null) return
    this.#waitsFor = spent
    spent.whenOpen(this.#onBudget)
  }

  /** The budget for want of which reading has stopped. */
  #spentBudget(): ByteBudget | null {
    const { budget, largeFrames } = this.#shared
    if (this.#reader.refusedFrameBytes > 0) return largeFrames
    return budget.isOpen ? null : budget
  }

  #continueReading(): void {
    if (!this.#isPaused || this.#isClosed) return
    if (this.#reader.refusedFrameBytes > 0 ? !this.#shared.largeFrames.isOpen : !this.#mayStart()) {
      this.#pause()
      return
    }
    const fault = this.#reader.resume()
    if (fault !== null) this.close(fault)
    if (this.#isClosed) return
    if (this.#reader.isStopped) {
      this.#pause()
      return
    }
    this.#isPaused = false
    this.#lastReceivedAt = this.#shared.monotonic()
    this.#stream.resume()
  }

  /** Moves the answers that are next in order to the outgoing ones. */
  #moveReady(): void {
    const requests = this.#requests
    let moved = 0
    for (; moved < requests.length; moved++) {
      const request = requests[moved]!
      const answer = request.takeAnswer()
      if (answer === null) break
      this.#blockedBytes -= answer.sizeBytes
      this.#sendingBytes += answer.sizeBytes
      if (answer.sizeBytes > 0) {
        for (const buffer of answer.buffers) this.#outgoing.push(buffer)
        this.#outgoingBytes += answer.sizeBytes
        this.#shared.counters.responsesOut += 1
        this.#outgoingRequests.push(request)
      } else this.#shared.onSent(request, request.answeredAt, request.answeredAt)
      if (answer.flushed !== null) this.#outgoingFlushed.push(answer.flushed)
    }
    if (moved === 0) return
    if (moved === requests.length) requests.length = 0
    else this.#requests = requests.slice(moved)
    this.#flushSoon()
    this.#requests[0]?.becomeHead()
  }

  #flushSoon(): void {
    if (this.#isDirty) return
    this.#isDirty = true
    this.#shared.flushes.add(this)
  }

  #write(): void {
    const buffers = this.#outgoing
    const requests = this.#outgoingRequests
    const callbacks = this.#outgoingFlushed
    const bytes = this.#outgoingBytes
    this.#outgoing = []
    this.#outgoingRequests = []
    this.#outgoingFlushed = []
    this.#outgoingBytes = 0
    const writtenAt = this.#shared.monotonic()
    if (this.#sendingBytes === bytes) this.#lastFlushedAt = writtenAt
    this.#shared.counters.writes += 1
    this.#shared.counters.bytesOut += bytes
    const done = (): void => {
      for (const flushed of callbacks) flushed()
      this.#flushed(bytes, requests, writtenAt)
    }
    if (bytes <= LONG_BYTES) this.#stream.write(buffers, done)
    else this.#writeLong(new BufferPieces(buffers), done)
  }

  /** Small answers of other connections would wait for all of a long one: it leaves in pieces. */
  #writeLong(pieces: BufferPieces, done: () => void): void {
    this.#isInPieces = true
    const { longAnswers } = this.#shared
    const answer = {
      writePiece: (maxBytes: number): number => {
        if (this.#isClosed) {
          done()
          return 0
        }
        const before = pieces.bytesTaken
        const piece = pieces.next(maxBytes)
        this.#isInPieces = !pieces.isOver
        this.#stream.write(piece, this.#isInPieces ? next : done)
        if (!this.#isInPieces && this.#outgoing.length > 0) this.#flushSoon()
        return pieces.bytesTaken - before
      },
    }
    const next = (): void => {
      this.#lastFlushedAt = this.#shared.monotonic()
      longAnswers.add(answer)
    }
    longAnswers.add(answer)
  }

  #flushed(bytes: number, requests: readonly ServerRequest[], writtenAt: number): void {
    if (this.#isClosed) return
    this.#sendingBytes -= bytes
    this.responses.give(bytes)
    this.#lastFlushedAt = this.#shared.monotonic()
    for (const request of requests) this.#shared.onSent(request, writtenAt, this.#lastFlushedAt)
    if (this.isWritable) this.#requests[0]?.wakeWriter()
    this.#continueReading()
    this.#closeWhenDrained()
  }

  #closeWhenDrained(): void {
    if (this.#isClosed || !(this.#isDraining || (this.#isPeerDone && !this.#reader.isStopped))) return
    if (this.#requests.length > 0 || this.#sendingBytes > 0) return
    this.#end({ kind: 'closed' })
  }

  #end(end: ConnectionEnd): void {
    if (this.#isClosed) return
    this.#isClosed = true
    if (end.kind === 'closed' && (this.#isDraining || this.#isPeerDone)) this.#stream.end()
    else if (end.kind !== 'peer') this.#stream.destroy()
    this.#reader.close()
    this.#waitsFor?.forget(this.#onBudget)
    if (this.#grantedBytes > 0) this.#shared.largeFrames.give(this.#grantedBytes)
    this.#grantedBytes = 0
    this.responses.give(this.unsentBytes)
    this.#blockedBytes = 0
    this.#sendingBytes = 0
    const callbacks = this.#outgoingFlushed
    this.#outgoingFlushed = []
    this.#outgoingRequests = []
    this.#outgoing = []
    for (const flushed of callbacks) flushed()
    const requests = this.#requests
    this.#requests = []
    let underWay = 0
    for (const request of requests) {
      const answer = request.takeAnswer()
      if (answer === null) underWay += request.sizeBytes + FRAME_SIZE_BYTES
      else answer.flushed?.()
    }
    this.#shared.budget.give(this.#heldBytes - underWay)
    this.#heldBytes = underWay
    for (const request of requests) {
      if (request.takeAnswer() !== null) continue
      request.owner?.abandoned()
      request.wakeWriter()
    }
    this.#shared.onClose(this, end)
  }
}
