/** The bytes of a file: grows, shrinks, and is copied only when one of two that share the memory is changed. */
export class ByteImage {
  #bytes: Buffer
  #size: number
  #isShared = false

  constructor(bytes: Buffer = Buffer.alloc(0)) {
    this.#bytes = bytes
    this.#size = bytes.length
  }

  get size(): number {
    return this.#size
  }

  /** The bytes as they are; not to be changed and not to be kept. */
  get bytes(): Buffer {
    return this.#bytes.subarray(0, this.#size)
  }

  /** Writes at `position`; a gap behind the end is filled with zeros. */
  write(position: number, data: Uint8Array): void {
    const end = position + data.length
    this.#own(Math.max(end, this.#size))
    this.#bytes.set(data, position)
    this.#size = Math.max(end, this.#size)
  }

  /** Cuts, or extends with zeros. */
  truncate(size: number): void {
    this.#own(size)
    if (size < this.#size) this.#bytes.fill(0, size, this.#size)
    this.#size = size
  }

  read(target: Uint8Array, position: number): number {
    const count = Math.max(0, Math.min(target.length, this.#size - position))
    target.set(this.#bytes.subarray(position, position + count))
    return count
  }

  /** An image of the same bytes; costs nothing until one of them changes. */
  clone(): ByteImage {
    const copy = new ByteImage()
    copy.#bytes = this.#bytes
    copy.#size = this.#size
    copy.#isShared = true
    this.#isShared = true
    return copy
  }

  /** Memory behind the size is zero, always: growing needs no filling. */
  #own(capacity: number): void {
    if (!this.#isShared && capacity <= this.#bytes.length) return
    const length = capacity <= this.#bytes.length ? this.#bytes.length : Math.max(256, capacity, 2 * this.#bytes.length)
    const bytes = Buffer.alloc(length)
    bytes.set(this.#bytes.subarray(0, this.#size))
    this.#bytes = bytes
    this.#isShared = false
  }
}
