/** Reads records: of partitions that are assigned by hand, or as a member of a group. */
import type { CallContext, CallOptions, Cluster } from '../cluster/cluster.ts'
import { type FoundOffset, OffsetMark } from '../cluster/list-offsets.ts'
import { ArgumentError } from '../errors.ts'
import type { ConsumerGroupMetadata, OffsetToCommit } from '../producer/transaction/transaction.ts'
import { FailedRecords } from '../retry/failed-records.ts'
import { abortable } from '../time/delay.ts'
import type { TopicPartition } from '../topic-partition.ts'
import { ConsumerEngine, type PollOptions } from './consumer-engine.ts'
import type { ConsumerEvents } from './consumer-events.ts'
import { type ConsumerHealth, healthOf, lagOf, type PartitionLag } from './consumer-health.ts'
import { type ConsumerOptions, resolveConsumerOptions } from './consumer-options.ts'
import type { ConsumerRecord } from './consumer-record.ts'
import { type CommittedOffset, fetchCommitted, NO_MEMBER, type OffsetAndMetadata } from './group-offsets.ts'
import { lookUpOffsets, type PartitionOffset } from './offset-lookup.ts'
import type { PartitionState, StartPoint } from './partition-state.ts'
import { RawSwitch } from './runner/raw-switch.ts'
import type { RecordSource } from './runner/record-source.ts'
import { recordStream } from './runner/record-stream.ts'
import {
  type ConsumerRunOptions,
  type RecordHandler,
  type ResolvedRunOptions,
  resolveRunOptions,
} from './runner/run-options.ts'
import { Runner } from './runner/runner.ts'
import type { SubscriptionInit } from './subscription.ts'

export interface AssignedPartition extends TopicPartition {
  /**
   * Where to begin: an offset (a number), the first or after the last record, the first record that is not older than a time (a Date). Default: the
   * committed offset of the group, else what autoOffsetReset says.
   */
  readonly from?: number | 'earliest' | 'latest' | Date
}

/** A moment to look for: the first record of the partition that is not older. */
export interface TimeQuery extends TopicPartition {
  /** Milliseconds since 1970, or a Date. */
  readonly timestamp: number | Date
}

/**
 * Reads records of topics: as a member of a group, or of partitions that it is given.
 *
 *     const consumer = kafka.consumer({ groupId: 'billing', value: jsonCodec<Order>() })
 *     consumer.subscribe(['orders'])
 *     for await (const record of consumer) await bill(record.value)
 *
 * The iteration counts a record as done when the next one is asked for; `poll` counts what it gave as done with its next call.
 * Use one of the two.
 */
export class Consumer<K = Buffer, V = Buffer> implements AsyncDisposable, AsyncIterable<ConsumerRecord<K, V>> {
  readonly #cluster: Cluster
  readonly #engine: ConsumerEngine
  readonly #rawSwitch: RawSwitch
  #isRunning = false

  /** Use `kafka.consumer()`. @internal */
  constructor(cluster: Cluster, options: ConsumerOptions<K, V>) {
    this.#cluster = cluster
    const resolved = resolveConsumerOptions(options)
    this.#rawSwitch = new RawSwitch(resolved)
    const { key, value } = this.#rawSwitch
    this.#engine = new ConsumerEngine(cluster, { ...resolved, key, value })
    cluster.roles.add(this)
  }

  /**
   * Joins the group with the next `poll`, for these topics; for all whose name an expression matches, with those that come later
   * (`/^orders-/`, looked for every metadataMaxAgeMs, without internal topics; `{ re2: 'orders-.*' }`, matched by the coordinator).
   * Throws ArgumentError. A pattern that the coordinator cannot read rejects `poll` with INVALID_REGULAR_EXPRESSION, one that the group's protocol does
   * not know with UNSUPPORTED_VERSION; another `subscribe` mends that.
   */
  subscribe(topics: SubscriptionInit): void {
    this.#engine.subscribe(topics)
  }

  /** Reads exactly these partitions, without the group's doing. One that was assigned before and says no `from` goes on where it stands. */
  assign(partitions: readonly AssignedPartition[]): void {
    this.#engine.assign(
      partitions.map(({ from, ...partition }) => {
        if (from === undefined) return partition
        return { ...partition, from: from instanceof Date ? { timestamp: millisecondsOf(from) } : from }
      }),
    )
  }

  /** Partitions of a topic; none when it is not there. Lets brokers create it, if allowAutoCreateTopics says so. */
  async partitionsFor(topic: string, options: CallOptions = {}): Promise<TopicPartition[]> {
    const { metadata } = this.#cluster
    const allowAutoCreate = this.#engine.options.allowAutoCreateTopics
    await metadata.load([topic], { ...this.#cluster.context(options), allowAutoCreate })
    return (metadata.topic(topic)?.partitions ?? []).map(({ partition }) => ({ topic, partition }))
  }

  /** Names of all topics that this client may see, without internal ones. */
  async listTopics(options: CallOptions = {}): Promise<string[]> {
    const answer = await this.#cluster.metadata.load(null, this.#cluster.context(options))
    return answer.topics.filter(({ isInternal }) => !isInternal).map(({ name }) => name ?? '')
  }

  /** The group that it was made for; null without one. */
  get groupId(): string | null {
    return this.#engine.options.groupId
  }

  /** The partitions that are read now. */
  get assignment(): TopicPartition[] {
    return this.#engine.assignment
  }

  /** The next records, at most maxPollRecords; none when there were none in time. Moves partitions when the group wants that. */
  async poll(options: PollOptions = {}): Promise<ConsumerRecord<K, V>[]> {
    this.#engine.checkOpen()
    this.#engine.countAsDone()
    this.#engine.isPolledByHand = true
    return (await this.#engine.poll(options)) as ConsumerRecord<K, V>[]
  }

  [Symbol.asyncIterator](): AsyncGenerator<ConsumerRecord<K, V>, void, undefined> {
    return this.stream()
  }

  /** Records without end, until `signal` aborts (then the iteration ends) or the consumer is closed. */
  stream(options: { readonly signal?: AbortSignal } = {}): AsyncGenerator<ConsumerRecord<K, V>, void, undefined> {
    this.#engine.isPolledByHand = false
    return recordStream(this.#source, options.signal)
  }

  /**
   * Calls the handler for each record until `signal` aborts or the consumer is closed: several at once, in order per partition or key. With autoCommit
   * it commits up to the first record that is not done. Rejects with what the handler threw, unless `onFailed` says otherwise.
   */
  async run(handler: RecordHandler<K, V>, options: ConsumerRunOptions<K, V> = {}): Promise<void> {
    const engine = this.#engine
    engine.checkOpen()
    if (this.#isRunning) throw new ArgumentError('the consumer runs already')
    engine.isPolledByHand = false
    const resolved = resolveRunOptions(options)
    this.#isRunning = true
    engine.running = this.#run(handler, resolved).finally(() => {
      this.#isRunning = false
      engine.worker = null
    })
    return engine.running
  }

  /** Goes on at `offset`. Throws ArgumentError when the partition is not assigned. */
  seek(partition: TopicPartition, offset: number): void {
    if (!Number.isSafeInteger(offset) || offset < 0) throw new ArgumentError(`${offset} is no offset`)
    this.#engine.state(partition).seek(offset)
    this.#engine.wake()
  }

  /** Goes on at the first or after the last record. */
  seekTo(partition: TopicPartition, where: 'earliest' | 'latest' | 'committed'): void {
    this.#engine.state(partition).seekTo(where)
    this.#engine.wake()
  }

  /** Goes on at the first record that is left. */
  seekToBeginning(partitions: readonly TopicPartition[] = this.assignment): void {
    this.#seekAll(partitions, 'earliest')
  }

  /** Goes on after the last record, as it is when the next `poll` looks. */
  seekToEnd(partitions: readonly TopicPartition[] = this.assignment): void {
    this.#seekAll(partitions, 'latest')
  }

  /**
   * Goes on at the first record that is not older than a time (milliseconds since 1970, or a Date), or at the end where there is none. Resolves to where that
   * is; partitions that were given away meanwhile, or sought elsewhere, are left out. Throws ArgumentError when a partition is not assigned.
   */
  async seekToTimestamp(
    when: number | Date,
    partitions: readonly TopicPartition[] = this.assignment,
    options: CallOptions = {},
  ): Promise<PartitionOffset[]> {
    const engine = this.#engine
    const context = this.#cluster.context(options)
    const states = this.#seekAll(partitions, { timestamp: millisecondsOf(when) })
    const sought = new Map(states.map((state) => [state, state.seeks]))
    const isOpen = (state: PartitionState) =>
      state.position === null && state.seeks === sought.get(state) && engine.partitions.get(state.key) === state
    while (states.some(isOpen)) await engine.positions.load(states.filter(isOpen), context)
    return states.flatMap(({ topic, partition, position }) =>
      position === null ? [] : [{ topic, partition, offset: position }],
    )
  }

  /** Hands out nothing of these partitions until {@link resume}; what is buffered stays. */
  pause(partitions: readonly TopicPartition[] = this.assignment): void {
    for (const partition of partitions) this.#engine.state(partition).isPaused = true
  }

  resume(partitions: readonly TopicPartition[] = this.assignment): void {
    for (const partition of partitions) this.#engine.state(partition).isPaused = false
    this.#engine.wake()
  }

  /** Offset of the next record that will be handed out; looked up when it is not known yet. */
  async position(partition: TopicPartition, options: CallOptions = {}): Promise<number> {
    const state = this.#engine.state(partition)
    const context = this.#cluster.context(options)
    while (state.position === null) await this.#engine.positions.load([state], context)
    return state.position
  }

  /** The first offset that is left, of each partition. */
  async beginningOffsets(
    partitions: readonly TopicPartition[] = this.assignment,
    options: CallOptions = {},
  ): Promise<PartitionOffset[]> {
    return await this.#lookUp(partitions, OffsetMark.earliest, options)
  }

  /** The offset after the last record of each partition; with read_committed, after the last that is visible. */
  async endOffsets(
    partitions: readonly TopicPartition[] = this.assignment,
    options: CallOptions = {},
  ): Promise<PartitionOffset[]> {
    return await this.#lookUp(partitions, OffsetMark.latest, options)
  }

  /** The first record of each partition that is not older than a time; partitions without one are left out. */
  async offsetsForTimes(queries: readonly TimeQuery[], options: CallOptions = {}): Promise<FoundOffset[]> {
    const marks = queries.map((query) => ({ ...query, timestamp: millisecondsOf(query.timestamp) }))
    const found = await lookUpOffsets(this.#cluster, marks, this.#context(options))
    return found.filter(({ offset }) => offset >= 0)
  }

  /** The partitions that give nothing now, by {@link pause}. */
  get paused(): TopicPartition[] {
    return [...this.#engine.partitions.values()].flatMap(({ topic, partition, isPaused }) =>
      isPaused ? [{ topic, partition }] : [],
    )
  }

  /** How far behind the end this consumer is, as the last fetches told. */
  lag(): PartitionLag[] {
    return lagOf(this.#engine)
  }

  /** How this consumer is: for a health check, or a look when something seems wrong. Asks nobody. */
  health(): ConsumerHealth {
    return healthOf(this.#engine)
  }

  /**
   * Calls `listener` for each event of that name, until the returned function is called:
   *
   *     consumer.on('stalled', ({ kind, sinceMs, partitions }) => alert(kind, sinceMs, partitions))
   */
  on<Name extends keyof ConsumerEvents>(name: Name, listener: (event: ConsumerEvents[Name]) => void): () => void {
    return this.#engine.events.on(name, listener)
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
    await this.#engine.committer.commit(offsets ?? this.#engine.handedOut(), this.#cluster.context(options))
  }

  /** Under which this consumer's offsets are committed by a transaction. Throws ArgumentError without a groupId. */
  groupMetadata(): ConsumerGroupMetadata {
    const groupId = this.#group()
    const { subscription, membership } = this.#engine
    const identity = subscription === null ? NO_MEMBER : (membership?.identity ?? NO_MEMBER)
    const { generation: generationId, memberId, groupInstanceId } = identity
    return { groupId, generationId, memberId, groupInstanceId }
  }

  /** Where each assigned partition goes on after all that was handed out, the record in hand included. */
  positions(): OffsetToCommit[] {
    const { partitions, isPolledByHand } = this.#engine
    return [...partitions.values()].flatMap(({ topic, partition, inHand, consumed, position, consumedEpoch }) => {
      const offset = isPolledByHand ? position : (inHand ?? consumed ?? position)
      return offset === null ? [] : [{ topic, partition, offset, leaderEpoch: consumedEpoch }]
    })
  }

  /** Commits (with autoCommit), leaves the group, closes the connections. A signal only ends the waiting. */
  close(options: CallOptions = {}): Promise<void> {
    this.#cluster.roles.delete(this)
    return abortable(this.#engine.close(options), options.signal)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  get #source(): RecordSource<K, V> {
    return this.#engine.source as RecordSource<K, V>
  }

  async #run(handler: RecordHandler<K, V>, options: ResolvedRunOptions<K, V>): Promise<void> {
    const failed = await this.#failedRecords(options)
    this.#rawSwitch.isRaw = failed !== null
    const { telemetry } = this.#cluster
    const { groupId } = this.#engine.options
    const runner = new Runner(this.#cluster.env, this.#source, {
      handler: (record, context) =>
        telemetry.watchesProcess
          ? telemetry.process(record, groupId, () => handler(record, context))
          : handler(record, context),
      options,
      failed,
    })
    this.#engine.worker = runner
    try {
      await runner.run()
    } finally {
      this.#rawSwitch.isRaw = false
      await failed?.close()
    }
  }

  /** Null when there is nowhere to go for a record that failed. */
  async #failedRecords({ retry, deadLetter }: ResolvedRunOptions<K, V>): Promise<FailedRecords | null> {
    if (retry.topics === null && deadLetter === null) return null
    const { subscription, options, assignment } = this.#engine
    const named = subscription?.isByName === true ? subscription.topics : null
    if (retry.topics !== null && named === null) throw new ArgumentError('retry topics need a subscription by names')
    const { groupId } = options
    if (deadLetter?.transactionalId != null) this.#group()
    const settings = { groupId, retryTopics: retry.topics, deadLetter, consumer: this, ...this.#rawSwitch.codecs }
    const failed = new FailedRecords(this.#cluster, settings)
    try {
      const sources = named ?? (subscription === null ? assignment.map(({ topic }) => topic) : [])
      const retryTopics = await failed.prepare([...new Set(sources)])
      const missing = retryTopics.filter((name) => !named!.includes(name))
      if (missing.length > 0) this.#engine.subscribe([...named!, ...missing])
      return failed
    } catch (error) {
      await failed.close()
      throw error
    }
  }

  #seekAll(partitions: readonly TopicPartition[], where: StartPoint): PartitionState[] {
    const states = partitions.map((partition) => this.#engine.state(partition))
    for (const state of states) state.seekTo(where)
    this.#engine.wake()
    return states
  }

  async #lookUp(
    partitions: readonly TopicPartition[],
    timestamp: number,
    options: CallOptions,
  ): Promise<PartitionOffset[]> {
    const queries = partitions.map(({ topic, partition }) => ({ topic, partition, timestamp }))
    const found = await lookUpOffsets(this.#cluster, queries, this.#context(options))
    return found.map(({ topic, partition, offset }) => ({ topic, partition, offset }))
  }

  #context(options: CallOptions): CallContext & { readonly isReadCommitted: boolean } {
    return { ...this.#cluster.context(options), isReadCommitted: this.#engine.options.isReadCommitted }
  }

  #group(): string {
    const { groupId } = this.#engine.options
    if (groupId === null) throw new ArgumentError('committed offsets need a groupId')
    return groupId
  }
}

function millisecondsOf(when: number | Date): number {
  const timestamp = typeof when === 'number' ? when : when.getTime()
  if (Number.isFinite(timestamp) && timestamp >= 0) return Math.floor(timestamp)
  throw new ArgumentError(`${String(when)} is no time since 1970`)
}
