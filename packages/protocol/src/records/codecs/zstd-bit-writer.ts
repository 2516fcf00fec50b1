import type { Output } from './output.ts'

/** Writes bits to an output, lowest first, for a stream that is read backwards. */
export class BitWriter {
  readonly #output: Output
  readonly #limit: number
  #word = 0
  #bits = 0

  /** Writes from the position of the output on; `limit` is only for {@link full}. */
  constructor(output: Output, limit: number) {
    this.#output = output
    this.#limit = limit
  }

  /** Whether what is written may not fit before the limit; to be asked at least every sixteen bytes. */
  get full(): boolean {
    return this.#output.position + 16 > this.#limit
  }

  /** Adds the low `count` bits of `value`, at most 24; higher bits must be zero. */
  add(value: number, count: number): void {
    const output = this.#output
    let word = this.#word | (value << this.#bits)
    let bits = this.#bits + count
    for (; bits >= 8; bits -= 8, word >>>= 8) output.buffer[output.position++] = word
    this.#word = word
    this.#bits = bits
  }

  /** Adds the mark that ends the stream. */
  finish(): void {
    this.add(1, 1)
    if (this.#bits > 0) this.#output.buffer[this.#output.position++] = this.#word
  }
}
