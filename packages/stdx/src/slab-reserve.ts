/**
 * Where slabs come from and go to. It holds slabs ready that nobody has touched yet: the system has promised their memory and given none of it.
 *
 * V8 counts memory of buffers as its own: each few megabytes of new ones make it collect everything, which takes milliseconds. So the
 * slabs that a load will need are made before it comes, when there is little to collect, and what goes back later is made up for by new
 * ones: what V8 counts stays as it is.
 *
 * To give a megabyte back takes a tenth of a millisecond, and a burst leaves many: they go a few at a time.
 */
export interface SlabReserveOptions {
  readonly slabBytes: number
  /** So much is held ready, in whole slabs. */
  readonly bytes: number
  /** Gives the memory of a block back to the system at once. */
  readonly discard: (block: Buffer) => void
  /** Runs something in a later turn of the loop. Without it blocks are given back at once. */
  readonly later?: ((run: () => void) => void) | undefined
}

/** Given back in one turn. */
const BLOCKS_PER_TURN = 2
/** What waits to be given back is not more than this. */
const LEAVING_MAX_BYTES = 128 << 20

export class SlabReserve {
  readonly #slabBytes: number
  readonly #slabsMax: number
  readonly #discard: (block: Buffer) => void
  readonly #later: ((run: () => void) => void) | undefined
  readonly #lenders: (() => Buffer | undefined)[] = []
  readonly #untouched: Buffer[] = []
  /** To be given back, in the order in which they came. */
  readonly #leaving: Buffer[] = []
  #leavingBytes = 0
  #isTurnAhead = false

  constructor({ slabBytes, bytes, discard, later }: SlabReserveOptions) {
    this.#slabBytes = slabBytes
    this.#slabsMax = Math.floor(bytes / slabBytes)
    this.#discard = discard
    this.#later = later
    while (this.#untouched.length < this.#slabsMax) this.#untouched.push(Buffer.allocUnsafeSlow(slabBytes))
  }

  /** Bytes of slabs that nobody has touched. */
  get readyBytes(): number {
    return this.#untouched.length * this.#slabBytes
  }

  /** Bytes of blocks that are still to be given back. */
  get leavingBytes(): number {
    return this.#leavingBytes
  }

  /** A pool that draws from here, and lends a slab that it does not use to another when nothing is ready. */
  join(lend: () => Buffer | undefined): void {
    this.#lenders.push(lend)
  }

  /** A block that nobody uses; its content is whatever was there before. */
  take(bytes: number): Buffer {
    const index = this.#leaving.findLastIndex(({ length }) => length === bytes)
    if (index >= 0) {
      this.#leavingBytes -= bytes
      return this.#leaving.splice(index, 1)[0]!
    }
    const slab = bytes === this.#slabBytes ? (this.#untouched.pop() ?? this.#borrow()) : undefined
    return slab ?? Buffer.allocUnsafeSlow(bytes)
  }

  #borrow(): Buffer | undefined {
    for (const lend of this.#lenders) {
      const slab = lend()
      if (slab !== undefined) return slab
    }
    return undefined
  }

  /** Gives the memory of a block back, that nobody uses any more: now or soon. */
  giveBack(block: Buffer): void {
    if (this.#later === undefined) {
      this.#replace(block)
      return
    }
    this.#leaving.push(block)
    this.#leavingBytes += block.length
    while (this.#leavingBytes > LEAVING_MAX_BYTES) this.#replaceOldest()
    if (this.#isTurnAhead) return
    this.#isTurnAhead = true
    this.#later(this.#giveSomeBack)
  }

  readonly #giveSomeBack = (): void => {
    for (let i = 0; i < BLOCKS_PER_TURN && this.#leaving.length > 0; i++) this.#replaceOldest()
    this.#isTurnAhead = this.#leaving.length > 0
    if (this.#isTurnAhead) this.#later!(this.#giveSomeBack)
  }

  #replaceOldest(): void {
    const block = this.#leaving.shift()!
    this.#leavingBytes -= block.length
    this.#replace(block)
  }

  #replace(block: Buffer): void {
    this.#discard(block)
    if (this.#untouched.length < this.#slabsMax) this.#untouched.push(Buffer.allocUnsafeSlow(this.#slabBytes))
  }
}
