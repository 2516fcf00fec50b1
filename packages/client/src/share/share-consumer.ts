/** Takes records of topics as tasks: each goes to one member of the group, which says what became of it (KIP-932). */
import type { Timer } from '@ottla/env'
import type { CallOptions, Cluster } from '../cluster/cluster.ts'
import type { ConnectionPool } from '../connection/connection-pool.ts'
import { Wakeup } from '../consumer/wakeup.ts'
import { ArgumentError, ClosedError, isRetriable } from '../errors.ts'
import { Listeners } from '../events.ts'
import type { BrokerNode } from '../metadata/cluster-metadata.ts'
import { abortable } from '../time/delay.ts'
import { AcknowledgeType } from './acknowledgement.ts'
import { acquiredRecords } from './acquired-records.ts'
import { RecordLock } from './record-lock.ts'
import { type SharedTopics, ShareMembership } from './share-membership.ts'
import { type ResolvedShareOptions, resolveShareOptions, type ShareConsumerOptions } from './share-options.ts'
import { type AcquiredPartition, type SharePartition, ShareSession } from './share-session.ts'
import { AcquiredTask, type Task } from './task.ts'

export interface RunOptions {
  /** Tasks that are worked on at once. Default 1. */
  readonly concurrency?: number
  /** Ends the run, after the tasks under way. */
  readonly signal?: AbortSignal
  /** What becomes of a task whose handler threw, and for how long it waits when it is released. Default: release, at once. */
  readonly onError?: 'release' | 'reject' | { readonly releaseAfterMs: number }
  /**
   * Locks are renewed while their handler runs, and while their task waits for one, for at most so long: a handler that hangs should not keep its record
   * for ever. Brokers before Kafka 4.2 renew nothing. Default 300,000.
   */
  readonly renewForMs?: number
}

export interface ShareConsumerEvents {
  /** `retried`: the consumer goes on by itself. `thrown`: the iteration or `run` rejects with it. */
  readonly error: { readonly error: Error; readonly kind: 'retried' | 'thrown' }
}

export interface TaskContext {
  /** Aborted when the lock is lost or the consumer closed: somebody else may have the record, and the work should stop and throw. */
  readonly signal: AbortSignal
}

export type TaskHandler<K, V> = (task: Task<K, V>, context: TaskContext) => Promise<unknown> | unknown

const RENEW_FOR_MS = 300_000

/** How often it is looked again for partitions that have no leader, or whose topic is not known yet. */
const LOOK_AGAIN_MS = 500

/**
 * Takes records of topics as tasks, each of which goes to one member of its group.
 *
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
  readonly #closed = new AbortController()
  readonly #events: Listeners<ShareConsumerEvents>
  #queue: AcquiredTask[] = []
  /** The task that the iteration gave out last. */
  #inHand: AcquiredTask | null = null
  /** Tasks that wait for a handler are kept locked. */
  #keepsQueue = false
  #keepTimer: Timer | null = null
  #failure: Error | null = null
  #isIterated = false
  #closing: Promise<void> | null = null

  /** Use `kafka.shareConsumer()`. @internal */
  constructor(cluster: Cluster, options: ShareConsumerOptions<K, V>) {
    this.#cluster = cluster
    this.#options = resolveShareOptions(options)
    this.#lane = cluster.openLane('consumer')
    this.#wakeup = new Wakeup(cluster.env)
    this.#events = new Listeners(cluster.env.logger)
    this.#membership = new ShareMembership({
      cluster,
      lane: this.#lane,
      options: this.#options,
      topics: () => this.#topics,
      onAssigned: (topics) => this.#assign(topics),
      onFailed: (error) => this.#fail(error),
      onTrouble: (error) => this.#tell(error, 'retried'),
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

  /** Calls `listener` for each event of that name, until the returned function is called. */
  on<Name extends keyof ShareConsumerEvents>(
    name: Name,
    listener: (event: ShareConsumerEvents[Name]) => void,
  ): () => void {
    return this.#events.on(name, listener)
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
        this.#passBy()
        const task = await this.#next(options.signal)
        if (task === null) return
        this.#inHand = task
        yield task as Task<K, V>
      }
    } finally {
      this.#inHand = null
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
  async run(handler: TaskHandler<K, V>, options: RunOptions = {}): Promise<void> {
    const { concurrency = 1, signal } = options
    if (!Number.isInteger(concurrency) || concurrency < 1) throw new ArgumentError('concurrency is at least 1')
    const working = new Set<Promise<void>>()
    this.#keepsQueue = true
    try {
      for await (const task of this.tasks(signal === undefined ? {} : { signal })) {
        this.#inHand = null
        const work = this.#work(task as unknown as AcquiredTask, handler, options).finally(() => working.delete(work))
        working.add(work)
        if (working.size >= concurrency) await Promise.race(working)
      }
    } finally {
      this.#keepsQueue = false
    }
    await Promise.all(working)
  }

  /** Tells what is acknowledged, gives up the other locks, leaves the group. A signal only ends the waiting. */
  close(options: CallOptions = {}): Promise<void> {
    this.#closing ??= this.#close(options)
    return abortable(this.#closing, options.signal)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  async #work(
    task: AcquiredTask,
    handler: TaskHandler<K, V>,
    { onError = 'release', renewForMs = RENEW_FOR_MS }: RunOptions,
  ): Promise<void> {
    const { telemetry, env } = this.#cluster
    const { logger } = env
    const { topic, partition, offset } = task.record
    const kept = this.#keep(task, renewForMs)
    try {
      try {
        const { signal } = kept
        const work = () => handler(task as Task<unknown, unknown> as Task<K, V>, { signal })
        await telemetry.process(task.record, this.#options.groupId, work)
      } catch (error) {
        logger.warn('a task failed', { topic, partition, offset, deliveryCount: task.deliveryCount, error })
        if (task.isSettled) return
        if (typeof onError === 'object') this.#releaseLater(task, onError.releaseAfterMs)
        else await task[onError]()
        return
      } finally {
        kept.stop()
      }
      if (!task.isSettled) await task.ack()
    } catch (error) {
      // The record is somebody else's by now, or will be.
      logger.warn('a task could not be acknowledged', { topic, partition, offset, error })
    }
  }

  /** Renews the lock of a task that is worked on. */
  #keep(task: AcquiredTask, forMs: number): { readonly signal: AbortSignal; stop(): void } {
    const { logger } = this.#cluster.env
    const { topic, partition, offset } = task.record
    const done = new AbortController()
    const lost = new AbortController()
    task.lock.hold(forMs, done.signal).then(
      () => {
        if (done.signal.aborted) return
        if (!this.#closed.signal.aborted)
          logger.warn('the handler of a task takes too long: its lock is not renewed any more', {
            topic,
            partition,
            offset,
            renewForMs: forMs,
          })
        lost.abort(this.#closed.signal.reason ?? new Error('the lock is not renewed any more'))
      },
      (error) => {
        if (done.signal.aborted) return
        logger.warn('the lock of a task could not be renewed', { topic, partition, offset, error })
        if ((error as { code?: string }).code !== 'UNSUPPORTED_VERSION') lost.abort(error)
      },
    )
    return { signal: lost.signal, stop: () => done.abort() }
  }

  /** Nobody waits for it: others are worked on meanwhile. */
  #releaseLater(task: AcquiredTask, delayMs: number): void {
    const { topic, partition, offset } = task.record
    task.release({ delayMs }).catch((error) => {
      this.#cluster.env.logger.warn('a task could not be released', { topic, partition, offset, error })
    })
  }

  /** The next task is asked for: under implicit acknowledgement the one before is done. */
  #passBy(): void {
    const task = this.#inHand
    this.#inHand = null
    if (task === null || task.isSettled || !this.#options.isImplicit) return
    const { topic, partition, offset } = task.record
    task.ack().catch((error) => {
      this.#cluster.env.logger.warn('a task could not be acknowledged', { topic, partition, offset, error })
    })
  }

  async #next(signal: AbortSignal | undefined): Promise<AcquiredTask | null> {
    for (;;) {
      if (signal?.aborted || this.#closing !== null) return null
      if (this.#failure !== null) throw this.#failure
      const queued = this.#queue.shift()
      if (queued === undefined) {
        this.#wakeSessions()
        await this.#wakeup.wait(LOOK_AGAIN_MS, signal).catch(() => {})
      } else if (queued.lock.isHeld) return queued
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
    const { logger } = this.#cluster.env
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
    const { env } = this.#cluster
    if (records.length > 0) this.#cluster.telemetry.handedOut(topic, records.length)
    for (const acquired of records) {
      const { offset } = acquired.record
      const renew = () => settle(offset, AcknowledgeType.renew)
      const lock = new RecordLock({ env, lockMs, renew, closing: this.#closed.signal })
      this.#queue.push(new AcquiredTask(acquired, lock, (type) => settle(offset, type)))
    }
    this.#keepQueued(lockMs)
    this.#wakeup.wake()
  }

  /** A record whose lock runs out while it waits for a handler has been delivered for nothing, and there are few deliveries. */
  #keepQueued(lockMs: number): void {
    if (!this.#keepsQueue || this.#keepTimer !== null) return
    const { env } = this.#cluster
    this.#keepTimer = env.timers.after(lockMs / 4, () => {
      this.#keepTimer = null
      for (const task of this.#queue) {
        // Who cannot renew it lets it run out.
        if (task.lock.isHeld && task.lock.isAging) task.lock.renew().catch(() => {})
      }
      if (this.#queue.length > 0) this.#keepQueued(lockMs)
    })
  }

  #onTrouble(node: BrokerNode, error: unknown): void {
    const { env, metadata } = this.#cluster
    env.logger.debug('share session begins anew', { group: this.#options.groupId, broker: node.id, error })
    metadata.invalidate()
    if (error instanceof Error && !isRetriable(error) && !SESSION_ERRORS.has((error as { code?: string }).code ?? '')) {
      this.#fail(error)
    } else this.#tell(error, 'retried')
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

  #tell(error: unknown, kind: 'retried' | 'thrown'): void {
    if (!(error instanceof Error) || this.#closing !== null) return
    this.#events.emit('error', { error, kind })
    this.#cluster.telemetry.failed({ role: 'share-consumer', groupId: this.#options.groupId }, error, kind)
  }

  #fail(error: Error): void {
    this.#tell(error, 'thrown')
    this.#failure ??= error
    this.#wakeup.wake()
  }

  async #close({ timeoutMs = 30_000 }: CallOptions): Promise<void> {
    const { env, roles } = this.#cluster
    roles.delete(this)
    this.#unsubscribe()
    this.#wakeup.wake()
    this.#keepTimer?.cancel()
    // What is held for a delayed release is released now, before the sessions end.
    this.#closed.abort(new ClosedError('the share consumer'))
    await new Promise<void>((resolve) => env.timers.defer(resolve))
    const context = this.#cluster.context({ timeoutMs })
    try {
      await Promise.allSettled([...this.#sessions.values()].map((session) => session.close(context.deadline)))
      await this.#membership.leave(context)
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
