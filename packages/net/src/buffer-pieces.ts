/** Cuts a long row of buffers into pieces of bounded size, in order, without a copy. */
export class BufferPieces {
  readonly #buffers: readonly Buffer[]
  #index = 0
  /** Taken of the buffer at the index. */
  #taken = 0
  #bytesTaken = 0

  constructor(buffers: readonly Buffer[]) {
    this.#buffers = buffers
  }

  /** Bytes of all pieces so far. */
  get bytesTaken(): number {
    return this.#bytesTaken
  }

  /** True when all is taken. */
  get isOver(): boolean {
    return this.#index === this.#buffers.length
  }

  /** The next piece, of at most so many bytes: empty when all is taken. */
  next(maxBytes: number): Buffer[] {
    const piece: Buffer[] = []
    let room = maxBytes
    while (room > 0 && !this.isOver) {
      const buffer = this.#buffers[this.#index]!
      const end = Math.min(buffer.length, this.#taken + room)
      piece.push(this.#taken === 0 && end === buffer.length ? buffer : buffer.subarray(this.#taken, end))
      room -= end - this.#taken
      this.#bytesTaken += end - this.#taken
      this.#taken = end
      if (end < buffer.length) break
      this.#index += 1
      this.#taken = 0
    }
    return piece
  }
}
