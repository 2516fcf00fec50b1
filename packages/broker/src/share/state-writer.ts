/**
 * Stores what changes in one share partition: what members decide in one turn of the event loop is one write, and one write is under way at a time, so
 * that none overtakes another; what comes meanwhile is the next one.
 */
import type { SharePersister } from '@ottla/coordinator'
import { ErrorCode } from '@ottla/protocol'
import type { Transition } from './partition/run.ts'
import type { SharePartition, StateToWrite } from './partition/share-partition.ts'

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
  /** Calls back at the end of the turn. */
  readonly defer: (fn: () => void) => void
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
  #isDeferred = false
  #isClosed = false

  constructor(options: StateWriterOptions) {
    this.#options = options
  }

  get isIdle(): boolean {
    return !this.#isWriting && this.#queue.length === 0
  }

  /** Stores a decision, with the others of this turn; `decided` is called once, never at once. */
  add(transition: Transition, decided: Decided): void {
    this.#queue.push({ transition, decided })
    if (this.#isWriting || this.#isDeferred) return
    this.#isDeferred = true
    this.#options.defer(this.#flushDeferred)
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

  readonly #flushDeferred = (): void => {
    this.#isDeferred = false
    this.flush()
  }

  async #write(): Promise<void> {
    const { state, onWritten } = this.#options
    const queue = this.#take()
    const transitions = queue.map(({ transition }) => transition)
    const outcome = await this.#store(state.toWrite(transitions))
    this.#isWriting = false
    if (outcome.error === ErrorCode.NONE) {
      state.stored(transitions)
      onWritten(outcome)
      for (const { decided } of queue) decided(outcome)
    } else {
      this.#fail(queue, outcome)
      onWritten(outcome)
    }
    if (outcome.error === ErrorCode.NONE || this.#queue.length > 0) this.flush()
  }

  async #store({ startOffset, stateBatches, deliveryCompleteCount }: StateToWrite): Promise<WriteOutcome> {
    const { persister, groupId, topicId, partition, leaderEpoch, stateEpoch } = this.#options
    const written = { partition, stateEpoch, leaderEpoch, startOffset, deliveryCompleteCount, stateBatches }
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
