/** Cuts bytes into lines as Java's readers do: at \n, \r and \r\n; the last line needs no end. Lines are handed on as bytes. */

const LF = 10
const CR = 13

export class LineSplitter {
  /** Parts of a line that is not over. */
  #parts: Buffer[] = []
  #isAfterCr = false

  /** What is left at the end of the input. */
  end(): Buffer | null {
    return this.#parts.length === 0 ? null : this.#line(Buffer.alloc(0))
  }

  /** The lines that end in `chunk`. */
  *push(chunk: Buffer): Generator<Buffer, void, undefined> {
    let start = 0
    if (this.#isAfterCr && chunk.length > 0) {
      this.#isAfterCr = false
      if (chunk[0] === LF) start = 1
    }
    for (let at = start; at < chunk.length; at += 1) {
      const byte = chunk[at]
      if (byte !== LF && byte !== CR) continue
      yield this.#line(chunk.subarray(start, at))
      if (byte === CR) {
        if (at + 1 === chunk.length) this.#isAfterCr = true
        else if (chunk[at + 1] === LF) at += 1
      }
      start = at + 1
    }
    // The chunk may be reused by its owner.
    if (start < chunk.length) this.#parts.push(Buffer.from(chunk.subarray(start)))
  }

  #line(end: Buffer): Buffer {
    const line = this.#parts.length === 0 ? Buffer.from(end) : Buffer.concat([...this.#parts, end])
    this.#parts = []
    return line
  }
}
