/**
 * Slabs that nobody has touched yet: the system has promised their memory and given none of it.
 *
 * V8 counts memory of buffers as its own: each few megabytes of new ones make it collect everything, which takes milliseconds. So the
 * slabs that a load will need are made before it comes, when there is little to collect, and what goes back later is made up for at once:
 * what V8 counts stays as it is.
 */
export interface SlabReserveOptions {
  readonly slabBytes: number
  /** So much is held ready, in whole slabs. */
  readonly bytes: number
  /** Gives the memory of a block back to the system at once. */
  readonly discard: (block: Buffer) => void
}

export class SlabReserve {
  readonly #slabBytes: number
  readonly #slabsMax: number
  readonly #discard: (block: Buffer) => void
  readonly #untouched: Buffer[] = []

  constructor({ slabBytes, bytes, discard }: SlabReserveOptions) {
    this.#slabBytes = slabBytes
    this.#slabsMax = Math.floor(bytes / slabBytes)
    this.#discard = discard
    while (this.#untouched.length < this.#slabsMax) this.#untouched.push(Buffer.allocUnsafeSlow(slabBytes))
  }

  get readyBytes(): number {
    return this.#untouched.length * this.#slabBytes
  }

  /** A block that nobody used yet; its content is whatever the system left there. */
  take(bytes: number): Buffer {
    const isSlab = bytes === this.#slabBytes
    return (isSlab ? this.#untouched.pop() : undefined) ?? Buffer.allocUnsafeSlow(bytes)
  }

  /** Gives the memory of a block back, that nobody uses any more. */
  giveBack(block: Buffer): void {
    this.#discard(block)
    if (this.#untouched.length < this.#slabsMax) this.#untouched.push(Buffer.allocUnsafeSlow(this.#slabBytes))
  }
}
