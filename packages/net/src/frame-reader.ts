/**
 * Cuts the byte stream of a connection into frames (int32 size, then that many bytes). The bytes are copied once, out
 * of the socket's chunk into a pooled slab; a frame is handed on without its size field.
 */
import type { SlabSlice } from '@ottla/stdx'
import { foreignProtocol } from './foreign-protocol.ts'

/** Gives memory for frames: a `SlabPool`, or something simpler. */
export interface FrameAllocator {
  allocate(bytes: number): SlabSlice
}

export interface FrameReaderOptions {
  readonly pool: FrameAllocator
  /** Largest frame accepted (socket.request.max.bytes). */
  readonly maxFrameBytes: number
  /** Smallest frame that can be a message; 8 holds key, version and correlation id of a request. */
  readonly minFrameBytes: number
  /** A larger frame gets its full buffer only when a sixteenth of it has arrived, but not more than this: a size costs nothing to claim. Default {@link PROOF_BYTES}. */
  readonly proofBytes?: number
  /** Looks at the first four bytes of a frame's body before the rest is buffered; a text refuses it. */
  readonly admit?: (firstWord: number) => string | null
  /** Asked once for each frame of more than `proofBytes`, when its proof has arrived; false stops the reader, and `resume` asks again. */
  readonly grantLarge?: (frameBytes: number) => boolean
  readonly counters: FrameCounters
}

export interface FrameCounters {
  framesIn: number
  /** Frame bytes that were copied: a copy into the slab counts once, one that had to be copied again counts twice. */
  bytesCopied: number
}

/** Receives a frame and the count that the reader held on it. False stops the reader until `resume`. */
export type FrameSink = (frame: SlabSlice) => boolean

/** A frame of this size gets its full buffer at once, unless somebody says otherwise. */
export const PROOF_BYTES = 1 << 20

/** What has to have arrived of a larger one is copied when it gets its full buffer: so small a part that it costs nothing. */
const PROOF_PART = 1 / 16

/** Less than this of a frame is copied: a buffer per read is not worth it. */
const ROOM_BYTES = 16 << 10
const SIZE_BYTES = 4
const PREFIX_BYTES = 8

export class FrameReader {
  readonly #pool: FrameAllocator
  /** Of the frames that begin from now on. */
  maxFrameBytes: number
  readonly #minFrameBytes: number
  readonly #proofBytes: number
  readonly #grantLarge: ((frameBytes: number) => boolean) | undefined
  readonly #admit: ((firstWord: number) => string | null) | undefined
  readonly #counters: FrameCounters
  readonly #sink: FrameSink
  /** Made for the first prefix that comes in pieces: most connections never see one. */
  #prefix: Buffer | null = null
  #prefixBytes = 0
  /** What the last chunk added to the prefix. */
  #prefixTaken = 0
  #frame: SlabSlice | null = null
  #frameSize = 0
  #filled = 0
  #stopped = false
  #closed = false
  #rest: Buffer | null = null
  #isFirst = true

  constructor(options: FrameReaderOptions, sink: FrameSink) {
    this.#pool = options.pool
    this.maxFrameBytes = options.maxFrameBytes
    this.#minFrameBytes = Math.max(options.minFrameBytes, PREFIX_BYTES - SIZE_BYTES)
    this.#proofBytes = options.proofBytes ?? PROOF_BYTES
    this.#admit = options.admit
    this.#grantLarge = options.grantLarge
    this.#counters = options.counters
    this.#sink = sink
  }

  /** True between the first byte of a frame and its last. */
  get isInsideFrame(): boolean {
    return this.#frame !== null || this.#prefixBytes > 0
  }

  /** True after the sink or a grant said no, until `resume`. */
  get isStopped(): boolean {
    return this.#stopped
  }

  /** Size of the frame whose grant was refused, or 0. */
  get refusedFrameBytes(): number {
    return this.#stopped && this.#frame !== null ? this.#frameSize : 0
  }

  /** The part of a large frame's memory that is still empty: who receives there and then pushes it saves the copy. */
  get room(): Buffer | null {
    if (this.#frame === null || this.#stopped || this.#closed) return null
    const { buffer } = this.#frame
    return buffer.length - this.#filled < ROOM_BYTES ? null : buffer.subarray(this.#filled)
  }

  /** Takes a chunk in; it may be reused by its owner afterwards. Returns why the connection must be closed, or null. */
  push(chunk: Buffer): string | null {
    if (this.#closed) return null
    if (this.#stopped) {
      this.#rest = this.#rest === null ? Buffer.from(chunk) : Buffer.concat([this.#rest, chunk])
      this.#counters.bytesCopied += chunk.length
      return null
    }
    return this.#consume(chunk)
  }

  /** Goes on after the sink returned false. */
  resume(): string | null {
    if (!this.#stopped || this.#closed) return null
    this.#stopped = false
    const rest = this.#rest
    if (rest === null) return null
    this.#rest = null
    return this.#consume(rest)
  }

  /** Gives up what was received of an unfinished frame. */
  close(): void {
    this.#closed = true
    this.#rest = null
    this.#frame?.release()
    this.#frame = null
  }

  #consume(chunk: Buffer): string | null {
    let at = 0
    while (at < chunk.length) {
      if (this.#frame === null) {
        const isThere = this.#prefixBytes === 0 && chunk.length - at >= PREFIX_BYTES
        const fault = isThere ? this.#startFrame(chunk, at) : this.#collectPrefix(chunk, at)
        if (fault !== null) return fault
        at += isThere ? SIZE_BYTES : this.#prefixTaken
        if (this.#frame === null) continue
      } else if (this.#hasRoom()) {
        at += this.#fill(this.#frame, chunk, at)
      }
      if (this.#filled === this.#frameSize) this.#finishFrame()
      if (this.#stopped) {
        this.#setAside(chunk, at)
        return null
      }
    }
    return null
  }

  #setAside(chunk: Buffer, at: number): void {
    if (at === chunk.length || this.#closed) return
    this.#rest = Buffer.from(chunk.subarray(at))
    this.#counters.bytesCopied += this.#rest.length
  }

  /** A size and a first word that come in pieces: starts the frame when both are there, and judges the size before. */
  #collectPrefix(chunk: Buffer, at: number): string | null {
    const prefix = (this.#prefix ??= Buffer.alloc(PREFIX_BYTES))
    this.#prefixTaken = Math.min(PREFIX_BYTES - this.#prefixBytes, chunk.length - at)
    chunk.copy(prefix, this.#prefixBytes, at, at + this.#prefixTaken)
    this.#prefixBytes += this.#prefixTaken
    if (this.#prefixBytes < SIZE_BYTES) return null
    if (this.#prefixBytes < PREFIX_BYTES) return this.#sizeFault(prefix, 0)
    const fault = this.#startFrame(prefix, 0)
    if (fault !== null) return fault
    this.#prefixBytes = 0
    prefix.copy(this.#frame!.buffer, 0, SIZE_BYTES, PREFIX_BYTES)
    this.#filled = PREFIX_BYTES - SIZE_BYTES
    return null
  }

  /** Judges the size and the first word at `at`, and starts the frame behind the size. */
  #startFrame(bytes: Buffer, at: number): string | null {
    const size = bytes.readInt32BE(at)
    const fault = this.#sizeFault(bytes, at) ?? this.#admit?.(bytes.readInt32BE(at + SIZE_BYTES)) ?? null
    if (fault !== null) return fault
    this.#isFirst = false
    this.#frameSize = size
    this.#frame = this.#pool.allocate(this.#firstBytes(size))
    this.#filled = 0
    return null
  }

  /** What a frame has of memory when it begins. */
  #firstBytes(size: number): number {
    if (size <= this.#proofBytes) return size
    return Math.min(this.#proofBytes, Math.ceil(size * PROOF_PART))
  }

  #sizeFault(bytes: Buffer, at: number): string | null {
    const size = bytes.readInt32BE(at)
    if (size >= this.#minFrameBytes && size <= this.maxFrameBytes) return null
    const stranger = this.#isFirst ? foreignProtocol(bytes.subarray(at, at + SIZE_BYTES)) : null
    if (stranger !== null) return `the peer does not speak Kafka: this looks like ${stranger}`
    if (size < 0) return `negative frame size ${size}`
    if (size < this.#minFrameBytes) return `frame size ${size} is too small for a message`
    return `frame size ${size} is over the limit of ${this.maxFrameBytes} bytes`
  }

  /** Moves a large frame into its full buffer once it has proved itself and room is granted. */
  #hasRoom(): boolean {
    const proof = this.#frame!
    if (this.#filled < proof.buffer.length) return true
    if (this.#grantLarge?.(this.#frameSize) === false) {
      this.#stopped = true
      return false
    }
    const whole = this.#pool.allocate(this.#frameSize)
    proof.buffer.copy(whole.buffer, 0, 0, this.#filled)
    this.#counters.bytesCopied += this.#filled
    proof.release()
    this.#frame = whole
    return true
  }

  #fill(frame: SlabSlice, chunk: Buffer, at: number): number {
    const taken = Math.min(frame.buffer.length - this.#filled, chunk.length - at)
    const { buffer } = frame
    const isThere = chunk.buffer === buffer.buffer && chunk.byteOffset + at === buffer.byteOffset + this.#filled
    if (!isThere) {
      chunk.copy(buffer, this.#filled, at, at + taken)
      this.#counters.bytesCopied += taken
    }
    this.#filled += taken
    return taken
  }

  #finishFrame(): void {
    const frame = this.#frame!
    this.#frame = null
    this.#counters.framesIn += 1
    if (!this.#sink(frame)) this.#stopped = true
  }
}
