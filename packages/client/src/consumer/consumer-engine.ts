/**
 * What a consumer does behind its API: keeps the partitions that are read, their fetches, positions and commits, and the place in
 * the group. Everything moves within `poll`, or in the background on behalf of it.
 */
import type { CallOptions, Cluster } from '../cluster/cluster.ts'
import type { ConnectionPool } from '../connection/connection-pool.ts'
import { ArgumentError, ClosedError, isRetriable } from '../errors.ts'
import { Listeners } from '../events.ts'
import { Deadline } from '../time/deadline.ts'
import { delay } from '../time/delay.ts'
import { partitionKey, type TopicPartition } from '../topic-partition.ts'
import type { ConsumerEvents } from './consumer-events.ts'
import type { ResolvedConsumerOptions } from './consumer-options.ts'
import type { ConsumerRecord } from './consumer-record.ts'
import { Fetcher } from './fetcher.ts'
import type { OffsetAndMetadata } from './group-offsets.ts'
import { handOut } from './hand-out.ts'
import type { Membership, MembershipOptions } from './membership/membership.ts'
import { newMembership } from './membership/new-membership.ts'
import { OffsetCommitter } from './offset-committer.ts'
import { PartitionState, type StartPoint } from './partition-state.ts'
import { PositionLoader } from './position-loader.ts'
import { ProgressWatch } from './progress-watch.ts'
import { Quiet } from './quiet.ts'
import type { Delivery, RecordSource } from './runner/record-source.ts'
import { Subscription, type SubscriptionInit } from './subscription.ts'
import { Wakeup } from './wakeup.ts'

export interface PollOptions {
  /** How long to wait for records. Default 0: what is there. */
  readonly timeoutMs?: number
  /** Default: maxPollRecords of the consumer. */
  readonly maxRecords?: number
  readonly signal?: AbortSignal
}

/** What works on records that were handed out, and has to stop when their partitions go. */
export interface Worker {
  giveAway(partitions: readonly TopicPartition[]): Promise<void>
  firstUndone(state: PartitionState): number | null
}

type AnyRecord = ConsumerRecord<unknown, unknown>

/** A waiting `poll` looks so often whether something is due: topics to look for, a commit. */
const LOOK_INTERVAL_MS = 500
/** Each look tells the membership that the application is there: in time, however short maxPollIntervalMs is. */
const LOOKS_PER_POLL_INTERVAL = 3

export class ConsumerEngine {
  readonly cluster: Cluster
  readonly options: ResolvedConsumerOptions
  readonly partitions = new Map<string, PartitionState>()
  readonly positions: PositionLoader
  readonly committer: OffsetCommitter
  readonly membership: Membership | null
  /** What `stream` and `run` take records from. */
  readonly source: RecordSource<unknown, unknown>
  /** Records are taken by `poll`, not by the iteration. */
  isPolledByHand = false
  worker: Worker | null = null
  readonly events: Listeners<ConsumerEvents>
  readonly watch: ProgressWatch
  readonly fetcher: Fetcher
  /** The last error, be it one that was retried, and its monotonic time. */
  lastError: { readonly error: Error; readonly at: number } | null = null
  /** Monotonic time at which records were asked for; null before. */
  polledAt: number | null = null
  /** The run that is under way. */
  running: Promise<void> | null = null
  readonly #fetchLane: ConnectionPool
  readonly #groupLane: ConnectionPool
  readonly #wakeup: Wakeup
  readonly #unsubscribe: () => void
  readonly #quiet = new Quiet()
  readonly #closed = new AbortController()
  #subscription: Subscription | null = null
  #failure: Error | null = null
  /** The group is being joined. */
  #joining: Promise<void> | null = null
  /** Positions are being looked up. */
  #locating: Promise<void> | null = null
  #isWoken = false
  /** Monotonic time of the first `poll` after `subscribe`. */
  #joinsSince: number | null = null
  #closing: Promise<void> | null = null

  constructor(cluster: Cluster, options: ResolvedConsumerOptions) {
    this.cluster = cluster
    this.options = options
    this.#fetchLane = cluster.openLane('consumer')
    this.#groupLane = cluster.openLane('consumer')
    this.#wakeup = new Wakeup(cluster.env)
    this.positions = new PositionLoader(cluster, options, this.#closed.signal)
    this.events = new Listeners(cluster.env.logger)
    const { partitions } = this
    const onTrouble = (error: unknown) => this.#trouble(error, 'retried')
    this.fetcher = new Fetcher({
      cluster,
      lane: this.#fetchLane,
      options,
      partitions,
      onProgress: () => this.#wakeup.wake(),
      onError: (error) => this.#fail(error),
      onTrouble,
    })
    this.membership = options.groupId === null ? null : newMembership(this.#membershipParts(options.groupId))
    this.committer = new OffsetCommitter({
      cluster,
      options,
      partitions,
      identity: () => (this.#subscription === null ? null : (this.membership?.identity ?? null)),
      onCommitted: (offsets) => this.events.emit('committed', { offsets }),
      onTrouble,
    })
    this.watch = this.#progressWatch()
    this.#unsubscribe = cluster.metadata.onChange(() => {
      if (partitions.size > 0) this.fetcher.wake()
    })
    this.source = this.#recordSource()
  }

  get subscription(): Subscription | null {
    return this.#subscription
  }

  get assignment(): TopicPartition[] {
    return [...this.partitions.values()].map(({ topic, partition }) => ({ topic, partition }))
  }

  get isClosed(): boolean {
    return this.#closing !== null
  }

  /** The group has assigned, and no partitions are on the move. */
  get isSettled(): boolean {
    return this.#subscription === null || (this.#joining === null && this.membership?.isStable === true)
  }

  subscribe(init: SubscriptionInit): void {
    this.checkOpen()
    if (this.membership === null) throw new ArgumentError('subscribe needs a groupId; use assign without one')
    const subscription = new Subscription(this.cluster, init, this.options)
    if (subscription.serverPattern !== null && this.options.groupProtocol === 'classic')
      throw new ArgumentError('under the classic protocol no coordinator matches patterns: use a RegExp')
    if (this.#subscription === null && this.partitions.size > 0) this.partitions.clear()
    this.#subscription = subscription
    this.#joinsSince = null
    this.membership.requestRejoin()
  }

  assign(partitions: readonly (TopicPartition & { readonly from?: number | StartPoint })[]): void {
    this.checkOpen()
    if (this.#subscription !== null)
      throw new ArgumentError('this consumer is subscribed; assign is for one that is not')
    const start: StartPoint = this.options.groupId === null ? 'reset' : 'committed'
    const before = new Map(this.partitions)
    this.partitions.clear()
    for (const { from, ...partition } of partitions) {
      const known = before.get(partitionKey(partition.topic, partition.partition))
      if (known !== undefined && from === undefined) {
        this.partitions.set(known.key, known)
        continue
      }
      const state = new PartitionState(partition, from === undefined || typeof from === 'number' ? start : from)
      if (typeof from === 'number') state.seek(from)
      this.partitions.set(state.key, state)
    }
    this.watch.start()
    this.wake()
  }

  /** Throws ArgumentError when the partition is not assigned. */
  state(partition: TopicPartition): PartitionState {
    const state = this.partitions.get(partitionKey(partition.topic, partition.partition))
    if (state !== undefined) return state
    throw new ArgumentError(`${partition.topic}-${partition.partition} is not assigned to this consumer`, partition)
  }

  /** A position, a pause or an assignment changed. */
  wake(): void {
    this.#wakeup.wake()
    this.fetcher.wake()
  }

  async poll({ timeoutMs = 0, maxRecords, signal }: PollOptions): Promise<AnyRecord[]> {
    const { telemetry, env } = this.cluster
    const startedAt = telemetry.tracing === null ? 0 : env.clock.now()
    const deadline = new Deadline(env.clock, timeoutMs)
    const lookMs = Math.min(LOOK_INTERVAL_MS, this.options.maxPollIntervalMs / LOOKS_PER_POLL_INTERVAL)
    const limit = Math.min(maxRecords ?? Number.POSITIVE_INFINITY, this.options.maxPollRecords)
    for (;;) {
      this.checkOpen()
      signal?.throwIfAborted()
      this.#throwFailure()
      this.#polled()
      this.committer.commitIfDue()
      this.#settleMembership()
      this.#findPositions()
      this.#quiet.grant()
      const records = this.#handsOut ? this.#take(limit) : []
      if (records.length > 0) {
        telemetry.polled(records, this.options.groupId, startedAt)
        return records
      }
      this.#throwFailure()
      this.fetcher.wake()
      if (deadline.isOver || this.#isWoken) return []
      await this.#wakeup.wait(Math.min(deadline.remainingMs, lookMs), signal)
    }
  }

  #polled(): void {
    const now = this.cluster.env.clock.monotonic()
    this.polledAt = now
    this.#joinsSince ??= now
    this.membership?.polled()
    this.watch.polled()
    this.watch.start()
  }

  /** What was handed out is done: where reading goes on is where a commit stands. */
  countAsDone(): void {
    for (const state of this.partitions.values()) if (state.position !== null) state.consumed = state.position
  }

  /** For a commit that the application asks for: all that `poll` gave, or all that the iteration has passed by. */
  handedOut(): (TopicPartition & OffsetAndMetadata)[] {
    return [...this.partitions.values()].flatMap(({ topic, partition, consumed, position, consumedEpoch }) => {
      const offset = this.isPolledByHand ? position : consumed
      return offset === null ? [] : [{ topic, partition, offset, leaderEpoch: consumedEpoch }]
    })
  }

  checkOpen(): void {
    if (this.#closing !== null) throw new ClosedError('the consumer')
  }

  close(options: CallOptions): Promise<void> {
    this.#closing ??= this.#close(options)
    return this.#closing
  }

  #recordSource(): RecordSource<unknown, unknown> {
    const engine = this
    return {
      take: async ({ limit, timeoutMs, signal }) => {
        this.#isWoken = false
        const records = await this.poll({ timeoutMs, maxRecords: limit, ...(signal === undefined ? {} : { signal }) })
        const deliveries: Delivery<unknown, unknown>[] = []
        let state: PartitionState | undefined
        for (const record of records) {
          const { topic, partition } = record
          // Records come partition by partition.
          if (state === undefined || state.partition !== partition || state.topic !== topic)
            state = this.partitions.get(partitionKey(topic, partition))
          if (state !== undefined) deliveries.push({ record, state, seeks: state.seeks })
        }
        return deliveries
      },
      wake: () => {
        this.#isWoken = true
        this.#wakeup.wake()
      },
      giveBack: (state, records) => {
        state.giveBack(records)
        state.isHeldBack = true
      },
      isCurrent: ({ state, seeks }) => this.partitions.get(state.key) === state && state.seeks === seeks,
      get isClosed() {
        return engine.isClosed
      },
      commit: () => this.committer.commitBeforeLeaving(),
    }
  }

  /** Nothing is handed out while partitions may change hands. */
  get #handsOut(): boolean {
    return this.#joining === null || (this.membership?.keepsPartitions === true && !this.#quiet.isGranted)
  }

  /** Joins, or joins again, when that is due. */
  #settleMembership(): void {
    const subscription = this.#subscription
    const { membership } = this
    if (subscription === null || membership === null || this.#joining !== null) return
    membership.watchTopics()
    if (membership.isStable && !subscription.isDue) return
    const context = { ...this.cluster.context({}), signal: this.#closed.signal }
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
    const missing = [...this.partitions.values()].filter(({ position }) => position === null)
    if (missing.length === 0) return
    const context = { ...this.cluster.context({}), signal: this.#closed.signal }
    this.#locating = this.#inBackground(() => this.positions.load(missing, context)).finally(() => {
      this.#locating = null
      this.wake()
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
      const { env, options } = this.cluster
      env.logger.warn('the consumer goes on trying', { group: this.options.groupId, error })
      this.#trouble(error, 'retried')
      await delay(env, options.retryBackoff.maxMs, this.#closed.signal).catch(() => {})
    }
  }

  #take(limit: number): AnyRecord[] {
    const { telemetry } = this.cluster
    const records = handOut(this.partitions, limit, ({ topic }, count) => telemetry.handedOut(topic, count))
    if (records.length > 0) this.fetcher.wake()
    return records
  }

  #membershipParts(group: string): MembershipOptions {
    const { rebalanceListener } = this.options
    return {
      cluster: this.cluster,
      lane: this.#groupLane,
      group,
      options: this.options,
      topics: () => this.#subscription?.topics ?? [],
      pattern: () => this.#subscription?.serverPattern ?? null,
      owned: () => this.assignment,
      quiet: () => this.#quiet.asked(() => this.#wakeup.wake()),
      onRejoinNeeded: () => this.#wakeup.wake(),
      onTrouble: (error) => this.#trouble(error, 'retried'),
      onStalled: () => this.watch.pollStalled(this.polledAt ?? 0),
      onRevoke: async (revoked) => {
        if (revoked.length === 0) return
        await this.worker?.giveAway(revoked)
        await rebalanceListener.onRevoked?.(revoked)
        await this.committer.commitBeforeLeaving()
        for (const { topic, partition } of revoked) this.partitions.delete(partitionKey(topic, partition))
        this.#moved('revoked', revoked)
      },
      onLost: async () => {
        const lost = this.assignment
        await this.worker?.giveAway(lost)
        this.partitions.clear()
        if (lost.length === 0) return
        await (rebalanceListener.onLost ?? rebalanceListener.onRevoked)?.call(rebalanceListener, lost)
        this.#moved('lost', lost)
      },
      onAssigned: async (partitions) => {
        const added = partitions.filter(({ topic, partition }) => !this.partitions.has(partitionKey(topic, partition)))
        for (const partition of added) {
          const state = new PartitionState(partition, 'committed')
          this.partitions.set(state.key, state)
        }
        await rebalanceListener.onAssigned?.(added)
        if (added.length > 0) this.#moved('assigned', added)
      },
    }
  }

  #moved(kind: 'assigned' | 'revoked' | 'lost', partitions: readonly TopicPartition[]): void {
    this.events.emit(kind, { partitions })
    this.cluster.telemetry.rebalanced(this.options.groupId, kind, partitions)
  }

  #progressWatch(): ProgressWatch {
    const { cluster, options, partitions, fetcher, events } = this
    return new ProgressWatch({
      env: cluster.env,
      partitions,
      stallAfterMs: options.stallAfterMs,
      maxPollIntervalMs: options.maxPollIntervalMs,
      heardAt: () => {
        if (this.#subscription === null || this.#joinsSince === null) return null
        return Math.max(this.membership?.heardAt ?? 0, this.#joinsSince)
      },
      firstUndone: (state) => this.worker?.firstUndone(state) ?? null,
      wants: (state) => fetcher.hasRoom(state),
      lastError: () => this.lastError,
      emit: (name, event) => events.emit(name, event),
      nudge: () => {
        cluster.metadata.invalidate()
        this.wake()
      },
    })
  }

  #trouble(error: unknown, kind: 'retried' | 'thrown'): void {
    if (!(error instanceof Error) || this.isClosed) return
    this.lastError = { error, at: this.cluster.env.clock.monotonic() }
    this.events.emit('error', { error, kind })
    this.cluster.telemetry.failed({ role: 'consumer', groupId: this.options.groupId }, error, kind)
  }

  #fail(error: Error): void {
    this.#trouble(error, 'thrown')
    this.#failure ??= error
    this.#wakeup.wake()
  }

  #throwFailure(): void {
    const failure = this.#failure
    if (failure === null) return
    this.#failure = null
    throw failure
  }

  async #close({ timeoutMs = 30_000 }: CallOptions): Promise<void> {
    const { cluster } = this
    const context = cluster.context({ timeoutMs })
    try {
      this.#wakeup.wake()
      await this.running?.catch(() => {})
      if (this.isPolledByHand && this.#joining === null) this.countAsDone()
      if (this.options.groupId !== null) {
        await this.committer.commitBeforeLeaving(context)
        await this.membership?.leave(context)
      }
    } catch (error) {
      cluster.env.logger.warn('the consumer could not leave its group in order', { error })
    } finally {
      this.#unsubscribe()
      this.watch.close()
      this.fetcher.close()
      this.#closed.abort(new ClosedError('the consumer'))
      cluster.closeLane(this.#fetchLane)
      cluster.closeLane(this.#groupLane)
      this.#wakeup.wake()
    }
  }
}
