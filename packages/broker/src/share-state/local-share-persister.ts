/**
 * The share persister of a broker that leads all of `__share_group_state` itself: asks its own share coordinator, makes the topic when it is
 * missing, and asks again while the coordinator loads or moves.
 */
import type { SharePersister, ShareStateCoordinator } from '@ottla/coordinator'
import type { Timers } from '@ottla/env'
import {
  type DeleteShareGroupStateRequest,
  type DeleteShareGroupStateResponse,
  ErrorCode,
  type InitializeShareGroupStateRequest,
  type InitializeShareGroupStateResponse,
  type ReadShareGroupStateRequest,
  type ReadShareGroupStateResponse,
  type ReadShareGroupStateSummaryRequest,
  type ReadShareGroupStateSummaryResponse,
  type WriteShareGroupStateRequest,
  type WriteShareGroupStateResponse,
} from '@ottla/protocol'

export interface LocalSharePersisterOptions {
  readonly coordinator: ShareStateCoordinator
  readonly timers: Timers
  readonly hasStateTopic: () => boolean
  /** Resolves when the topic was made, or could not be. */
  readonly createStateTopic: () => Promise<void>
}

/** Wait before each further attempt. All in all a few seconds, in which a large log is loaded. */
const BACKOFF_MS = [20, 50, 100, 200, 500, 1_000, 1_000, 1_000]

const RETRIABLE: ReadonlySet<number> = new Set([
  ErrorCode.COORDINATOR_LOAD_IN_PROGRESS,
  ErrorCode.COORDINATOR_NOT_AVAILABLE,
  ErrorCode.NOT_COORDINATOR,
])

interface Topic<P> {
  readonly topicId: string
  readonly partitions: readonly P[]
}

interface Request<P> {
  readonly groupId: string
  readonly topics: readonly Topic<P>[]
}

interface Response<R> {
  readonly results: readonly Topic<R>[]
}

interface Result {
  readonly errorCode: number
}

export class LocalSharePersister implements SharePersister {
  readonly #options: LocalSharePersisterOptions

  constructor(options: LocalSharePersisterOptions) {
    this.#options = options
  }

  initializeState(request: InitializeShareGroupStateRequest): Promise<InitializeShareGroupStateResponse> {
    return this.#insist(request, (request) => this.#options.coordinator.initializeState(request))
  }

  readState(request: ReadShareGroupStateRequest): Promise<ReadShareGroupStateResponse> {
    return this.#insist(request, (request) => this.#options.coordinator.readState(request))
  }

  writeState(request: WriteShareGroupStateRequest): Promise<WriteShareGroupStateResponse> {
    return this.#insist(request, (request) => this.#options.coordinator.writeState(request))
  }

  deleteState(request: DeleteShareGroupStateRequest): Promise<DeleteShareGroupStateResponse> {
    return this.#insist(request, (request) => this.#options.coordinator.deleteState(request))
  }

  readStateSummary(request: ReadShareGroupStateSummaryRequest): Promise<ReadShareGroupStateSummaryResponse> {
    return this.#insist(request, (request) => this.#options.coordinator.readStateSummary(request))
  }

  /** Asks again for what may still come right. All these requests may be carried out twice. */
  async #insist<P, R extends Result>(
    request: Request<P>,
    ask: (request: Request<P>) => Promise<Response<R>>,
  ): Promise<{ results: Topic<R>[] }> {
    const { hasStateTopic, createStateTopic, coordinator, timers } = this.#options
    if (!hasStateTopic()) await createStateTopic()
    let { results } = await ask(request)
    for (const backoffMs of BACKOFF_MS) {
      const open = retriable(request, results)
      if (open === null || coordinator.isClosed) break
      await new Promise<void>((resolve) => {
        timers.after(backoffMs, resolve)
      })
      const again = await ask(open)
      results = merged(results, again.results)
    }
    return { results: [...results] }
  }
}

function isRetriable({ errorCode }: Result): boolean {
  return RETRIABLE.has(errorCode)
}

/** The request for those of the results that are not final; null when all are. */
function retriable<P, R extends Result>(request: Request<P>, results: readonly Topic<R>[]): Request<P> | null {
  if (!results.some(({ partitions }) => partitions.some(isRetriable))) return null
  const topics = results.flatMap(({ topicId, partitions }, at) => {
    const asked = request.topics[at]!.partitions.filter((_, index) => isRetriable(partitions[index]!))
    return asked.length === 0 ? [] : [{ topicId, partitions: asked }]
  })
  return { ...request, topics }
}

/** Puts the newer results, in order, in the places of those that were not final. */
function merged<R extends Result>(results: readonly Topic<R>[], newer: readonly Topic<R>[]): Topic<R>[] {
  const rest = newer.flatMap(({ partitions }) => partitions)
  return results.map(({ topicId, partitions }) => ({
    topicId,
    partitions: partitions.map((result) => (isRetriable(result) ? (rest.shift() ?? result) : result)),
  }))
}
