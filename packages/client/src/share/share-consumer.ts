/** Takes records of topics as tasks: each goes to one member of the group, which says what became of it (KIP-932). */
import type { CallOptions, Cluster } from '../cluster/cluster.ts'
import type { ConnectionPool } from '../connection/connection-pool.ts'
import { Wakeup } from '../consumer/wakeup.ts'
import { ArgumentError, ClosedError, isRetriable } from '../errors.ts'
import type { BrokerNode } from '../metadata/cluster-metadata.ts'
import { abortable } from '../time/delay.ts'
import { AcknowledgeType } from './acknowledgement.ts'
import { acquiredRecords } from './acquired-records.ts'
import { type SharedTopics, ShareMembership } from './share-membership.ts'
import { type ResolvedShareOptions, resolveShareOptions, type ShareConsumerOptions } from './share-options.ts'
import { type AcquiredPartition, type SharePartition, ShareSession } from './share-session.ts'
import { AcquiredTask, type Task } from './task.ts'

export interface RunOptions {
  /** Tasks that are worked on at once. Default 1. */
  readonly concurrency?: number
  /** Ends the run, after the tasks under way. */
  readonly signal?: AbortSignal
  /** What becomes of a task whose handler threw. Default: release. */
  readonly onError?: 'release' | 'reject'
}

interface Queued {
  readonly task: AcquiredTask
  /** Monotonic time at which its lock has run out. */
  readonly lockedUntil: number
}

/** How often it is looked again for partitions that have no leader, or whose topic is not known yet. */
const LOOK_AGAIN_MS = 500

/**
 *     const consumer = kafka.shareConsumer({ groupId: 'workers', value: jsonCodec<Order>() })
 *     consumer.subscribe(['orders'])
 *     await consumer.run(async ({ record }) => { await ship(record.value) }, { concurrency: 8 })
 */
export class ShareConsumer<K = Buffer, V = Buffer> implements AsyncDisposable {
  readonly #cluster: Cluster
  readonly #options: ResolvedShareOptions
  readonly #lane: ConnectionPool
  readonly #membership: ShareMembership
  readonly #sessions = new Map<number, ShareSession>()
  readonly #wakeup: Wakeup
  readonly #unsubscribe: () => void
  #topics: readonly string[] = []
  #assigned: SharePartition[] = []
  #queue: Queued[] = []
  #failure: Error | null = null
  #isIterated = false
  #closing: Promise<void> | null = null

  /** Use `kafka.shareConsumer()`. @internal */
  constructor(cluster: Cluster, options: ShareConsumerOptions<K, V>) {
    this.#cluster = cluster
    this.#options = resolveShareOptions(options)
    this.#lane = cluster.openLane()
    this.#wakeup = new Wakeup(cluster.env)
    this.#membership = new ShareMembership({
      cluster,
      lane: this.#lane,
      options: this.#options,
      topics: () => this.#topics,
      onAssigned: (topics) => this.#assign(topics),
      onFailed: (error) => this.#fail(error),
    })
    this.#unsubscribe = cluster.metadata.onChange(() => this.#wakeSessions())
    cluster.roles.add(this)
  }

  /** Takes part in the sharing of these topics. Throws ArgumentError, ClosedError. */
  subscribe(topics: readonly string[]): void {
    if (this.#closing !== null) throw new ClosedError('the share consumer')
    if (topics.length === 0) throw new ArgumentError('a share consumer subscribes to at least one topic')
    this.#topics = [...new Set(topics)].sort()
    this.#membership.update()
  }

  /** The topics that it takes tasks of. */
  get subscription(): readonly string[] {
    return this.#topics
  }

  /**
   * Tasks without end, until `signal` aborts or the consumer is closed. A task that is not acknowledged when its lock runs out goes to somebody
   * else. Rejects with what makes membership impossible.
   */
  async *tasks(options: { readonly signal?: AbortSignal } = {}): AsyncGenerator<Task<K, V>, void, undefined> {
    if (this.#isIterated) throw new ArgumentError('the tasks of a share consumer are taken in one place')
    this.#isIterated = true
    try {
      for (;;) {
        const task = await this.#next(options.signal)
        if (task === null) return
        yield task as Task<K, V>
      }
    } finally {
      this.#isIterated = false
    }
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Task<K, V>, void, undefined> {
    yield* this.tasks()
  }

  /**
   * Runs the handler for each task until `signal` aborts or the consumer is closed. What it did not acknowledge itself is acknowledged when it
   * returned, and released (or rejected) when it threw. Rejects with what makes membership impossible.
   */
  async run(handler: (task: Task<K, V>) => Promise<unknown> | unknown, options: RunOptions = {}): Promise<void> {
    const { concurrency = 1, onError = 'release', signal } = options
    if (!Number.isInteger(concurrency) || concurrency < 1) throw new ArgumentError('concurrency is at least 1')
    const working = new Set<Promise<void>>()
    for await (const task of this.tasks(signal === undefined ? {} : { signal })) {
      const work = this.#work(task, handler, onError).finally(() => working.delete(work))
      working.add(work)
      if (working.size >= concurrency) await Promise.race(working)
    }
    await Promise.all(working)
  }

  /** Tells what is acknowledged, gives up the other locks, leaves the group. */
  close(options: CallOptions = {}): Promise<void> {
    this.#closing ??= this.#close(options)
    return this.#closing
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  async #work(
    task: Task<K, V>,
    handler: (task: Task<K, V>) => Promise<unknown> | unknown,
    onError: 'release' | 'reject',
  ): Promise<void> {
    const { logger } = this.#cluster.env
    const { topic, partition, offset } = task.record
    try {
      try {
        await handler(task)
      } catch (error) {
        logger.warn('a task failed', { topic, partition, offset, deliveryCount: task.deliveryCount, error })
        if (!task.isSettled) await task[onError]()
        return
      }
      if (!task.isSettled) await task.ack()
    } catch (error) {
      // The record is somebody else's by now, or will be.
      logger.warn('a task could not be acknowledged', { topic, partition, offset, error })
    }
  }

  async #next(signal: AbortSignal | undefined): Promise<AcquiredTask | null> {
    for (;;) {
      if (signal?.aborted || this.#closing !== null) return null
      if (this.#failure !== null) throw this.#failure
      const queued = this.#queue.shift()
      if (queued === undefined) {
        this.#wakeSessions()
        await abortable(this.#wakeup.wait(LOOK_AGAIN_MS), signal).catch(() => {})
      } else if (queued.lockedUntil > this.#cluster.env.clock.monotonic()) return queued.task
    }
  }

  /** Lets each broker that leads a partition have its session look for something to do. */
  #wakeSessions(): void {
    if (this.#closing !== null) return
    const { metadata } = this.#cluster
    for (const of of this.#assigned) {
      const node = this.#leaderOf(of)
      if (node === undefined) {
        metadata.invalidate()
        continue
      }
      const known = this.#sessions.get(node.id)
      if (known === undefined) this.#sessions.set(node.id, this.#newSession(node))
    }
    for (const session of this.#sessions.values()) session.wake()
  }

  #newSession(node: BrokerNode): ShareSession {
    return new ShareSession(node, {
      cluster: this.#cluster,
      lane: this.#lane,
      options: this.#options,
      memberId: () => this.#membership.memberId,
      partitions: () => this.#assigned.filter((of) => this.#leaderOf(of)?.id === node.id),
      // Locks run from the moment of acquisition: nothing is acquired that would only wait.
      wanted: () => (this.#isIterated && this.#queue.length === 0 ? this.#options.maxRecords : 0),
      onAcquired: (from, data, lockMs) => this.#acquired(node.id, { from, data, lockMs }),
      onTrouble: (error) => this.#onTrouble(node, error),
    })
  }

  #acquired(
    nodeId: number,
    { from, data, lockMs }: { from: SharePartition; data: AcquiredPartition; lockMs: number },
  ): void {
    const { clock, logger } = this.#cluster.env
    if (data.errorCode !== 0) this.#cluster.metadata.invalidate()
    const topic = this.#nameOf(from.topicId)
    const session = this.#sessions.get(nodeId)!
    const settle = (offset: number, type: AcknowledgeType): Promise<void> => session.acknowledge(from, offset, type)
    const quietly = (offset: number, type: AcknowledgeType): void => void settle(offset, type).catch(() => {})
    if (data.acquiredRecords.length === 0) return
    if (topic === undefined) return
    const { records, gaps, undecodable } = acquiredRecords(topic, data, this.#options)
    for (const offset of gaps) quietly(offset, AcknowledgeType.gap)
    for (const { offset, error } of undecodable) {
      // It would fail everywhere, again and again.
      logger.error('a record is rejected', { topic, partition: from.partition, offset, error })
      quietly(offset, AcknowledgeType.reject)
    }
    const lockedUntil = clock.monotonic() + lockMs
    for (const { record, deliveryCount } of records) {
      const task = new AcquiredTask(record, deliveryCount, (type) => settle(record.offset, type))
      this.#queue.push({ task, lockedUntil })
    }
    this.#wakeup.wake()
  }

  #onTrouble(node: BrokerNode, error: unknown): void {
    const { env, metadata } = this.#cluster
    env.logger.debug('share session begins anew', { group: this.#options.groupId, broker: node.id, error })
    metadata.invalidate()
    if (error instanceof Error && !isRetriable(error) && !SESSION_ERRORS.has((error as { code?: string }).code ?? '')) {
      this.#fail(error)
    }
  }

  #assign(topics: SharedTopics): void {
    this.#assigned = topics.flatMap(({ topicId, partitions }) =>
      partitions.map((partition) => ({ topicId, partition })),
    )
    if (topics.some(({ topicId }) => this.#nameOf(topicId) === undefined)) {
      const { metadata } = this.#cluster
      metadata.load(this.#topics, this.#cluster.context({})).catch(() => metadata.invalidate())
    }
    this.#wakeSessions()
  }

  #nameOf(topicId: string): string | undefined {
    for (const { id, name } of this.#cluster.metadata.current.topics.values()) if (id === topicId) return name
    return undefined
  }

  #leaderOf({ topicId, partition }: SharePartition): BrokerNode | undefined {
    const topic = this.#nameOf(topicId)
    return topic === undefined ? undefined : this.#cluster.metadata.leader(topic, partition)?.node
  }

  #fail(error: Error): void {
    this.#failure ??= error
    this.#wakeup.wake()
  }

  async #close(options: CallOptions): Promise<void> {
    const { env, roles } = this.#cluster
    roles.delete(this)
    this.#unsubscribe()
    this.#wakeup.wake()
    try {
      await Promise.allSettled([...this.#sessions.values()].map((session) => session.close()))
      await this.#membership.leave(this.#cluster.context({ timeoutMs: 30_000, ...options }))
    } catch (error) {
      env.logger.warn('the share consumer could not leave its group in order', { error })
    } finally {
      this.#cluster.closeLane(this.#lane)
    }
  }
}

/** After them a new session is begun. */
const SESSION_ERRORS = new Set([
  'SHARE_SESSION_NOT_FOUND',
  'INVALID_SHARE_SESSION_EPOCH',
  'SHARE_SESSION_LIMIT_REACHED',
  'UNKNOWN_MEMBER_ID',
])
