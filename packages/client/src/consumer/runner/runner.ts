/**
 * Works on records, several at once, in order where order is wanted:
 *
 *     taken ──► lane (a partition, or a key of one) ──► worked on, one per lane ──► done ──► committed up to the first that is not
 */
import type { Env } from '@ottla/env'
import { Deque } from '@ottla/stdx'
import { ClosedError } from '../../errors.ts'
import { delay } from '../../time/delay.ts'
import { partitionKey, type TopicPartition } from '../../topic-partition.ts'
import type { PartitionState } from '../partition-state.ts'
import { OffsetTracker } from './offset-tracker.ts'
import { type Delivery, markDone, type RecordSource } from './record-source.ts'
import type { RecordHandler, ResolvedRunOptions } from './run-options.ts'

/** What is held of one partition. */
interface Held {
  tracker: OffsetTracker
  /** Number of seeks of the partition that the tracker belongs to. */
  seeks: number
  /** Ends when the partition is given away. */
  readonly left: AbortController
  /** Handlers that run. */
  running: number
  /** Called when the last handler is done. */
  onIdle: (() => void) | null
}

interface Lane<K, V> {
  readonly id: string
  readonly waiting: Deque<Delivery<K, V>>
}

const LONGEST_BACKOFF_MS = 60_000

export class Runner<K, V> {
  readonly #env: Env
  readonly #source: RecordSource<K, V>
  readonly #handler: RecordHandler<K, V>
  readonly #options: ResolvedRunOptions<K, V>
  readonly #lanes = new Map<string, Lane<K, V>>()
  /** Lanes with something to do and nobody at it. */
  readonly #idleLanes = new Deque<Lane<K, V>>()
  readonly #held = new Map<PartitionState, Held>()
  readonly #ended = new AbortController()
  #heldCount = 0
  #running = 0
  #nextLane = 0
  #failure: { readonly error: unknown } | null = null
  #onIdle: (() => void) | null = null

  constructor(
    env: Env,
    source: RecordSource<K, V>,
    work: { readonly handler: RecordHandler<K, V>; readonly options: ResolvedRunOptions<K, V> },
  ) {
    this.#env = env
    this.#source = source
    this.#handler = work.handler
    this.#options = work.options
  }

  /** Resolves when the signal aborted or the consumer was closed; rejects with what ended the run. */
  async run(): Promise<void> {
    const { signal, maxHeld } = this.#options
    const stop = (): void => this.#source.wake()
    signal?.addEventListener('abort', stop, { once: true })
    try {
      while (!this.#isOver) {
        const limit = maxHeld - this.#heldCount
        const deliveries = await this.#source.take({ limit, timeoutMs: Number.POSITIVE_INFINITY })
        for (const delivery of deliveries) if (this.#source.isCurrent(delivery)) this.#accept(delivery)
        this.#start()
      }
    } catch (error) {
      if (!(error instanceof ClosedError)) this.#failure ??= { error }
    } finally {
      signal?.removeEventListener('abort', stop)
    }
    await this.#finish()
    if (this.#failure !== null) throw this.#failure.error
  }

  /** The partitions go: what waits of them is dropped, what is worked on is told and waited for. */
  async giveAway(partitions: readonly TopicPartition[]): Promise<void> {
    const keys = new Set(partitions.map(({ topic, partition }) => partitionKey(topic, partition)))
    const leaving = [...this.#held].filter(([state]) => keys.has(state.key))
    for (const [state] of leaving) this.#drop(state)
    for (const [, held] of leaving) {
      held.left.abort(new Error('the partition is given away'))
      if (held.running > 0) await new Promise<void>((resolve) => (held.onIdle = resolve))
    }
    for (const [state] of leaving) this.#held.delete(state)
  }

  get #isOver(): boolean {
    return this.#failure !== null || this.#options.signal?.aborted === true || this.#source.isClosed
  }

  #accept(delivery: Delivery<K, V>): void {
    const { record, state } = delivery
    let held = this.#held.get(state)
    if (held === undefined) {
      const left = new AbortController()
      held = { tracker: new OffsetTracker(), seeks: delivery.seeks, left, running: 0, onIdle: null }
      this.#held.set(state, held)
    } else if (held.seeks !== delivery.seeks) {
      held.tracker = new OffsetTracker()
      held.seeks = delivery.seeks
    }
    held.tracker.add(record.offset, record.leaderEpoch)
    this.#heldCount += 1
    const id = this.#laneOf(delivery)
    let lane = this.#lanes.get(id)
    if (lane === undefined) {
      this.#lanes.set(id, (lane = { id, waiting: new Deque() }))
      this.#idleLanes.pushBack(lane)
    }
    lane.waiting.pushBack(delivery)
  }

  #laneOf({ record, state }: Delivery<K, V>): string {
    const { order } = this.#options
    if (order === 'partition') return state.key
    if (order === 'none' || record.key === null) return `${this.#nextLane++}`
    return `${state.key}/${textOfKey(record.key)}`
  }

  #start(): void {
    while (this.#running < this.#options.concurrency && !this.#isOver) {
      const lane = this.#idleLanes.popFront()
      if (lane === undefined) return
      void this.#work(lane)
    }
  }

  async #work(lane: Lane<K, V>): Promise<void> {
    const delivery = lane.waiting.popFront()
    if (delivery === undefined) {
      this.#lanes.delete(lane.id)
      return
    }
    const held = this.#held.get(delivery.state)
    if (held !== undefined && this.#source.isCurrent(delivery)) {
      this.#running += 1
      held.running += 1
      const isDone = await this.#attempt(delivery, held)
      held.running -= 1
      this.#running -= 1
      if (isDone) this.#done(delivery, held)
      if (held.running === 0) held.onIdle?.()
    }
    this.#heldCount -= 1
    if (lane.waiting.size > 0) this.#idleLanes.pushBack(lane)
    else this.#lanes.delete(lane.id)
    this.#start()
    this.#source.wake()
    if (this.#running === 0) this.#onIdle?.()
  }

  /** False when the record is not done. */
  async #attempt({ record }: Delivery<K, V>, { left }: Held): Promise<boolean> {
    const { attempts, retryBackoffMs, onFailed } = this.#options
    const signal = AbortSignal.any([this.#ended.signal, left.signal])
    for (let attempt = 1; ; attempt += 1) {
      try {
        await this.#handler(record, { signal, attempt })
        return true
      } catch (error) {
        if (signal.aborted) return false
        if (attempt < attempts) {
          const waitMs = Math.min(LONGEST_BACKOFF_MS, retryBackoffMs * 2 ** (attempt - 1))
          const isInTime = await delay(this.#env, waitMs, signal).then(
            () => true,
            () => false,
          )
          if (!isInTime) return false
          continue
        }
        return await this.#failed(record, { error, onFailed })
      }
    }
  }

  async #failed(
    record: Delivery<K, V>['record'],
    { error, onFailed }: { readonly error: unknown } & Pick<ResolvedRunOptions<K, V>, 'onFailed'>,
  ): Promise<boolean> {
    try {
      if ((await onFailed(record, error)) === 'skip') return true
      this.#failure ??= { error }
    } catch (failure) {
      this.#failure ??= { error: failure }
    }
    return false
  }

  #done({ record, state, seeks }: Delivery<K, V>, held: Held): void {
    if (held.seeks !== seeks) return
    const reached = held.tracker.done(record.offset)
    if (reached !== null && state.seeks === seeks) markDone(state, reached.offset, reached.leaderEpoch)
  }

  /** Takes what waits of the partition out of its lanes. */
  #drop(state: PartitionState): void {
    for (const lane of this.#lanes.values()) {
      for (let left = lane.waiting.size; left > 0; left -= 1) {
        const delivery = lane.waiting.popFront()!
        if (delivery.state === state) this.#heldCount -= 1
        else lane.waiting.pushBack(delivery)
      }
    }
  }

  async #finish(): Promise<void> {
    this.#ended.abort(new Error('the run is over'))
    if (this.#running > 0) await new Promise<void>((resolve) => (this.#onIdle = resolve))
    await this.#source.commit()
  }
}

/** The same for keys that are the same. */
function textOfKey(key: unknown): string {
  if (Buffer.isBuffer(key)) return key.toString('latin1')
  return typeof key === 'object' ? JSON.stringify(key) : String(key)
}
