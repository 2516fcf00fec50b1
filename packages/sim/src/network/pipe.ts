/**
 * One direction of a connection.
 *
 * ```
 *   write → queue ──taken──▶ in flight ──▶ arrived ──▶ onData
 *           (sender)  └──── window: the kernels ────┘  (receiver)
 * ```
 *
 * Bytes are copied when the kernel takes them, not before: until `flushed` they belong to the sender, and one who changes them
 * earlier sends something else.
 */
import { Deque } from '@ottla/stdx'
import { digest } from '../trace.ts'
import type { World } from '../world.ts'
import type { Link } from './link.ts'

export interface PipeEnds {
  /** Bytes of the queue were taken; `flushed` of those that were taken whole. */
  taken(flushed: readonly (() => void)[]): void
  /** The end of the stream has left the sender. */
  finTaken(): void
  /** Bytes, or the end of the stream, are there to be read. */
  arrived(): void
  /** Nothing has got through for so long that the sender's kernel gives the connection up. */
  timedOut(): void
}

interface Queued {
  bytes: Uint8Array
  readonly flushed: (() => void) | undefined
}

/** Orders arrivals that would come at the same time. */
const GAP_MS = 1e-6
/** Linux: net.ipv4.tcp_retries2 = 15. */
const RETRANSMISSION_MS = 924_600

const FIN = null

export class Pipe {
  readonly #world: World
  readonly #link: Link
  readonly #label: string
  readonly #ends: PipeEnds
  readonly #queue = new Deque<Queued>()
  readonly #inFlight = new Deque<Buffer | typeof FIN>()
  readonly #arrived = new Deque<Buffer>()
  #queuedBytes = 0
  /** Bytes taken and not yet read. */
  #heldBytes = 0
  #arrivedBytes = 0
  #lastArrival: number
  #isFinQueued = false
  #isFinTaken = false
  #isFinArrived = false
  #blockedArrivals = 0
  #blockedSince = -1

  constructor(world: World, link: Link, options: { label: string; notBefore: number; ends: PipeEnds }) {
    this.#world = world
    this.#link = link
    this.#label = options.label
    this.#lastArrival = options.notBefore
    this.#ends = options.ends
  }

  get queuedBytes(): number {
    return this.#queuedBytes
  }

  get unreadBytes(): number {
    return this.#arrivedBytes
  }

  /** All bytes were read and the end of the stream is there. */
  get isAtEnd(): boolean {
    return this.#isFinArrived && this.#arrivedBytes === 0
  }

  get isFinTaken(): boolean {
    return this.#isFinTaken
  }

  push(buffers: readonly Uint8Array[], flushed: (() => void) | undefined): void {
    for (let index = 0; index < buffers.length; index++) {
      const bytes = buffers[index] as Uint8Array
      this.#queue.pushBack({ bytes, flushed: index === buffers.length - 1 ? flushed : undefined })
      this.#queuedBytes += bytes.length
    }
    this.#pump()
  }

  /** The end of the stream, behind what is queued. */
  finish(): void {
    this.#isFinQueued = true
    this.#pump()
  }

  /** Drops what is queued; the calls that wait for it. */
  dropQueue(): (() => void)[] {
    const flushed: (() => void)[] = []
    for (const entry of this.#queue) if (entry.flushed !== undefined) flushed.push(entry.flushed)
    this.#queue.clear()
    this.#queuedBytes = 0
    return flushed
  }

  /** The sender lost its power: what is under way may get through up to some point. */
  vanish(): void {
    this.dropQueue()
    const kept = this.#world.random.below(this.#inFlight.size + 1)
    while (this.#inFlight.size > kept) this.#heldBytes -= this.#inFlight.popBack()?.length ?? 0
  }

  /** Takes what has arrived: all of it, or, where the link splits, some of it. Null when there is nothing. */
  read(): Buffer | null {
    let piece = this.#arrived.popFront()
    if (piece === undefined) return null
    if (this.#arrived.size > 0) {
      piece = Buffer.concat([piece, ...this.#arrived])
      this.#arrived.clear()
    }
    if (piece.length > 1 && this.#world.random.chance(this.#link.quality.splitChance)) {
      const at = this.#world.random.between(1, piece.length - 1)
      this.#arrived.pushFront(piece.subarray(at))
      piece = piece.subarray(0, at)
    }
    this.#arrivedBytes -= piece.length
    this.#heldBytes -= piece.length
    this.#pump()
    return piece
  }

  /** Throws away what has arrived. */
  discard(): void {
    this.#heldBytes -= this.#arrivedBytes
    this.#arrivedBytes = 0
    this.#arrived.clear()
    this.#pump()
  }

  #pump(): void {
    const flushed: (() => void)[] = []
    const { windowBytes } = this.#link.quality
    for (let head = this.#queue.peekFront(); head !== undefined; head = this.#queue.peekFront()) {
      const room = windowBytes - this.#heldBytes
      if (room <= 0) break
      const taken = Buffer.from(head.bytes.subarray(0, room))
      this.#send(taken)
      if (taken.length < head.bytes.length) {
        head.bytes = head.bytes.subarray(taken.length)
        break
      }
      this.#queue.popFront()
      if (head.flushed !== undefined) flushed.push(head.flushed)
    }
    if (flushed.length > 0 || this.#queuedBytes === 0) this.#ends.taken(flushed)
    if (this.#isFinQueued && !this.#isFinTaken && this.#queue.size === 0) {
      this.#isFinTaken = true
      this.#transmit(FIN)
      this.#ends.finTaken()
    }
  }

  #send(bytes: Buffer): void {
    this.#queuedBytes -= bytes.length
    this.#heldBytes += bytes.length
    if (bytes.length > 0) this.#transmit(bytes)
  }

  #transmit(segment: Buffer | typeof FIN): void {
    const { bytesPerMs } = this.#link.quality
    const soonest = Math.max(this.#lastArrival + GAP_MS, this.#world.now + this.#link.drawLatency())
    this.#lastArrival = soonest + (segment?.length ?? 0) / bytesPerMs
    this.#inFlight.pushBack(segment)
    this.#scheduleArrival(this.#lastArrival)
  }

  #scheduleArrival(at: number): void {
    this.#world.schedule({ at, label: this.#label, process: null, run: () => this.#arrive() })
  }

  /** The next segment reaches the receiver's kernel. Segments never overtake each other, cut links or not. */
  #arrive(): void {
    if (this.#link.isBlocked || this.#blockedArrivals > 0) {
      this.#block()
      return
    }
    const segment = this.#inFlight.popFront()
    if (segment === undefined) return
    if (segment === FIN) this.#isFinArrived = true
    else {
      this.#world.trace.add(this.#world.now, this.#label, digest(segment))
      this.#arrived.pushBack(segment)
      this.#arrivedBytes += segment.length
    }
    this.#ends.arrived()
  }

  #block(): void {
    this.#blockedArrivals++
    if (this.#blockedArrivals > 1) return
    const since = this.#world.now
    this.#blockedSince = since
    this.#link.wait(() => this.#unblock())
    this.#world.schedule({
      at: since + RETRANSMISSION_MS,
      label: this.#label,
      process: null,
      run: () => {
        if (this.#blockedSince === since && this.#blockedArrivals > 0) this.#ends.timedOut()
      },
    })
  }

  #unblock(): void {
    const count = this.#blockedArrivals
    this.#blockedArrivals = 0
    this.#blockedSince = -1
    let at = this.#world.now
    for (let n = 0; n < count; n++) {
      at = Math.max(at + GAP_MS, this.#world.now + this.#link.drawLatency())
      this.#scheduleArrival(at)
    }
    this.#lastArrival = Math.max(this.#lastArrival, at)
  }
}
