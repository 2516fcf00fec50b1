/**
 * A request that was received and waits for its answer. It holds the frame's bytes until it is answered (or has no need of them), and
 * keeps its place in the connection's order of responses.
 */
import { assert, type SlabSlice } from '@ottla/stdx'
import type { ServerConnection } from './server-connection.ts'

/**
 * Who owes the answer to a request. Requests hold it as it is: with a function made for each request here, the young collections of a broker
 * under load found hundreds of answered requests still reachable, and each of them grew old.
 */
export interface AnswerOwner {
  /** Nobody waits for the answer any more. It is still owed, and is dropped. */
  abandoned(): void
}

export class ServerRequest {
  readonly connection: ServerConnection
  /** First four bytes of the frame: API key and version. */
  readonly firstWord: number
  /** Bytes of the frame without its size field. */
  readonly sizeBytes: number
  /** Monotonic milliseconds at which the last byte had arrived. */
  readonly receivedAt: number
  /** What the layer above knows of the request (its header). */
  attachment: unknown = null
  /** Monotonic milliseconds at which it was handed over, at which whoever took it had done what could be done at once, and at which it was answered. */
  startedAt = 0
  handledAt = 0
  answeredAt = 0
  /** Told once if the connection closes before the answer. An object, not a function: see {@link AnswerOwner}. */
  owner: AnswerOwner | null = null
  #frame: SlabSlice | null
  #answer: ReadyAnswer | null = null
  #sharedBytes = 0
  #isHead = false
  #whenWritable: (() => void) | null = null

  constructor(connection: ServerConnection, frame: SlabSlice, receivedAt: number) {
    this.connection = connection
    this.#frame = frame
    this.firstWord = frame.buffer.readInt32BE(0)
    this.sizeBytes = frame.buffer.length
    this.receivedAt = receivedAt
  }

  /** The frame without its size field; valid until the answer or `releaseFrame`. Whoever needs it longer retains it. */
  get frame(): SlabSlice {
    assert(this.#frame !== null, 'the frame of a request is there until it is released')
    return this.#frame
  }

  /** Gives the frame's bytes back before the answer: a request that waits would keep the whole slab around them. */
  releaseFrame(): void {
    this.#frame?.release()
    this.#frame = null
  }

  /** Bytes of the answer, its size field included; 0 before it is there. */
  get responseBytes(): number {
    return this.#answer?.sizeBytes ?? 0
  }

  /** True when the answer was given, or nobody can receive it any more. */
  get isOver(): boolean {
    return this.#answer !== null || this.connection.isClosed
  }

  /**
   * Answers with a whole frame, size field included. The buffers stay untouched until `flushed`, which is called exactly once:
   * when the kernel has taken them, or when they never will be sent.
   */
  respond(buffers: readonly Buffer[], flushed?: () => void): void {
    let sizeBytes = 0
    for (const buffer of buffers) sizeBytes += buffer.length
    this.#finish({ buffers, sizeBytes, flushed: flushed ?? null })
  }

  /** Ends the request without a response (Produce with acks = 0). */
  respondNothing(): void {
    this.#finish({ buffers: [], sizeBytes: 0, flushed: null })
  }

  /** Ends the request by closing the connection; one log line says why. */
  fail(reason: string): void {
    this.connection.close(reason)
    if (this.#answer === null) this.respondNothing()
  }

  /**
   * Calls `fn` when the response would be the next to leave and the peer has read enough of the earlier ones; at once
   * if that is now. Large responses are made then, so that a peer that reads slowly pins one of them and no more.
   * On a closed connection it is called too.
   */
  whenWritable(fn: () => void): void {
    assert(this.#whenWritable === null, 'whenWritable was called twice')
    if (this.connection.isClosed || (this.#isHead && this.connection.isWritable)) fn()
    else this.#whenWritable = fn
  }

  /**
   * Bytes that a large response may hold now, at most `wantedBytes`. They count as used until the answer is given (which then counts
   * for itself) or `returnShare`.
   */
  takeShare(wantedBytes: number): number {
    this.returnShare()
    this.#sharedBytes = this.connection.responses.share(wantedBytes)
    return this.#sharedBytes
  }

  /** What was taken is not needed. */
  returnShare(): void {
    this.connection.responses.give(this.#sharedBytes)
    this.#sharedBytes = 0
  }

  /** For the connection alone: the answer, if there is one. */
  takeAnswer(): ReadyAnswer | null {
    return this.#answer
  }

  /** For the connection alone: this request's response is the next to leave. */
  becomeHead(): void {
    this.#isHead = true
    if (this.connection.isWritable) this.wakeWriter()
  }

  /** For the connection alone. */
  wakeWriter(): void {
    const fn = this.#whenWritable
    if (fn === null) return
    this.#whenWritable = null
    fn()
  }

  #finish(answer: ReadyAnswer): void {
    assert(this.#answer === null, 'a request was answered twice')
    this.#answer = answer
    this.returnShare()
    this.owner = null
    this.connection.answered(this, answer)
    this.releaseFrame()
  }
}

export interface ReadyAnswer {
  readonly buffers: readonly Buffer[]
  readonly sizeBytes: number
  /** Null when nobody wants to know. */
  readonly flushed: (() => void) | null
}
