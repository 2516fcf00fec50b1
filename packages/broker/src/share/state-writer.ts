/**
 * Stores what changes in one share partition: one write at a time, so that none overtakes another; what comes meanwhile is the
 * next write.
 */
import type { SharePersister } from '@ottla/coordinator'
import { ErrorCode } from '@ottla/protocol'
import type { Transition } from './partition/run.ts'
import type { SharePartition } from './partition/share-partition.ts'

export interface StateWriterOptions {
  readonly persister: SharePersister
  readonly groupId: string
  readonly topicId: string
  readonly partition: number
  readonly leaderEpoch: number
  readonly stateEpoch: number
  readonly state: SharePartition
  /** Monotonic milliseconds. */
  readonly now: () => number
  /** A write ended. The state knows of it already, those who wait do not yet. */
  readonly onWritten: (outcome: WriteOutcome) => void
}

export interface WriteOutcome {
  readonly error: number
  readonly message: string
}

/** Told when a decision is stored, or cannot be. */
export type Decided = (outcome: WriteOutcome) => void

interface Queued {
  readonly transition: Transition
  readonly decided: Decided
}

/** What could not be stored is tried again after so long, where nobody else does. */
export const RETRY_MS = 1000

export class StateWriter {
  readonly #options: StateWriterOptions
  #queue: Queued[] = []
  #isWriting = false
  #isClosed = false

  constructor(options: StateWriterOptions) {
    this.#options = options
  }

  get isIdle(): boolean {
    return !this.#isWriting && this.#queue.length === 0
  }

  /** Stores a decision; `decided` is called once, never at once. */
  add(transition: Transition, decided: Decided): void {
    this.#queue.push({ transition, decided })
    this.flush()
  }

  /** Stores what is new, if there is something. */
  flush(): void {
    if (this.#isWriting || this.#isClosed) return
    if (this.#queue.length > 0 || this.#options.state.hasUnwritten) this.writeNow()
  }

  /** Stores the start offset, and what else is new. */
  writeNow(): void {
    if (this.#isWriting || this.#isClosed) return
    this.#isWriting = true
    void this.#write()
  }

  /** Nothing is stored any more: somebody else leads. Those who wait hear `outcome`. */
  close(outcome: WriteOutcome): void {
    this.#isClosed = true
    this.#fail(this.#take(), outcome)
  }

  async #write(): Promise<void> {
    const { state, onWritten } = this.#options
    const queue = this.#take()
    const outcome = await this.#store(queue)
    this.#isWriting = false
    if (outcome.error === ErrorCode.NONE) {
      state.stored(queue.map(({ transition }) => transition))
      onWritten(outcome)
      for (const { decided } of queue) decided(outcome)
    } else {
      this.#fail(queue, outcome)
      onWritten(outcome)
    }
    if (outcome.error === ErrorCode.NONE || this.#queue.length > 0) this.flush()
  }

  async #store(queue: readonly Queued[]): Promise<WriteOutcome> {
    const { persister, groupId, topicId, partition, leaderEpoch, stateEpoch, state } = this.#options
    const { startOffset, stateBatches, deliveryCompleteCount } = state.toWrite(
      queue.map(({ transition }) => transition),
    )
    const written = {
      partition,
      stateEpoch,
      leaderEpoch,
      startOffset,
      deliveryCompleteCount,
      stateBatches: [...stateBatches],
    }
    try {
      const { results } = await persister.writeState({ groupId, topics: [{ topicId, partitions: [written] }] })
      const result = results[0]?.partitions[0]
      return { error: result?.errorCode ?? ErrorCode.UNKNOWN_SERVER_ERROR, message: result?.errorMessage ?? '' }
    } catch (error) {
      return { error: ErrorCode.UNKNOWN_SERVER_ERROR, message: (error as Error).message }
    }
  }

  #take(): Queued[] {
    const queue = this.#queue
    this.#queue = []
    return queue
  }

  #fail(queue: readonly Queued[], outcome: WriteOutcome): void {
    const { state, now } = this.#options
    state.notStored(
      queue.map(({ transition }) => transition),
      now() + RETRY_MS,
    )
    for (const { decided } of queue) decided(outcome)
  }
}
