/**
 * One share partition at the leader of its partition: its state, loaded from the share coordinator and stored there; the reads from the
 * log; the timer of its locks; and the fetches that wait for it, which are served in the order in which they came.
 */
import type { SharePersister } from '@ottla/coordinator'
import type { Clock, Logger } from '@ottla/env'
import type { AbortedTransaction, ReadResult } from '@ottla/log'
import { ErrorCode } from '@ottla/protocol'
import type { Deadline, Deadlines } from '../purgatory/deadlines.ts'
import type { Replica, ReplicaWatcher } from '../replica/replica.ts'
import { BatchWalk, cutBatches, hasTransactions, NONE_ABORTED } from './batch-walk.ts'
import { loadSharePartition } from './load-share-partition.ts'
import type { AcknowledgementBatch } from './partition/acknowledgement.ts'
import { type AcquiredRecords, type AcquireMode, countAcquired } from './partition/acquire.ts'
import { type DeadLetters, SharePartition } from './partition/share-partition.ts'
import { isFencing, isPassing, toClientError } from './share-errors.ts'
import type { ShareMetrics } from './share-metrics.ts'
import type { ShareSettings } from './share-settings.ts'
import { type Decided, RETRY_MS, StateWriter, type WriteOutcome } from './state-writer.ts'

export interface ShareLeaderOptions {
  readonly groupId: string
  readonly replica: Replica
  readonly persister: SharePersister
  readonly clock: Clock
  /** Calls back at the end of the turn. */
  readonly defer: (fn: () => void) => void
  readonly deadlines: Deadlines
  readonly logger: Logger
  readonly metrics: ShareMetrics
  /** Asked whenever a setting is needed. */
  readonly settings: () => ShareSettings
  /** Has records copied; `copied` is called once, when they are safe or never can be. */
  readonly bury: (leader: ShareLeader, letters: DeadLetters, copied: () => void) => void
  /** It is over: another one has to be made for whoever comes next. */
  readonly onGone: (leader: ShareLeader) => void
  /** Nothing is under way: it may be let go, if nobody needs it. */
  readonly onIdle: (leader: ShareLeader) => void
}

/** A fetch that waits. It is told in its turn and may read then. */
export interface ShareWaiter {
  /** There are records to acquire. */
  onAvailable(): void
  /** It is loaded, or will never be. */
  onChanged(): void
}

export interface ShareRead {
  readonly memberId: string
  readonly mode: AcquireMode
  readonly maxRecords: number
  readonly batchSize: number
  readonly maxBytes: number
  /** Read one batch, whatever its size. */
  readonly minOneBatch: boolean
  /** Asked after a read that took time. */
  readonly isWanted: () => boolean
}

export type ShareReadResult =
  | {
      readonly kind: 'records'
      readonly acquired: readonly AcquiredRecords[]
      readonly buffers: readonly Buffer[]
      readonly sizeBytes: number
      release(): void
    }
  | { readonly kind: 'nothing' }
  | { readonly kind: 'failed'; readonly error: number; readonly message: string }

const NOTHING: ShareReadResult = { kind: 'nothing' }
const NOWHERE = { from: -1, upTo: -1 }
const LOAD_RETRY_MS = 200
/** Before any was read. */
const FIRST_BYTES_PER_RECORD = 1024
/** Less is not worth a read. */
const READ_MIN_BYTES = 4096

export class ShareLeader implements ReplicaWatcher {
  readonly groupId: string
  readonly replica: Replica
  readonly leaderEpoch: number
  readonly #options: ShareLeaderOptions
  readonly #waiters = new Set<ShareWaiter>()
  #state: SharePartition | null = null
  #writer: StateWriter | null = null
  #failure: WriteOutcome | null = null
  #isReading = false
  /** Of what was read last: how many bytes are worth reading for so many records. */
  #bytesPerRecord = FIRST_BYTES_PER_RECORD
  /** A read from here up to there gave no batch: nothing is read until something changes. */
  #barren = NOWHERE
  #expiry: Deadline | null = null
  /** What it was set for: the deadline itself may be later by its rounding. */
  #expiryAtMs = Number.POSITIVE_INFINITY
  #retry: Deadline | null = null
  /** Copies that are safe, and whose archiving is not stored yet; and copies under way. */
  #safeCopies: { readonly firstOffset: number; readonly lastOffset: number }[] = []
  #copying = 0

  constructor(options: ShareLeaderOptions) {
    this.#options = options
    this.groupId = options.groupId
    this.replica = options.replica
    this.leaderEpoch = options.replica.leaderEpoch
  }

  /** Begins to load. */
  start(): void {
    this.replica.watch(this)
    this.replica.whenReady(() => void this.#load())
  }

  /** False while it is being loaded. */
  get isReady(): boolean {
    return this.#state !== null || this.#failure !== null
  }

  /** Why it cannot be used; null when it can, or may be soon. */
  get failure(): WriteOutcome | null {
    return this.#failure
  }

  /** For diagnostics and tests. */
  get state(): SharePartition | null {
    return this.#state
  }

  /** Nothing would be lost if it was let go and loaded again. */
  get isIdle(): boolean {
    if (this.#state === null || this.#writer === null) return this.#failure !== null
    return (
      this.#waiters.size === 0 &&
      !this.#isReading &&
      this.#copying === 0 &&
      this.#safeCopies.length === 0 &&
      this.#writer.isIdle &&
      !this.#state.hasUnwritten &&
      !this.#state.isHeld
    )
  }

  /** Something can be read and acquired now. */
  get isAvailable(): boolean {
    if (this.#isReading || this.#state === null || this.#failure !== null) return false
    const offset = this.#limited().nextOffset()
    const upTo = this.replica.visibleEnd(this.#options.settings().isolation)
    return offset !== null && upTo > offset && (this.#barren.from !== offset || this.#barren.upTo !== upTo)
  }

  /** `waiter` is told of what changes from now on, behind those who came before. */
  watch(waiter: ShareWaiter): void {
    this.#waiters.add(waiter)
  }

  unwatch(waiter: ShareWaiter): void {
    if (this.#waiters.delete(waiter)) this.#options.onIdle(this)
  }

  /** Reads and acquires. Synchronous where the log's tail has it. */
  read(request: ShareRead): ShareReadResult | Promise<ShareReadResult> {
    while (this.isAvailable) {
      const result = this.#readOnce(request)
      if (result instanceof Promise) return this.#readOn(result, request)
      if (result.kind !== 'nothing' || !request.minOneBatch || !request.isWanted()) return result
    }
    return NOTHING
  }

  async #readOn(first: Promise<ShareReadResult>, request: ShareRead): Promise<ShareReadResult> {
    let result = await first
    while (result.kind === 'nothing' && request.minOneBatch && request.isWanted() && this.isAvailable) {
      result = await this.#readOnce(request)
    }
    return result
  }

  /** When nothing comes of it, either there is something else to read next, or nothing until something changes. */
  #readOnce(request: ShareRead): ShareReadResult | Promise<ShareReadResult> {
    const { isolation } = this.#options.settings()
    const from = this.#limited().nextOffset()!
    const { maxRecords, minOneBatch } = request
    // What is not acquired was read in vain.
    const expectedBytes = Math.ceil(maxRecords * this.#bytesPerRecord)
    const maxBytes = Math.min(request.maxBytes, Math.max(READ_MIN_BYTES, expectedBytes))
    const upTo = this.replica.visibleEnd(isolation)
    const read = this.replica.log.read(from, { maxBytes, minOneBatch, upTo })
    this.#barren = { from, upTo }
    this.#isReading = true
    const result =
      read instanceof Promise ? read.then((late) => this.#look(late, from, request)) : this.#look(read, from, request)
    if (result instanceof Promise) return this.#finishReading(result, request)
    this.#isReading = false
    this.#concludeRead(result, request)
    return result
  }

  #concludeRead({ kind }: ShareReadResult, { minOneBatch, isWanted }: ShareRead): void {
    // Without an obligation to read one batch, or without anybody to give it to, nothing was found out.
    if (kind !== 'nothing' || !minOneBatch || !isWanted()) this.#barren = NOWHERE
  }

  /** Bytes that could be read now, up to a bound. */
  async measure(maxBytes: number): Promise<number> {
    if (!this.isAvailable) return 0
    const upTo = this.replica.visibleEnd(this.#options.settings().isolation)
    const read = await this.replica.log.read(this.#limited().nextOffset()!, { maxBytes, minOneBatch: true, upTo })
    if (read.kind !== 'records') return 0
    read.release()
    return read.sizeBytes
  }

  /** A member's decisions; `decided` is called once, at once or when they are stored. */
  acknowledge(memberId: string, batches: readonly AcknowledgementBatch[], decided: Decided): void {
    if (this.#failure !== null || this.#state === null || this.#writer === null) {
      decided(this.#failure ?? { error: ErrorCode.INVALID_RECORD_STATE, message: 'The member holds nothing.' })
      return
    }
    const result = this.#limited().acknowledge(memberId, batches, this.#now())
    if (result.kind === 'refused') {
      decided({ error: result.error, message: result.message })
      return
    }
    this.#count(batches)
    this.#armExpiry()
    if (result.transition === null) decided({ error: ErrorCode.NONE, message: '' })
    else this.#writer.add(result.transition, decided)
  }

  /** A member is gone: what it holds goes to others. */
  release(memberId: string): void {
    if (this.#state?.release(memberId)) {
      this.#writer!.flush()
      this.#wake()
    }
    this.#options.onIdle(this)
  }

  /** Its partition's leadership is over, its group's state was begun anew, or the broker stops. */
  end(outcome: WriteOutcome): void {
    if (this.#failure !== null) return
    this.#failure = outcome
    this.replica.unwatch(this)
    for (const deadline of [this.#expiry, this.#retry]) if (deadline !== null) this.#options.deadlines.cancel(deadline)
    this.#writer?.close(outcome)
    this.#options.onGone(this)
    for (const waiter of [...this.#waiters]) waiter.onChanged()
  }

  onVisible(): void {
    this.#wake()
  }

  onChanged(): void {
    const error = this.replica.leaderError(this.leaderEpoch)
    if (error !== ErrorCode.NONE) {
      const isFenced = error === ErrorCode.FENCED_LEADER_EPOCH
      this.end({ error: isFenced ? ErrorCode.NOT_LEADER_OR_FOLLOWER : error, message: 'The leader changed.' })
      return
    }
    if (this.#state?.logStartMoved(this.replica.logStartOffset)) this.#wake()
  }

  async #load(): Promise<void> {
    const { groupId, replica, leaderEpoch } = this
    const { persister, settings, clock, defer } = this.#options
    const error = replica.leaderError(leaderEpoch)
    if (this.#failure !== null) return
    if (error !== ErrorCode.NONE) {
      this.end({ error, message: 'The partition is not led here.' })
      return
    }
    const reset = settings().offsetReset
    const loaded = await loadSharePartition({
      groupId,
      replica,
      leaderEpoch,
      persister,
      reset,
      nowMs: clock.now(),
    }).catch((cause: Error) => ({
      kind: 'failed' as const,
      error: ErrorCode.UNKNOWN_SERVER_ERROR,
      message: cause.message,
    }))
    if (this.#failure !== null) return
    if (loaded.kind === 'failed') {
      this.#loadFailed(loaded)
      return
    }
    const state = new SharePartition(loaded.state, settings())
    state.logStartMoved(replica.logStartOffset)
    const { topicId, partition } = replica
    this.#state = state
    this.#writer = new StateWriter({
      persister,
      groupId,
      topicId,
      partition,
      leaderEpoch,
      stateEpoch: loaded.stateEpoch,
      state,
      now: () => this.#now(),
      defer,
      onWritten: (outcome) => this.#written(outcome),
    })
    if (loaded.isNew) this.#writer.writeNow()
    this.#buryDead()
    for (const waiter of [...this.#waiters]) waiter.onChanged()
    this.#wake()
    // Whoever had it loaded may be gone.
    this.#options.onIdle(this)
  }

  #loadFailed(outcome: WriteOutcome): void {
    if (!isPassing(outcome.error)) {
      this.end({ error: toClientError(outcome.error), message: outcome.message })
      return
    }
    // The share coordinator may be on its way. Who waits goes on waiting; who has no time left is answered empty.
    if (this.#waiters.size === 0) this.end({ error: toClientError(outcome.error), message: outcome.message })
    else this.#retry = this.#options.deadlines.after(LOAD_RETRY_MS, () => void this.#load())
  }

  #written({ error, message }: WriteOutcome): void {
    if (this.#failure !== null) return
    if (error !== ErrorCode.NONE) {
      this.#options.metrics.failedWrites += 1
      const { groupId, replica } = this
      const { topic, partition } = replica
      this.#options.logger.warn('share state cannot be stored', { groupId, topic, partition, error, message })
      if (isFencing(error)) {
        this.end({ error: toClientError(error), message })
        return
      }
      this.#retryLater()
    } else {
      this.#buryDead()
      if (this.#safeCopies.length > 0) this.#retryLater()
    }
    this.#armExpiry()
    this.#wake()
    this.#options.onIdle(this)
  }

  #retryLater(): void {
    if (this.#retry !== null) this.#options.deadlines.cancel(this.#retry)
    this.#retry = this.#options.deadlines.after(RETRY_MS, () => {
      this.#retry = null
      this.#archiveCopied()
      this.#writer?.flush()
    })
  }

  async #finishReading(reading: Promise<ShareReadResult>, request: ShareRead): Promise<ShareReadResult> {
    try {
      const result = await reading
      this.#concludeRead(result, request)
      return result
    } finally {
      this.#isReading = false
      this.#wake()
      this.#options.onIdle(this)
    }
  }

  #look(read: ReadResult, from: number, request: ShareRead): ShareReadResult | Promise<ShareReadResult> {
    if (read.kind === 'failed') return { kind: 'failed', error: read.error, message: read.message }
    if (read.kind === 'outOfRange') {
      this.#state?.logStartMoved(read.logStartOffset)
      return NOTHING
    }
    const isCommitted = this.#options.settings().isolation === 'read_committed'
    if (!isCommitted || !hasTransactions(read.buffers))
      return this.#acquire(read, from, { request, aborted: NONE_ABORTED })
    const aborted = this.replica.log.abortedTransactions(read.firstOffset, read.nextOffset)
    if (!(aborted instanceof Promise)) return this.#acquire(read, from, { request, aborted })
    return aborted.then(
      (late) => this.#acquire(read, from, { request, aborted: late }),
      () => {
        read.release()
        return { kind: 'failed', error: ErrorCode.KAFKA_STORAGE_ERROR, message: 'Aborted transactions are not known.' }
      },
    )
  }

  #acquire(
    read: Extract<ReadResult, { kind: 'records' }>,
    from: number,
    { request, aborted }: { request: ShareRead; aborted: readonly AbortedTransaction[] },
  ): ShareReadResult {
    if (this.#failure !== null || !request.isWanted()) {
      read.release()
      return NOTHING
    }
    if (read.sizeBytes > 0) this.#bytesPerRecord = (1.25 * read.sizeBytes) / (read.nextOffset - read.firstOffset)
    const { memberId, mode, maxRecords, batchSize } = request
    const batches = new BatchWalk(read.buffers, aborted)
    const acquired = this.#limited().acquire({ memberId, mode, maxRecords, batchSize, from, batches }, this.#now())
    if (acquired.length === 0) {
      read.release()
      return NOTHING
    }
    this.#options.metrics.acquiredRecords += countAcquired(acquired)
    this.#armExpiry()
    const buffers = cutBatches(read.buffers, acquired[0]!.firstOffset, acquired.at(-1)!.lastOffset)
    const sizeBytes = buffers.reduce((sum, { length }) => sum + length, 0)
    return { kind: 'records', acquired, buffers, sizeBytes, release: () => read.release() }
  }

  /** The state, with the settings as they are now. */
  #limited(): SharePartition {
    this.#state!.limits = this.#options.settings()
    return this.#state!
  }

  /** Tells those who wait, the first come first, as long as there is something for them. */
  #wake(): void {
    if (this.#waiters.size === 0) return
    for (const waiter of [...this.#waiters]) {
      if (!this.isAvailable) return
      if (this.#waiters.has(waiter)) waiter.onAvailable()
    }
  }

  #armExpiry(): void {
    const { deadlines } = this.#options
    const atMs = this.#state!.nextExpiryMs
    if (this.#expiryAtMs <= atMs) return
    if (this.#expiry !== null) deadlines.cancel(this.#expiry)
    this.#expiryAtMs = atMs
    this.#expiry = deadlines.after(Math.max(0, atMs - this.#now()), () => this.#expire())
  }

  #expire(): void {
    this.#expiry = null
    this.#expiryAtMs = Number.POSITIVE_INFINITY
    if (this.#failure !== null) return
    const { expired, transition } = this.#limited().expire(this.#now())
    this.#options.metrics.expiredLocks += expired
    this.#armExpiry()
    if (transition !== null) this.#writer!.add(transition, () => {})
    else this.#writer!.flush()
    if (expired > 0) this.#wake()
    this.#options.onIdle(this)
  }

  #buryDead(): void {
    for (const letters of this.#state!.takeDeadLetters()) {
      this.#copying += 1
      this.#options.bury(this, letters, () => {
        this.#copying -= 1
        this.#safeCopies.push(letters)
        this.#archiveCopied()
        this.#options.onIdle(this)
      })
    }
  }

  #archiveCopied(): void {
    if (this.#failure !== null) return
    const copies = this.#safeCopies
    this.#safeCopies = []
    for (const copy of copies) {
      const transition = this.#state!.archive(copy.firstOffset, copy.lastOffset)
      if (transition === null) continue
      this.#writer!.add(transition, ({ error }) => {
        if (error !== ErrorCode.NONE) this.#safeCopies.push(copy)
      })
    }
  }

  #count(batches: readonly AcknowledgementBatch[]): void {
    const { acknowledged } = this.#options.metrics
    const count = (type: number, records: number): void => {
      acknowledged[type] = acknowledged[type]! + records
    }
    for (const { firstOffset, lastOffset, acknowledgeTypes } of batches) {
      if (acknowledgeTypes.length === 1) count(acknowledgeTypes[0]!, lastOffset - firstOffset + 1)
      else for (const type of acknowledgeTypes) count(type, 1)
    }
  }

  #now(): number {
    return this.#options.clock.monotonic()
  }
}
