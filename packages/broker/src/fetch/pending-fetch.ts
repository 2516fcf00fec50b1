/**
 * A fetch from its arrival until it may be answered: waits for replicas to be ready, then until there are minimum bytes, the
 * maximum wait is over, or something happened that the client must hear of. Ends in one call of `complete`.
 */
import type { AnswerOwner, ServerRequest } from '@ottla/net'
import { ErrorCode } from '@ottla/protocol'
import type { Deadline, Deadlines } from '../purgatory/deadlines.ts'
import type { Isolation, Replica, ReplicaWatcher, VisibleBytes } from '../replica/replica.ts'
import { type FetchTarget, targetState } from './fetch-target.ts'
import { readTargets, releaseAll, type TargetResult } from './read-targets.ts'

export interface PendingFetchOptions {
  readonly targets: readonly FetchTarget[]
  readonly isolation: Isolation
  readonly minBytes: number
  readonly maxBytes: number
  /** What is left of the client's maximum wait. */
  readonly maxWaitMs: number
  readonly deadlines: Deadlines
  readonly exchange: ServerRequest
}

/** Called once, when the response can be written, with all targets read; or with null when nobody waits for it any more. */
export type FetchCompletion = (results: TargetResult[] | null) => void

export class PendingFetch implements ReplicaWatcher, AnswerOwner {
  readonly #options: PendingFetchOptions
  readonly #complete: FetchCompletion
  #availableBytes = 0
  #deadline: Deadline | null = null
  #state: 'waiting' | 'reading' | 'done' = 'waiting'
  #isWatching = false
  /** Something is to be done when the response is the next to leave. */
  #isQueued = false

  constructor(options: PendingFetchOptions, complete: FetchCompletion) {
    this.#options = options
    this.#complete = complete
  }

  start(): void {
    const { targets, exchange, maxWaitMs, deadlines } = this.#options
    exchange.owner = this
    let unready = 1
    const oneReady = (): void => {
      unready -= 1
      if (unready === 0 && this.#state === 'waiting') this.#judge()
    }
    for (const { replica } of targets) {
      if (replica === undefined || replica.isReady) continue
      unready += 1
      replica.whenReady(oneReady)
    }
    oneReady()
    if (maxWaitMs > 0 && this.#state === 'waiting') this.#deadline = deadlines.after(maxWaitMs, () => this.#answer())
  }

  onVisible(replica: Replica, bytes: VisibleBytes): void {
    const { isolation, minBytes, exchange } = this.#options
    this.#availableBytes += bytes[isolation]
    if (bytes[isolation] === 0 || this.#availableBytes < minBytes) return
    if (!this.#begin()) return
    // What is left to be done for the fetch is done once the records are on their way.
    if (replica.tellsFirst) exchange.connection.sendNow()
    this.#leave()
  }

  onChanged(): void {
    this.#answer()
  }

  abandoned(): void {
    this.#answer()
  }

  /** Decides whether to answer at once or to wait. */
  #judge(): void {
    const { targets, isolation, minBytes, exchange } = this.#options
    const maxWaitMs = exchange.connection.isDraining ? 0 : this.#options.maxWaitMs
    let hasRecords = false
    for (const target of targets) {
      const state = targetState(target, isolation)
      if (state.kind !== 'readable') {
        this.#answer()
        return
      }
      hasRecords ||= state.hasRecords
    }
    if (maxWaitMs <= 0 || targets.length === 0 || minBytes <= 0 || (hasRecords && minBytes === 1)) {
      this.#answer()
      return
    }
    this.#isWatching = true
    for (const { replica } of targets) replica?.watch(this)
    if (hasRecords) this.#whenWritable()
  }

  /**
   * With a minimum above one byte: what is there already is measured by a read, which is the answer when it is enough. Only when the
   * response may leave: a client that asks much and reads nothing has one read made for it. What it takes counts as memory of a response.
   */
  #readAvailable(): void {
    const { targets, exchange, isolation, minBytes } = this.#options
    // What became visible before now is in what is read.
    this.#availableBytes = 0
    const maxBytes = exchange.takeShare(this.#options.maxBytes)
    const read = readTargets(targets, { isolation, maxBytes })
    const take = (results: TargetResult[]): void => {
      if (this.#state !== 'waiting') {
        releaseAll(results)
        return
      }
      let bytes = 0
      for (const result of results) bytes += this.#availableOf(result)
      if (bytes >= minBytes) {
        this.#leave()
        this.#finish(results)
        return
      }
      releaseAll(results)
      exchange.returnShare()
      this.#availableBytes += bytes
      if (this.#availableBytes >= minBytes) this.#answer()
    }
    if (read instanceof Promise) void read.then(take)
    else take(read)
  }

  /**
   * Bytes of one target that are there. Where batches are left out, as many as its limit, though they did not fill it: more will
   * never be read at once.
   */
  #availableOf({ target, records, highWatermark, lastStableOffset }: TargetResult): number {
    if (records === null) return 0
    const { isolation, maxBytes } = this.#options
    const end = isolation === 'read_committed' ? lastStableOffset : highWatermark
    if (records.nextOffset >= end) return records.sizeBytes
    return Math.max(records.sizeBytes, Math.min(target.request.maxBytes, maxBytes))
  }

  #answer(): void {
    if (this.#begin()) this.#leave()
  }

  /** False when an answer was begun already. */
  #begin(): boolean {
    if (this.#state !== 'waiting') return false
    this.#state = 'reading'
    this.#whenWritable()
    return true
  }

  /** Goes on when the response is the next to leave: with the read, or while nothing has happened yet with the measuring. */
  #whenWritable(): void {
    if (this.#isQueued) return
    this.#isQueued = true
    this.#options.exchange.whenWritable(() => {
      this.#isQueued = false
      if (this.#state === 'reading') this.#read()
      else if (this.#state === 'waiting') this.#readAvailable()
    })
  }

  #read(): void {
    if (this.#options.exchange.isOver) {
      this.#finish(null)
      return
    }
    // A replica that was not ready in time cannot be read.
    const { targets } = this.#options
    const ready = targets.every(isReady) ? targets : targets.map((each) => (isReady(each) ? each : notReady(each)))
    const maxBytes = this.#options.exchange.takeShare(this.#options.maxBytes)
    const results = readTargets(ready, { isolation: this.#options.isolation, maxBytes })
    if (results instanceof Promise) void results.then((late) => this.#finish(late))
    else this.#finish(results)
  }

  #finish(results: TargetResult[] | null): void {
    if (this.#state === 'done') return
    this.#state = 'done'
    this.#complete(results)
  }

  #leave(): void {
    if (this.#deadline !== null) this.#options.deadlines.cancel(this.#deadline)
    this.#deadline = null
    if (this.#isWatching) for (const { replica } of this.#options.targets) replica?.unwatch(this)
  }
}

function isReady({ replica }: FetchTarget): boolean {
  return replica === undefined || replica.isReady
}

function notReady(target: FetchTarget): FetchTarget {
  return { request: target.request, replica: undefined, error: ErrorCode.NOT_LEADER_OR_FOLLOWER }
}
