/**
 * The share coordinator of a broker: the partitions of `__share_group_state` that it leads, and the requests about the share partitions on
 * them.
 */
import {
  ApiError,
  type DeleteShareGroupStateRequest,
  type DeleteShareGroupStateResponse,
  ErrorCode,
  errorOf,
  type InitializeShareGroupStateRequest,
  type InitializeShareGroupStateResponse,
  partitionForGroup,
  type ReadShareGroupStateRequest,
  type ReadShareGroupStateResponse,
  type ReadShareGroupStateSummaryRequest,
  type ReadShareGroupStateSummaryResponse,
  type WriteShareGroupStateRequest,
  type WriteShareGroupStateResponse,
} from '@ottla/protocol'
import type { LoadOutcome, ShardCounts } from '@ottla/runtime'
import { coordinatorErrorCode } from '../group/coordinator-error.ts'
import { type LedLog, LedPartitions } from '../led-partitions.ts'
import type { TopicLookup } from '../ports.ts'
import type { SharePersister } from './share-persister.ts'
import { coordinatorKey, type SharePartitionKey, UNDECIDED_OFFSET, UNKNOWN_COUNT } from './share-state.ts'
import type { ShareStateConfig } from './share-state-config.ts'
import { type ShareStateEnv, ShareStatePartition } from './share-state-partition.ts'
import * as decide from './share-state-requests.ts'
import type { ShareStateDecision } from './share-state-shard.ts'

export interface ShareStateCoordinatorOptions {
  readonly env: ShareStateEnv
  /** Asked whenever a setting is needed, as settings may change. */
  readonly config: () => ShareStateConfig
  /** The newest image's topics. */
  readonly topics: () => TopicLookup
}

/** One share partition of a request. */
interface Item<P> {
  readonly key: SharePartitionKey
  readonly asked: P
}

interface ShareRequest<P> {
  readonly groupId: string
  readonly topics: readonly { readonly topicId: string; readonly partitions: readonly P[] }[]
}

/** So many share partitions go into one batch. */
const ITEMS_PER_DECISION = 50

/** Answers for the share partitions of this broker, with the semantics of {@link SharePersister}; others get NOT_COORDINATOR. */
export class ShareStateCoordinator implements SharePersister {
  readonly #options: ShareStateCoordinatorOptions
  readonly #partitions = new LedPartitions<ShareStatePartition>()

  constructor(options: ShareStateCoordinatorOptions) {
    this.#options = options
  }

  /** The partition of `__share_group_state` that a share partition belongs to. */
  partitionFor(key: SharePartitionKey): number {
    return partitionForGroup(coordinatorKey(key), this.#options.config().stateTopicPartitions)
  }

  /**
   * This broker became leader of a partition of `__share_group_state`: loads it and serves its share partitions. Until then clients are answered
   * COORDINATOR_LOAD_IN_PROGRESS. Resolves with 'stale' when a newer epoch is known, 'overtaken' when one came while loading. Rejects
   * with what reading threw.
   */
  load(partition: number, epoch: number, { batches, writer }: LedLog): Promise<LoadOutcome> {
    const { env, config } = this.#options
    return this.#partitions.load(partition, epoch, (signal) =>
      ShareStatePartition.open({ partition, epoch, env, config, writer, batches, signal }),
    )
  }

  /** Another broker leads the partition since `epoch`. Who waits is answered NOT_COORDINATOR. */
  unload(partition: number, epoch: number): void {
    this.#partitions.unload(partition, epoch)
  }

  /** The partition is no more: `__share_group_state` was deleted. */
  forget(partition: number): void {
    this.#partitions.forget(partition)
  }

  /** All of the partition's log below `offset` will stay. Calls of another epoch than the served one are ignored. */
  committed(partition: number, epoch: number, offset: number): void {
    this.#partitions.committed(partition, epoch, offset)
  }

  /** A write to the partition's log failed, and the log now ends at `logEndOffset`. */
  failed(partition: number, epoch: number, failure: { error: Error; logEndOffset: number }): void {
    this.#partitions.failed(partition, epoch, failure)
  }

  /** Topics were deleted: the state of those that the newest image no longer has goes too, as far as it can be written. */
  async topicsDeleted(): Promise<void> {
    const isGone = (topicId: string): boolean => this.#options.topics().nameOf(topicId) === undefined
    for (const served of [...this.#partitions.all()]) {
      try {
        while (!(await served.submit<boolean>((asked) => decide.dropTopics(asked, isGone))));
      } catch (error) {
        if (!(error instanceof ApiError)) throw error
        this.#options.env.log.warn('share state of a deleted topic stays', { partition: served.partition, error })
      }
    }
  }

  /** Partitions of the topic that this broker leads, by state. */
  partitionCounts(): ShardCounts {
    return this.#partitions.counts()
  }

  /** Ends all service. Who waits, and who comes later, is answered COORDINATOR_NOT_AVAILABLE. */
  close(): void {
    this.#partitions.close()
  }

  get isClosed(): boolean {
    return this.#partitions.isClosed
  }

  /** The partition in service that holds the state, for tests and diagnostics. */
  inspect(key: SharePartitionKey): ShareStatePartition | undefined {
    const found = this.#partitions.find(this.partitionFor(key))
    return 'partition' in found ? found.partition : undefined
  }

  /** For metrics. */
  counts(): { readonly partitions: number; readonly sharePartitions: number } {
    let [partitions, sharePartitions] = [0, 0]
    for (const { shard } of this.#partitions.all()) {
      partitions += 1
      sharePartitions += shard.states.size
    }
    return { partitions, sharePartitions }
  }

  async initializeState(request: InitializeShareGroupStateRequest): Promise<InitializeShareGroupStateResponse> {
    const outcomes = await this.#carryOut(request, {
      check: ({ key, asked }) =>
        asked.startOffset < UNDECIDED_OFFSET ? negativeOffset(asked.startOffset) : this.#checkTopic(key),
      decide: (asked, items) =>
        decide.initialize(
          asked,
          items.map(({ key, asked: { stateEpoch, startOffset } }) => ({ key, stateEpoch, startOffset })),
        ),
    })
    return answer(request, (partition) => errorResult(partition, outcomes))
  }

  async readState(request: ReadShareGroupStateRequest): Promise<ReadShareGroupStateResponse> {
    const outcomes = await this.#carryOut(request, {
      check: ({ key }) => this.#checkTopic(key),
      decide: (asked, items) =>
        decide.read(
          asked,
          items.map(({ key, asked: { leaderEpoch } }) => ({ key, leaderEpoch })),
        ),
    })
    return answer(request, (partition) => {
      const state = stateIn(outcomes.get(partition))
      return {
        ...errorResult(partition, outcomes),
        stateEpoch: state?.stateEpoch ?? 0,
        startOffset: state?.startOffset ?? 0,
        stateBatches: state === undefined ? [] : [...state.batches],
      }
    })
  }

  async writeState(request: WriteShareGroupStateRequest): Promise<WriteShareGroupStateResponse> {
    const outcomes = await this.#carryOut(request, {
      check: ({ key, asked }) =>
        asked.startOffset < UNDECIDED_OFFSET ? negativeOffset(asked.startOffset) : this.#checkTopic(key),
      decide: (asked, items) =>
        decide.write(
          asked,
          items.map(({ key, asked: { partition: _, stateBatches, ...rest } }) => ({
            key,
            ...rest,
            batches: stateBatches,
          })),
        ),
    })
    return answer(request, (partition) => errorResult(partition, outcomes))
  }

  async deleteState(request: DeleteShareGroupStateRequest): Promise<DeleteShareGroupStateResponse> {
    const outcomes = await this.#carryOut(request, {
      check: () => undefined,
      decide: (asked, items) => decide.remove(asked, items),
    })
    return answer(request, (partition) => errorResult(partition, outcomes))
  }

  async readStateSummary(request: ReadShareGroupStateSummaryRequest): Promise<ReadShareGroupStateSummaryResponse> {
    const outcomes = await this.#carryOut(request, {
      check: ({ key }) => this.#checkTopic(key),
      decide: (asked, items) => decide.summarize(asked, items),
    })
    return answer(request, (partition) => {
      const error = errorResult(partition, outcomes)
      if (error.errorCode !== ErrorCode.NONE) return { ...NO_SUMMARY, ...error }
      return { ...NO_SUMMARY, startOffset: UNDECIDED_OFFSET, ...summaryIn(outcomes.get(partition)), ...error }
    })
  }

  /** One outcome for each share partition that is asked about. As in Kafka a request without a group is answered with nothing. */
  async #carryOut<P extends { readonly partition: number }>(
    { groupId, topics }: ShareRequest<P>,
    handling: Handling<P>,
  ): Promise<Outcomes<P>> {
    if (groupId === '') return new Map()
    const wanted: Item<P>[] = []
    const refused: [P, decide.Outcome][] = []
    for (const { topicId, partitions } of topics)
      for (const asked of partitions) {
        const item = { key: { groupId, topicId, partition: asked.partition }, asked }
        const refusal = refusalOf(item, handling)
        if (refusal === undefined) wanted.push(item)
        else refused.push([asked, refusal])
      }
    // What leaders ask all the time is about one, and needs no collections.
    if (wanted.length === 1 && refused.length === 0) {
      const [outcome] = await this.#submit(this.partitionFor(wanted[0]!.key), wanted, handling)
      return { get: () => outcome }
    }
    const outcomes = new Map(refused)
    await Promise.all(
      this.#chunksOf(wanted).map(async ({ place, items }) => {
        const decided = await this.#submit(place, items, handling)
        for (const [index, { asked }] of items.entries()) outcomes.set(asked, decided[index]!)
      }),
    )
    return outcomes
  }

  /** The outcomes of items of one partition, in order. */
  async #submit<P>(
    place: number,
    items: readonly Item<P>[],
    { decide }: Handling<P>,
  ): Promise<readonly decide.Outcome[]> {
    const found = this.#partitions.find(place)
    if ('errorCode' in found) return items.map(() => errorOutcome(found.errorCode))
    try {
      return await found.partition.submit<decide.Outcome[]>((asked) => decide(asked, items))
    } catch (error) {
      const code = coordinatorErrorCode(error, ErrorCode.UNKNOWN_SERVER_ERROR)
      return items.map(() => errorOutcome(code))
    }
  }

  /** What is decided together. A share partition that is named twice is decided about twice, one after the other. */
  #chunksOf<P>(items: readonly Item<P>[]): readonly Chunk<P>[] {
    const chunks: Chunk<P>[] = []
    const newest = new Map<number, Chunk<P>>()
    for (const item of items) {
      const [place, name] = [this.partitionFor(item.key), coordinatorKey(item.key)]
      let chunk = newest.get(place)
      if (chunk === undefined || chunk.items.length >= ITEMS_PER_DECISION || chunk.names.has(name)) {
        chunk = { place, names: new Set(), items: [] }
        newest.set(place, chunk)
        chunks.push(chunk)
      }
      chunk.names.add(name)
      chunk.items.push(item)
    }
    return chunks
  }

  #checkTopic({ topicId, partition }: SharePartitionKey): decide.Outcome | undefined {
    const topics = this.#options.topics()
    const name = topics.nameOf(topicId)
    return name !== undefined && topics.hasPartition(name, partition)
      ? undefined
      : errorOutcome(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
  }
}

interface Handling<P> {
  /** Why the item is refused before anything is decided. */
  readonly check: (item: Item<P>) => decide.Outcome | undefined
  readonly decide: (asked: decide.Asked, items: readonly Item<P>[]) => ShareStateDecision
}

/** What became of each that was asked about. */
type Outcomes<P> = Pick<ReadonlyMap<P, decide.Outcome>, 'get'>

/** Items of one partition of `__share_group_state`. */
interface Chunk<P> {
  readonly place: number
  readonly names: Set<string>
  readonly items: Item<P>[]
}

function refusalOf<P extends { readonly partition: number }>(
  item: Item<P>,
  { check }: Handling<P>,
): decide.Outcome | undefined {
  return item.asked.partition < 0
    ? errorOutcome(ErrorCode.INVALID_REQUEST, 'The partition id cannot be a negative number.')
    : check(item)
}

function answer<P, R>(
  { groupId, topics }: ShareRequest<P>,
  resultOf: (asked: P) => R,
): { results: { topicId: string; partitions: R[] }[] } {
  if (groupId === '') return { results: [] }
  return { results: topics.map(({ topicId, partitions }) => ({ topicId, partitions: partitions.map(resultOf) })) }
}

interface ErrorResult {
  readonly partition: number
  readonly errorCode: number
  readonly errorMessage: string | null
}

function errorResult<P extends { readonly partition: number }>(asked: P, outcomes: Outcomes<P>): ErrorResult {
  const outcome = outcomes.get(asked)
  const errorMessage = outcome !== undefined && 'errorMessage' in outcome ? outcome.errorMessage : null
  return { partition: asked.partition, errorCode: outcome?.errorCode ?? ErrorCode.UNKNOWN_SERVER_ERROR, errorMessage }
}

const NO_SUMMARY = { stateEpoch: 0, leaderEpoch: 0, startOffset: 0, deliveryCompleteCount: UNKNOWN_COUNT }

function summaryIn(outcome: decide.Outcome | undefined): Partial<typeof NO_SUMMARY> {
  const state = stateIn(outcome)
  if (state === undefined) return {}
  const { stateEpoch, leaderEpoch, startOffset, deliveryCompleteCount } = state
  return { stateEpoch, leaderEpoch, startOffset, deliveryCompleteCount }
}

function stateIn(outcome: decide.Outcome | undefined) {
  return outcome !== undefined && 'state' in outcome ? outcome.state : undefined
}

function errorOutcome(errorCode: number, errorMessage: string = errorOf(errorCode).message): decide.Outcome {
  return { errorCode, errorMessage }
}

function negativeOffset(offset: number): decide.Outcome {
  return errorOutcome(ErrorCode.INVALID_REQUEST, `Start offset ${offset} is negative.`)
}
