/**
 * Works on records, several at once, in order where order is wanted:
 *
 *     taken ──► lane (a partition, or a key of one) ──► worked on, one per lane ──► done ──► committed up to the first that is not
 */
import type { Env, Timer } from '@ottla/env'
import { Deque } from '@ottla/stdx'
import { ArgumentError, ClosedError, type CodecError } from '../../errors.ts'
import type { FailedRecords } from '../../retry/failed-records.ts'
import { delay } from '../../time/delay.ts'
import { partitionKey, type TopicPartition } from '../../topic-partition.ts'
import type { ConsumerRecord } from '../consumer-record.ts'
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

/** A record to work on. */
interface Work<K, V> extends Delivery<K, V> {
  /** As it was read, where it may have to be sent on; null otherwise. */
  readonly raw: ConsumerRecord | null
  /** It could not be decoded: this is why, and the handler does not see it. */
  readonly problem: CodecError | null
}

interface Lane<K, V> {
  readonly id: string
  readonly waiting: Deque<Work<K, V>>
}

/** A partition is looked at again after so long, however late its next record is due: wall time may jump. */
const LONGEST_HOLD_MS = 60_000
const JITTER_STEPS = 2 ** 20

export class Runner<K, V> {
  readonly #env: Env
  readonly #source: RecordSource<K, V>
  readonly #handler: RecordHandler<K, V>
  readonly #options: ResolvedRunOptions<K, V>
  readonly #lanes = new Map<string, Lane<K, V>>()
  /** Lanes with something to do and nobody at it. */
  readonly #idleLanes = new Deque<Lane<K, V>>()
  readonly #held = new Map<PartitionState, Held>()
  /** Partitions whose next record is not due yet. */
  readonly #heldBack = new Map<PartitionState, Timer>()
  /** Where failed records go; null: nowhere. With it the source gives bytes. */
  readonly #failed: FailedRecords | null
  readonly #ended = new AbortController()
  #heldCount = 0
  #running = 0
  #nextLane = 0
  #failure: { readonly error: unknown } | null = null
  #onIdle: (() => void) | null = null

  constructor(
    env: Env,
    source: RecordSource<K, V>,
    work: {
      readonly handler: RecordHandler<K, V>
      readonly options: ResolvedRunOptions<K, V>
      readonly failed: FailedRecords | null
    },
  ) {
    this.#env = env
    this.#source = source
    this.#handler = work.handler
    this.#options = work.options
    this.#failed = work.failed
  }

  /** Resolves when the signal aborted or the consumer was closed; rejects with what ended the run. */
  async run(): Promise<void> {
    const { signal, maxHeld } = this.#options
    const stop = (): void => this.#source.wake()
    signal?.addEventListener('abort', stop, { once: true })
    try {
      while (!this.#isOver) {
        const limit = maxHeld - this.#heldCount
        const taken = await this.#source.take({ limit, timeoutMs: Number.POSITIVE_INFINITY })
        const current = taken.filter((delivery) => this.#source.isCurrent(delivery))
        for (const delivery of this.#due(current)) this.#accept(delivery)
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

  /** Offset of the first record of the partition that is in hand and not done; null when there is none. */
  firstUndone(state: PartitionState): number | null {
    return this.#held.get(state)?.tracker.first ?? null
  }

  get #isOver(): boolean {
    return this.#failure !== null || this.#options.signal?.aborted === true || this.#source.isClosed
  }

  /** Those that may be worked on now. A partition with one that may not is held back from there on. */
  #due(deliveries: Delivery<K, V>[]): Delivery<K, V>[] {
    const failed = this.#failed
    if (failed === null) return deliveries
    const early = new Map<PartitionState, { readonly dueAt: number; readonly records: ConsumerRecord<K, V>[] }>()
    const due: Delivery<K, V>[] = []
    for (const delivery of deliveries) {
      const { record, state } = delivery
      const before = early.get(state)
      const dueAt = before === undefined ? failed.dueAt(record as unknown as ConsumerRecord) : before.dueAt
      if (before !== undefined) before.records.push(record)
      else if (dueAt > this.#env.clock.now()) early.set(state, { dueAt, records: [record] })
      else due.push(delivery)
    }
    for (const [state, { dueAt, records }] of early) {
      this.#source.giveBack(state, records)
      const waitMs = Math.min(LONGEST_HOLD_MS, dueAt - this.#env.clock.now())
      // Of a partition that was sought elsewhere meanwhile.
      this.#heldBack.get(state)?.cancel()
      this.#heldBack.set(
        state,
        this.#env.timers.after(waitMs, () => this.#letGo(state)),
      )
    }
    return due
  }

  #letGo(state: PartitionState): void {
    this.#heldBack.get(state)?.cancel()
    this.#heldBack.delete(state)
    state.isHeldBack = false
    this.#source.wake()
  }

  #accept(delivery: Delivery<K, V>): void {
    const { state } = delivery
    const work = this.#decoded(delivery)
    const { record } = work
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
    const id = this.#laneOf(work)
    let lane = this.#lanes.get(id)
    if (lane === undefined) {
      this.#lanes.set(id, (lane = { id, waiting: new Deque() }))
      this.#idleLanes.pushBack(lane)
    }
    lane.waiting.pushBack(work)
  }

  #decoded(delivery: Delivery<K, V>): Work<K, V> {
    if (this.#failed === null) return { ...delivery, raw: null, problem: null }
    const raw = delivery.record as unknown as ConsumerRecord
    try {
      const record = this.#failed.decode(raw) as ConsumerRecord<K, V>
      return { ...delivery, record, raw, problem: null }
    } catch (problem) {
      return { ...delivery, raw, problem: problem as CodecError }
    }
  }

  #laneOf({ record, state }: Work<K, V>): string {
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
  async #attempt(work: Work<K, V>, { left }: Held): Promise<boolean> {
    const { attempts, isRetriable } = this.#options.retry
    const round = work.raw === null ? 1 : this.#failed!.roundOf(work.raw)
    const signal = AbortSignal.any([this.#ended.signal, left.signal])
    for (let attempt = 1; ; attempt += 1) {
      try {
        if (work.problem !== null) throw work.problem
        await this.#handler(work.record, { signal, attempt, round })
        return true
      } catch (error) {
        if (signal.aborted) return false
        const mayRetry = work.problem === null && isRetriable(error)
        if (!mayRetry || attempt >= attempts) return await this.#settleFailure(work, { error, mayRetry })
        const isInTime = await delay(this.#env, this.#backoffMs(attempt), signal).then(
          () => true,
          () => false,
        )
        if (!isInTime) return false
      }
    }
  }

  #backoffMs(attempt: number): number {
    const { backoffMs, factor, maxBackoffMs, jitter } = this.#options.retry
    const base = Math.min(maxBackoffMs, backoffMs * factor ** (attempt - 1))
    const spread = (this.#env.random.below(JITTER_STEPS) / JITTER_STEPS) * 2 - 1
    return base * (1 + spread * jitter)
  }

  /** True when the record is done nevertheless: something else has it now, or nobody wants it. */
  async #settleFailure(
    { record, raw, problem }: Work<K, V>,
    { error, mayRetry }: { readonly error: unknown; readonly mayRetry: boolean },
  ): Promise<boolean> {
    const failed = this.#failed
    try {
      if (mayRetry && failed !== null && (await failed.sendToRetry(raw!, error))) return true
      const { deadLetter, onFailed } = this.#options
      const ofUndecodable = deadLetter === null ? 'stop' : 'dead-letter'
      const outcome = problem === null ? await onFailed(record, error) : ofUndecodable
      if (outcome === 'skip') return true
      if (outcome === 'dead-letter') {
        if (failed === null || deadLetter === null) throw new ArgumentError('there is no dead-letter topic')
        await failed.sendToDeadLetters(raw!, error)
        return true
      }
      this.#failure ??= { error }
    } catch (failure) {
      this.#failure ??= { error: failure }
    }
    return false
  }

  #done({ record, state, seeks }: Work<K, V>, held: Held): void {
    if (held.seeks !== seeks) return
    const reached = held.tracker.done(record.offset)
    if (reached !== null && state.seeks === seeks) markDone(state, reached.offset, reached.leaderEpoch)
  }

  /** Takes what waits of the partition out of its lanes. */
  #drop(state: PartitionState): void {
    this.#letGo(state)
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
    this.#rewind()
  }

  /** What was taken and is not done comes again to whoever reads on. */
  #rewind(): void {
    for (const [state, { tracker, seeks }] of this.#held) {
      const { first } = tracker
      if (first !== null && state.seeks === seeks) state.seek(first)
    }
    for (const state of [...this.#heldBack.keys()]) {
      this.#letGo(state)
      if (state.position !== null) state.seek(state.position)
    }
  }
}

/** The same for keys that are the same. */
function textOfKey(key: unknown): string {
  if (Buffer.isBuffer(key)) return key.toString('latin1')
  return typeof key === 'object' ? JSON.stringify(key) : String(key)
}
