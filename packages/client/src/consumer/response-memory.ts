/** Memory for one response of a fetch, which is used again for another when all records of it were handed out or dropped. */
import type { FrameAllocator } from '@ottla/net'
import type { SlabPool, SlabSlice } from '@ottla/stdx'

/** Blocks that a consumer keeps for its next responses. */
export const FREE_RESPONSES_MAX_BYTES = 8 << 20

export class ResponseMemory implements FrameAllocator {
  readonly #pool: SlabPool
  #slice: SlabSlice | null = null
  #holders = 1

  constructor(pool: SlabPool) {
    this.#pool = pool
  }

  /** For the connection. What it gives up unfinished is left to the garbage collector: the system may still be receiving into it. */
  allocate(bytes: number): SlabSlice {
    this.#slice = this.#pool.allocate(bytes)
    const frame: SlabSlice = { buffer: this.#slice.buffer, retain: () => frame, release: () => {} }
    return frame
  }

  /** Memory for what is unpacked of the response, to be released before or after it. */
  unpacked(bytes: number): SlabSlice {
    return this.#pool.allocate(bytes)
  }

  /** One more holder. */
  retain(): this {
    this.#holders += 1
    return this
  }

  /** One holder less; after the last the bytes are another response's. */
  release(): void {
    this.#holders -= 1
    if (this.#holders === 0) this.#slice?.release()
  }
}
