import { assert } from '@ottla/stdx'

const FIRST_CAPACITY = 16
/** One for all: most partitions have not enough for an index. */
const NOTHING = Buffer.alloc(0)

/** Fixed-size entries in one buffer that grows by doubling; an index that has none holds no memory. */
export class Entries {
  readonly #entryBytes: number
  #bytes: Buffer
  #count: number

  /** Takes `content` over; its length is a multiple of `entryBytes`. */
  constructor(entryBytes: number, content: Buffer = NOTHING) {
    assert(content.length % entryBytes === 0, 'entries are whole')
    this.#entryBytes = entryBytes
    this.#bytes = content
    this.#count = content.length / entryBytes
  }

  get count(): number {
    return this.#count
  }

  /** Memory held, room for growth included. */
  get capacityBytes(): number {
    return this.#bytes.length
  }

  /** The buffer that holds the entries: entry `i` begins at `i * entryBytes`. Valid until the next `add`. */
  get bytes(): Buffer {
    return this.#bytes
  }

  /** Room for one more entry; returns where it begins in {@link bytes}. */
  add(): number {
    const position = this.#count * this.#entryBytes
    if (position === this.#bytes.length) {
      const grown = Buffer.allocUnsafeSlow(Math.max(position * 2, FIRST_CAPACITY * this.#entryBytes))
      this.#bytes.copy(grown, 0, 0, position)
      this.#bytes = grown
    }
    this.#count++
    return position
  }

  cutTo(count: number): void {
    assert(count <= this.#count, 'entries are only cut')
    this.#count = count
  }

  /** Exactly the entries; shares memory. */
  content(): Buffer {
    return this.#bytes.subarray(0, this.#count * this.#entryBytes)
  }
}
