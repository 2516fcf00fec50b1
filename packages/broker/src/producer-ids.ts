/** Producer ids for idempotent producers, out of blocks that the controller hands out. No id is given twice in a cluster's life. */
import type { Logger } from '@ottla/env'
import { ApiError, ErrorCode } from '@ottla/protocol'

export interface ProducerIdBlock {
  readonly firstId: number
  readonly count: number
}

/** The next block is asked for when so much of the present one is used. */
const PREFETCH_AT = 0.9

export class ProducerIds {
  readonly #allocate: () => Promise<ProducerIdBlock>
  readonly #logger: Logger
  #nextId = 0
  #endId = 0
  /** Where the next block is asked for. */
  #prefetchId = 0
  #nextBlock: ProducerIdBlock | null = null
  #allocation: Promise<void> | null = null

  /** `allocate` asks the controller for a block, and rejects with ApiError. */
  constructor(allocate: () => Promise<ProducerIdBlock>, logger: Logger) {
    this.#allocate = allocate
    this.#logger = logger
  }

  /** An id that nobody had. Rejects with COORDINATOR_LOAD_IN_PROGRESS, which producers retry, while the controller gives none. */
  async next(): Promise<number> {
    while (this.#nextId >= this.#endId) {
      if (this.#nextBlock !== null) this.#startBlock(this.#nextBlock)
      else if (!(await this.#fill())) {
        throw new ApiError(ErrorCode.COORDINATOR_LOAD_IN_PROGRESS, 'no producer ids from the controller yet')
      }
    }
    const id = this.#nextId++
    if (id >= this.#prefetchId && this.#nextBlock === null) void this.#fill()
    return id
  }

  #startBlock(block: ProducerIdBlock): void {
    this.#nextBlock = null
    this.#nextId = block.firstId
    this.#endId = block.firstId + block.count
    this.#prefetchId = block.firstId + Math.floor(block.count * PREFETCH_AT)
  }

  /** Gets the next block, once at a time. False when the controller gave none. */
  async #fill(): Promise<boolean> {
    this.#allocation ??= this.#fetchBlock().finally(() => {
      this.#allocation = null
    })
    await this.#allocation
    return this.#nextBlock !== null || this.#nextId < this.#endId
  }

  async #fetchBlock(): Promise<void> {
    try {
      this.#nextBlock = await this.#allocate()
    } catch (error) {
      this.#logger.warn('no block of producer ids from the controller', { error })
    }
  }
}
