/** A share persister in memory, whose answers a test can hold back or replace by errors. */
import {
  type DeleteShareGroupStateRequest,
  type DeleteShareGroupStateResponse,
  ErrorCode,
  type InitializeShareGroupStateRequest,
  type InitializeShareGroupStateResponse,
  type ReadShareGroupStateResponse,
  type ReadShareGroupStateSummaryRequest,
  type ReadShareGroupStateSummaryResponse,
  type WriteShareGroupStateResponse,
} from '@ottla/protocol'
import { AssertionError } from '@ottla/stdx'
import type { SharePersister } from '../../../share-state/share-persister.ts'
import { coordinatorKey } from '../../../share-state/share-state.ts'

export interface FakeShareState {
  readonly stateEpoch: number
  readonly leaderEpoch: number
  readonly startOffset: number
  readonly deliveryCompleteCount: number
}

export class FakeSharePersister implements SharePersister {
  readonly states = new Map<string, FakeShareState>()
  /** Answers everything with it; nothing is done. */
  errorCode: number = ErrorCode.NONE
  /** The same for single share partitions, by name. */
  readonly errorCodes = new Map<string, number>()
  isHeld = false
  /** Hears of each request before it is carried out: `initialize g:t-0@1 …`. */
  onRequest: (name: string, keys: readonly string[]) => void = () => {}
  readonly #waiting: (() => void)[] = []

  release(): void {
    this.isHeld = false
    for (const resolve of this.#waiting.splice(0)) resolve()
  }

  async initializeState(request: InitializeShareGroupStateRequest): Promise<InitializeShareGroupStateResponse> {
    return this.#answer('initialize', request, (key, { partition, stateEpoch, startOffset }) => {
      const errorCode = this.#errorOf(key)
      const known = this.states.get(key)
      if (errorCode === ErrorCode.NONE && known !== undefined && known.stateEpoch > stateEpoch)
        return { partition, errorCode: ErrorCode.FENCED_STATE_EPOCH, errorMessage: null }
      const deliveryCompleteCount = startOffset === -1 ? -1 : 0
      const state = { stateEpoch, leaderEpoch: 0, startOffset, deliveryCompleteCount }
      if (errorCode === ErrorCode.NONE) this.states.set(key, state)
      return { partition, errorCode, errorMessage: null }
    })
  }

  async deleteState(request: DeleteShareGroupStateRequest): Promise<DeleteShareGroupStateResponse> {
    return this.#answer('delete', request, (key, { partition }) => {
      const errorCode = this.#errorOf(key)
      if (errorCode === ErrorCode.NONE) this.states.delete(key)
      return { partition, errorCode, errorMessage: null }
    })
  }

  async readStateSummary(request: ReadShareGroupStateSummaryRequest): Promise<ReadShareGroupStateSummaryResponse> {
    return this.#answer('summary', request, (key, { partition }) => {
      const none = { stateEpoch: 0, leaderEpoch: 0, startOffset: -1, deliveryCompleteCount: -1 }
      return { partition, errorCode: this.#errorOf(key), errorMessage: null, ...(this.states.get(key) ?? none) }
    })
  }

  readState(): Promise<ReadShareGroupStateResponse> {
    throw new AssertionError('group coordinators do not read share state')
  }

  writeState(): Promise<WriteShareGroupStateResponse> {
    throw new AssertionError('group coordinators do not write share state')
  }

  #errorOf(key: string): number {
    return this.errorCodes.get(key) ?? this.errorCode
  }

  async #answer<P extends { readonly partition: number }, R>(
    name: string,
    { groupId, topics }: { readonly groupId: string; readonly topics: readonly Topic<P>[] },
    answer: (key: string, asked: P) => R,
  ): Promise<{ results: Topic<R>[] }> {
    const keyOf = (topicId: string, { partition }: P): string => coordinatorKey({ groupId, topicId, partition })
    this.onRequest(
      name,
      topics.flatMap(({ topicId, partitions }) => partitions.map((asked) => keyOf(topicId, asked))),
    )
    if (this.isHeld) await new Promise<void>((resolve) => this.#waiting.push(resolve))
    return {
      results: topics.map(({ topicId, partitions }) => ({
        topicId,
        partitions: partitions.map((asked) => answer(keyOf(topicId, asked), asked)),
      })),
    }
  }
}

interface Topic<P> {
  readonly topicId: string
  readonly partitions: readonly P[]
}
