/** A consumer that stays at the end of a partition. What it has seen must stay. */
import { ErrorCode, errorOf } from '@ottla/protocol'
import type { PartitionHistory } from './history.ts'
import type { ModelClient } from './model-client.ts'
import { EARLIEST, listOffset } from './model-offsets.ts'
import { fetchOnce } from './model-reader.ts'
import type { ModelPartition } from './model-topic.ts'
import { retry, sleep, TryAgain, Violation } from './retry.ts'

export interface ModelTailOptions {
  readonly client: ModelClient
  readonly target: ModelPartition
  readonly history: PartitionHistory
  readonly giveUpAfterMs: number
}

const MAX_WAIT_MS = 300

export class ModelTail {
  readonly #options: ModelTailOptions
  #position = 0
  #isStopped = false

  constructor(options: ModelTailOptions) {
    this.#options = options
  }

  get position(): number {
    return this.#position
  }

  stop(): void {
    this.#isStopped = true
  }

  async run(): Promise<void> {
    const { client, giveUpAfterMs } = this.#options
    while (!this.#isStopped) {
      const progress = (): number => this.#position
      await retry({ env: client.env, what: 'a consumer', giveUpAfterMs, progress }, () => this.#read())
    }
  }

  async #read(): Promise<void> {
    if (this.#isStopped) return
    const { client, target, history } = this.#options
    const position = this.#position
    const { offset: start } = await listOffset(client, target, EARLIEST)
    if (position < start) {
      this.#position = start
      return
    }
    const maxBytes = client.random.pick([1, 1000, 1 << 20])
    try {
      const { batches } = await fetchOnce(client, target, { offset: position, maxBytes, maxWaitMs: MAX_WAIT_MS })
      for (const { records, nextOffset } of batches) {
        for (const record of records) if (record.offset >= position) history.read(record)
        this.#position = nextOffset
      }
    } catch (error) {
      // The start may have moved since it was asked for.
      const isOutOfRange =
        error instanceof Violation && error.message.includes(errorOf(ErrorCode.OFFSET_OUT_OF_RANGE).name)
      if (!isOutOfRange || position >= history.deletedBefore) throw error
      throw new TryAgain(error.message)
    }
    if (client.random.chance(0.2)) await sleep(client.env, client.random.float() * 20)
  }
}
