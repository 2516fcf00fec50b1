/** Reads records: of partitions that are assigned by hand, or as a member of a group. */
import type { CallOptions, Cluster } from '../cluster/cluster.ts'
import type { ConnectionPool } from '../connection/connection-pool.ts'
import { ArgumentError, ClosedError, isRetriable } from '../errors.ts'
import type { ConsumerGroupMetadata, OffsetToCommit } from '../producer/transaction/transaction.ts'
import { Deadline } from '../time/deadline.ts'
import { abortable, delay } from '../time/delay.ts'
import { partitionKey, type TopicPartition } from '../topic-partition.ts'
import { type ConsumerOptions, type ResolvedConsumerOptions, resolveConsumerOptions } from './consumer-options.ts'
import type { ConsumerRecord } from './consumer-record.ts'
import { Fetcher } from './fetcher.ts'
import { type CommittedOffset, fetchCommitted, NO_MEMBER, type OffsetAndMetadata } from './group-offsets.ts'
import { handOut } from './hand-out.ts'
import type { Membership, MembershipOptions } from './membership/membership.ts'
import { newMembership } from './membership/new-membership.ts'
import { OffsetCommitter } from './offset-committer.ts'
import { PartitionState, type StartPoint } from './partition-state.ts'
import { PositionLoader } from './position-loader.ts'
import { Quiet } from './quiet.ts'
import type { RecordSource } from './runner/record-source.ts'
import { recordStream } from './runner/record-stream.ts'
import { type ConsumerRunOptions, type RecordHandler, resolveRunOptions } from './runner/run-options.ts'
import { Runner } from './runner/runner.ts'
import { Subscription } from './subscription.ts'
import { Wakeup } from './wakeup.ts'

export interface PollOptions {
  /** How long to wait for records. Default 0: what is there. */
  readonly timeoutMs?: number
  /** Default: maxPollRecords of the consumer. */
  readonly maxRecords?: number
  readonly signal?: AbortSignal
}

export interface AssignedPartition extends TopicPartition {
  /** Where to begin. Default: the committed offset of the group, else what autoOffsetReset says. */
  readonly from?: number | 'earliest' | 'latest'
}

/** A waiting `poll` looks so often whether something is due: topics to look for, a commit. */
const LOOK_INTERVAL_MS = 500

/** What a partition still holds for this consumer. */
export interface PartitionLag extends TopicPartition {
  readonly position: number | null
  /** End of what can be read; -1 before the first fetch. */
  readonly endOffset: number
  readonly lag: number
}

/**
 *     const consumer = kafka.consumer({ groupId: 'billing', value: jsonCodec<Order>() })
 *     await consumer.subscribe(['orders'])
 *     for await (const record of consumer) await bill(record.value)
 *
 * The iteration counts a record as done when the next one is asked for; `poll` counts what it gave as done with its next call.
 * Use one of the two.
 */
export class Consumer<K = Buffer, V = Buffer> implements AsyncDisposable, AsyncIterable<ConsumerRecord<K, V>> {
  readonly #cluster: Cluster
  readonly #options: ResolvedConsumerOptions
  readonly #fetchLane: ConnectionPool
  readonly #groupLane: ConnectionPool
  readonly #partitions = new Map<string, PartitionState>()
  readonly #fetcher: Fetcher
  readonly #positions: PositionLoader
  readonly #wakeup: Wakeup
  readonly #committer: OffsetCommitter
  readonly #membership: Membership | null
  readonly #unsubscribe: () => void
  #subscription: Subscription | null = null
  #failure: Error | null = null
  /** The group is being joined. */
  #joining: Promise<void> | null = null
  readonly #quiet = new Quiet()
  /** Positions are being looked up. */
  #locating: Promise<void> | null = null
  /** Records are taken by `poll`, not by the iteration. */
  #isPolledByHand = false
  /** What `stream` and `run` take records from. */
  readonly #source: RecordSource<K, V>
  #runner: Runner<K, V> | null = null
  #running: Promise<void> | null = null
  #isWoken = false
  #closing: Promise<void> | null = null
  readonly #closed = new AbortController()

  /** Use `kafka.consumer()`. @internal */
  constructor(cluster: Cluster, options: ConsumerOptions<K, V>) {
    this.#cluster = cluster
    this.#options = resolveConsumerOptions(options)
    this.#fetchLane = cluster.openLane()
    this.#groupLane = cluster.openLane()
    this.#wakeup = new Wakeup(cluster.env)
    this.#positions = new PositionLoader(cluster, this.#options)
    this.#fetcher = new Fetcher({
      cluster,
      lane: this.#fetchLane,
      options: this.#options,
      partitions: this.#partitions,
      onProgress: () => this.#wakeup.wake(),
      onError: (error) => this.#fail(error),
    })
    const { groupId } = this.#options
    this.#membership = groupId === null ? null : newMembership(this.#membershipParts(groupId))
    this.#committer = new OffsetCommitter({
      cluster,
      options: this.#options,
      partitions: this.#partitions,
      identity: () => (this.#subscription === null ? null : (this.#membership?.identity ?? null)),
    })
    this.#unsubscribe = cluster.metadata.onChange(() => {
      if (this.#partitions.size > 0) this.#fetcher.wake()
    })
    this.#source = this.#recordSource()
    cluster.roles.add(this)
  }

  /** Joins the group for these topics (or for all whose whole name matches) with the next `poll`. Throws ArgumentError. */
  subscribe(topics: readonly string[] | RegExp): void {
    this.#checkOpen()
    if (this.#membership === null) throw new ArgumentError('subscribe needs a groupId; use assign without one')
    if (this.#subscription === null && this.#partitions.size > 0) this.#partitions.clear()
    this.#subscription = new Subscription(this.#cluster, {
      topics,
      allowAutoCreate: this.#options.allowAutoCreateTopics,
    })
    this.#membership.requestRejoin()
  }

  /** Reads exactly these partitions, without the group's doing. One that was assigned before and says no `from` goes on where it stands. */
  assign(partitions: readonly AssignedPartition[]): void {
    this.#checkOpen()
    if (this.#subscription !== null)
      throw new ArgumentError('this consumer is subscribed; assign is for one that is not')
    const before = new Map(this.#partitions)
    this.#partitions.clear()
    for (const { from, ...partition } of partitions) {
      const known = before.get(partitionKey(partition.topic, partition.partition))
      if (known !== undefined && from === undefined) {
        this.#partitions.set(known.key, known)
        continue
      }
      const state = new PartitionState(partition, typeof from === 'string' ? from : this.#defaultStart())
      if (typeof from === 'number') state.seek(from)
      this.#partitions.set(state.key, state)
    }
    this.#wakeup.wake()
  }

  /** Partitions of a topic; none when it is not there. Lets brokers create it, if allowAutoCreateTopics says so. */
  async partitionsFor(topic: string, options: CallOptions = {}): Promise<TopicPartition[]> {
    const { metadata } = this.#cluster
    const allowAutoCreate = this.#options.allowAutoCreateTopics
    await metadata.load([topic], { ...this.#cluster.context(options), allowAutoCreate })
    return (metadata.topic(topic)?.partitions ?? []).map(({ partition }) => ({ topic, partition }))
  }

  /** Names of all topics that this client may see, without internal ones. */
  async listTopics(options: CallOptions = {}): Promise<string[]> {
    const answer = await this.#cluster.metadata.load(null, this.#cluster.context(options))
    return answer.topics.filter(({ isInternal }) => !isInternal).map(({ name }) => name ?? '')
  }

  /** The partitions that are read now. */
  get assignment(): TopicPartition[] {
    return [...this.#partitions.values()].map(({ topic, partition }) => ({ topic, partition }))
  }

  /** The next records, at most maxPollRecords; none when there were none in time. Moves partitions when the group wants that. */
  async poll(options: PollOptions = {}): Promise<ConsumerRecord<K, V>[]> {
    this.#checkOpen()
    this.#countAsDone()
    this.#isPolledByHand = true
    return await this.#poll(options)
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<ConsumerRecord<K, V>, void, undefined> {
    yield* this.stream()
  }

  /** Records without end, until `signal` aborts (then the iteration ends) or the consumer is closed. */
  async *stream(
    options: { readonly signal?: AbortSignal } = {},
  ): AsyncGenerator<ConsumerRecord<K, V>, void, undefined> {
    this.#isPolledByHand = false
    yield* recordStream(this.#source, options.signal)
  }

  /**
   * Calls the handler for each record until `signal` aborts or the consumer is closed: several at once, in order per partition or key. With autoCommit
   * it commits up to the first record that is not done. Rejects with what the handler threw, unless `onFailed` says otherwise.
   */
  async run(handler: RecordHandler<K, V>, options: ConsumerRunOptions<K, V> = {}): Promise<void> {
    this.#checkOpen()
    if (this.#runner !== null) throw new ArgumentError('the consumer runs already')
    this.#isPolledByHand = false
    const runner = new Runner(this.#cluster.env, this.#source, { handler, options: resolveRunOptions(options) })
    this.#runner = runner
    this.#running = runner.run().finally(() => {
      this.#runner = null
    })
    return this.#running
  }

  /** Goes on at `offset`. Throws ArgumentError when the partition is not assigned. */
  seek(partition: TopicPartition, offset: number): void {
    if (!Number.isSafeInteger(offset) || offset < 0) throw new ArgumentError(`${offset} is no offset`)
    this.#state(partition).seek(offset)
    this.#fetcher.wake()
  }

  /** Goes on at the first or after the last record. */
  seekTo(partition: TopicPartition, where: 'earliest' | 'latest' | 'committed'): void {
    this.#state(partition).seekTo(where)
    this.#wakeup.wake()
  }

  /** Hands out nothing of these partitions until {@link resume}; what is buffered stays. */
  pause(partitions: readonly TopicPartition[] = this.assignment): void {
    for (const partition of partitions) this.#state(partition).isPaused = true
  }

  resume(partitions: readonly TopicPartition[] = this.assignment): void {
    for (const partition of partitions) this.#state(partition).isPaused = false
    this.#wakeup.wake()
    this.#fetcher.wake()
  }

  /** Offset of the next record that will be handed out; looked up when it is not known yet. */
  async position(partition: TopicPartition, options: CallOptions = {}): Promise<number> {
    const state = this.#state(partition)
    const context = this.#cluster.context(options)
    while (state.position === null) await this.#positions.load([state], context)
    return state.position
  }

  /** How far behind the end this consumer is, as the last fetches told. */
  lag(): PartitionLag[] {
    return [...this.#partitions.values()].map((state) => {
      const { topic, partition, position } = state
      const endOffset = this.#options.isReadCommitted ? state.lastStableOffset : state.highWatermark
      return { topic, partition, position, endOffset, lag: position === null ? 0 : Math.max(0, endOffset - position) }
    })
  }

  /** Offsets that the group has committed; partitions without one are left out. */
  async committed(
    partitions: readonly TopicPartition[] = this.assignment,
    options: CallOptions = {},
  ): Promise<CommittedOffset[]> {
    const group = this.#group()
    const found = await fetchCommitted(this.#cluster, { group, partitions }, this.#cluster.context(options))
    return [...found.values()]
  }

  /** Commits the given offsets, or what is done so far: all that `poll` gave, all that the iteration has passed by. */
  async commit(offsets?: readonly (TopicPartition & OffsetAndMetadata)[], options: CallOptions = {}): Promise<void> {
    this.#group()
    await this.#committer.commit(offsets ?? this.#handedOut(), this.#cluster.context(options))
  }

  /** Commits (with autoCommit), leaves the group, closes the connections. */
  close(options: CallOptions = {}): Promise<void> {
    this.#closing ??= this.#close(options)
    return this.#closing
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  async #poll({ timeoutMs = 0, maxRecords, signal }: PollOptions): Promise<ConsumerRecord<K, V>[]> {
    const deadline = new Deadline(this.#cluster.env.clock, timeoutMs)
    const limit = Math.min(maxRecords ?? Number.POSITIVE_INFINITY, this.#options.maxPollRecords)
    for (;;) {
      this.#checkOpen()
      signal?.throwIfAborted()
      this.#throwFailure()
      this.#membership?.polled()
      this.#committer.commitIfDue()
      this.#settleMembership()
      this.#findPositions()
      this.#quiet.grant()
      const records = this.#handsOut ? this.#take(limit) : []
      if (records.length > 0) return records
      this.#throwFailure()
      this.#fetcher.wake()
      if (deadline.isOver || this.#isWoken) return []
      await abortable(this.#wakeup.wait(Math.min(deadline.remainingMs, LOOK_INTERVAL_MS)), signal)
    }
  }

  #recordSource(): RecordSource<K, V> {
    const consumer = this
    return {
      take: async ({ limit, timeoutMs, signal }) => {
        this.#isWoken = false
        const records = await this.#poll({ timeoutMs, maxRecords: limit, ...(signal === undefined ? {} : { signal }) })
        return records.flatMap((record) => {
          const state = this.#partitions.get(partitionKey(record.topic, record.partition))
          return state === undefined ? [] : [{ record, state, seeks: state.seeks }]
        })
      },
      wake: () => {
        this.#isWoken = true
        this.#wakeup.wake()
      },
      isCurrent: ({ state, seeks }) => this.#partitions.get(state.key) === state && state.seeks === seeks,
      get isClosed() {
        return consumer.#closing !== null
      },
      commit: () => this.#committer.commitBeforeLeaving(),
    }
  }

  /** Nothing is handed out while partitions may change hands. */
  get #handsOut(): boolean {
    return this.#joining === null || (this.#membership?.keepsPartitions === true && !this.#quiet.isGranted)
  }

  /** Joins, or joins again, when that is due. */
  #settleMembership(): void {
    const subscription = this.#subscription
    const membership = this.#membership
    if (subscription === null || membership === null || this.#joining !== null) return
    membership.watchTopics()
    if (membership.isStable && !subscription.isDue) return
    const context = { ...this.#cluster.context({}), signal: this.#closed.signal }
    this.#joining = this.#inBackground(async () => {
      if (await subscription.refresh(context)) membership.requestRejoin()
      await membership.ensureJoined()
    }).finally(() => {
      this.#joining = null
      this.#quiet.over()
      this.#wakeup.wake()
    })
  }

  /** Looks up where to begin, for partitions that do not know it. The others go on meanwhile. */
  #findPositions(): void {
    if (this.#locating !== null) return
    const missing = [...this.#partitions.values()].filter(({ position }) => position === null)
    if (missing.length === 0) return
    const context = { ...this.#cluster.context({}), signal: this.#closed.signal }
    this.#locating = this.#inBackground(() => this.#positions.load(missing, context)).finally(() => {
      this.#locating = null
      this.#fetcher.wake()
      this.#wakeup.wake()
    })
  }

  /** A failure that passes is only logged: the next look tries again. Another one is thrown by the next `poll`. */
  async #inBackground(work: () => Promise<void>): Promise<void> {
    try {
      await work()
    } catch (error) {
      if (this.#closing !== null) return
      if (!isRetriable(error)) {
        this.#fail(error as Error)
        return
      }
      const { env, options } = this.#cluster
      env.logger.warn('the consumer goes on trying', { group: this.#options.groupId, error })
      await delay(env, options.retryBackoff.maxMs, this.#closed.signal).catch(() => {})
    }
  }

  #take(limit: number): ConsumerRecord<K, V>[] {
    const records = handOut(this.#partitions, limit)
    if (records.length > 0) this.#fetcher.wake()
    return records as ConsumerRecord<K, V>[]
  }

  #membershipParts(group: string): MembershipOptions {
    const { rebalanceListener } = this.#options
    return {
      cluster: this.#cluster,
      lane: this.#groupLane,
      group,
      options: this.#options,
      topics: () => this.#subscription?.topics ?? [],
      owned: () => this.assignment,
      quiet: () => this.#quiet.asked(() => this.#wakeup.wake()),
      onRejoinNeeded: () => this.#wakeup.wake(),
      onRevoke: async (revoked) => {
        if (revoked.length === 0) return
        await this.#runner?.giveAway(revoked)
        await rebalanceListener.onRevoked?.(revoked)
        await this.#committer.commitBeforeLeaving()
        for (const { topic, partition } of revoked) this.#partitions.delete(partitionKey(topic, partition))
      },
      onLost: async () => {
        const lost = this.assignment
        await this.#runner?.giveAway(lost)
        this.#partitions.clear()
        if (lost.length > 0)
          await (rebalanceListener.onLost ?? rebalanceListener.onRevoked)?.call(rebalanceListener, lost)
      },
      onAssigned: async (partitions) => {
        const added = partitions.filter(({ topic, partition }) => !this.#partitions.has(partitionKey(topic, partition)))
        for (const partition of added) {
          const state = new PartitionState(partition, 'committed')
          this.#partitions.set(state.key, state)
        }
        await rebalanceListener.onAssigned?.(added)
      },
    }
  }

  /** Under which this consumer's offsets are committed by a transaction. Throws ArgumentError without a groupId. */
  groupMetadata(): ConsumerGroupMetadata {
    const groupId = this.#group()
    const identity = this.#subscription === null ? NO_MEMBER : (this.#membership?.identity ?? NO_MEMBER)
    const { generation: generationId, memberId, groupInstanceId } = identity
    return { groupId, generationId, memberId, groupInstanceId }
  }

  /** Where each assigned partition goes on after all that was handed out, the record in hand included. */
  positions(): OffsetToCommit[] {
    return [...this.#partitions.values()].flatMap(({ topic, partition, inHand, consumed, position, consumedEpoch }) => {
      const offset = this.#isPolledByHand ? position : (inHand ?? consumed ?? position)
      return offset === null ? [] : [{ topic, partition, offset, leaderEpoch: consumedEpoch }]
    })
  }

  /** What was handed out is done: where reading goes on is where a commit stands. */
  #countAsDone(): void {
    for (const state of this.#partitions.values()) if (state.position !== null) state.consumed = state.position
  }

  #handedOut(): (TopicPartition & OffsetAndMetadata)[] {
    return [...this.#partitions.values()].flatMap(({ topic, partition, consumed, position, consumedEpoch }) => {
      const offset = consumed ?? position
      return offset === null ? [] : [{ topic, partition, offset, leaderEpoch: consumedEpoch }]
    })
  }

  #defaultStart(): StartPoint {
    return this.#options.groupId === null ? 'reset' : 'committed'
  }

  #state(partition: TopicPartition): PartitionState {
    const state = this.#partitions.get(partitionKey(partition.topic, partition.partition))
    if (state !== undefined) return state
    throw new ArgumentError(`${partition.topic}-${partition.partition} is not assigned to this consumer`, partition)
  }

  #group(): string {
    const { groupId } = this.#options
    if (groupId === null) throw new ArgumentError('committed offsets need a groupId')
    return groupId
  }

  #fail(error: Error): void {
    this.#failure ??= error
    this.#wakeup.wake()
  }

  #throwFailure(): void {
    const failure = this.#failure
    if (failure === null) return
    this.#failure = null
    throw failure
  }

  #checkOpen(): void {
    if (this.#closing !== null) throw new ClosedError('the consumer')
  }

  async #close(options: CallOptions): Promise<void> {
    this.#cluster.roles.delete(this)
    const context = this.#cluster.context({ timeoutMs: 30_000, ...options })
    try {
      this.#wakeup.wake()
      await this.#running?.catch(() => {})
      if (this.#isPolledByHand && this.#joining === null) this.#countAsDone()
      if (this.#options.groupId !== null) {
        await this.#committer.commitBeforeLeaving(context)
        await this.#membership?.leave(context)
      }
    } catch (error) {
      this.#cluster.env.logger.warn('the consumer could not leave its group in order', { error })
    } finally {
      this.#unsubscribe()
      this.#fetcher.close()
      this.#closed.abort(new ClosedError('the consumer'))
      this.#cluster.closeLane(this.#fetchLane)
      this.#cluster.closeLane(this.#groupLane)
      this.#wakeup.wake()
    }
  }
}
