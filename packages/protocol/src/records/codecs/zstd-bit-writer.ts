/** Writes bits, lowest first, for a stream that is read backwards. */
export class BitWriter {
  readonly #out: Uint8Array
  readonly #limit: number
  #at: number
  #word = 0
  #bits = 0

  /** Writes to `out[at, limit)`. */
  constructor(out: Uint8Array, at: number, limit: number) {
    this.#out = out
    this.#at = at
    this.#limit = limit
  }

  /** Whether what is written may not fit; to be asked at least every sixteen bytes. */
  get full(): boolean {
    return this.#at + 16 > this.#limit
  }

  /** Adds the low `count` bits of `value`, at most 24; higher bits must be zero. */
  add(value: number, count: number): void {
    this.#word |= value << this.#bits
    this.#bits += count
    while (this.#bits >= 8) {
      this.#out[this.#at++] = this.#word
      this.#word >>>= 8
      this.#bits -= 8
    }
  }

  /** Adds the mark that ends the stream; gives the index after it. */
  finish(): number {
    this.add(1, 1)
    if (this.#bits > 0) this.#out[this.#at++] = this.#word
    return this.#at
  }
}
