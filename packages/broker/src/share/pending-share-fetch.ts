/**
 * A share fetch from its arrival until it may be answered: waits until there is something to acquire, the maximum wait is over, or a partition has
 * an error that its member must hear of. Records are acquired when the response is the next to leave, so that no lock waits for a slow
 * reader. Ends in one call of `complete`.
 */
import type { AnswerOwner, ServerRequest } from '@ottla/net'
import type { Deadline, Deadlines } from '../purgatory/deadlines.ts'
import type { AcquireMode } from './partition/acquire.ts'
import { countAcquired } from './partition/acquire.ts'
import type { ShareLeader, ShareReadResult, ShareWaiter } from './share-leader.ts'
import type { TopicIdPartition } from './share-partition-key.ts'
import type { FoundLeader } from './share-service.ts'

export interface ShareTarget {
  readonly of: TopicIdPartition
  readonly found: FoundLeader
}

export interface ShareTargetResult {
  readonly of: TopicIdPartition
  readonly result: ShareReadResult
}

export interface PendingShareFetchOptions {
  /** In the order in which they are read. */
  readonly targets: readonly ShareTarget[]
  readonly memberId: string
  readonly mode: AcquireMode
  readonly maxRecords: number
  readonly batchSize: number
  readonly minBytes: number
  readonly maxBytes: number
  /** What is left of the member's maximum wait. */
  readonly maxWaitMs: number
  readonly deadlines: Deadlines
  readonly exchange: ServerRequest
  /** Something that never should happen. */
  readonly onFault: (error: unknown) => void
}

/** Called once, with all targets read; or with null when nobody waits for it any more. */
export type ShareFetchCompletion = (results: ShareTargetResult[] | null) => void

/** More than a member takes at once is not looked at: what is not acquired was read in vain. */
const READ_BYTES = 1 << 20

export class PendingShareFetch implements ShareWaiter, AnswerOwner {
  readonly #options: PendingShareFetchOptions
  readonly #complete: ShareFetchCompletion
  #deadline: Deadline | null = null
  #state: 'waiting' | 'reading' | 'done' = 'waiting'
  #isTimeOver = false
  #isMeasuring = false

  constructor(options: PendingShareFetchOptions, complete: ShareFetchCompletion) {
    this.#options = options
    this.#complete = complete
  }

  start(): void {
    const { targets, maxWaitMs, maxRecords, maxBytes, deadlines, exchange } = this.#options
    exchange.owner = this
    if (targets.length === 0 || maxRecords <= 0 || maxBytes <= 0) {
      this.#isTimeOver = true
      this.#answer()
      return
    }
    this.#watch()
    if (maxWaitMs > 0 && !exchange.connection.isDraining) {
      this.#deadline = deadlines.after(maxWaitMs, () => this.#timeIsOver())
    } else this.#isTimeOver = true
    this.#judge()
  }

  onAvailable(): void {
    this.#judge()
  }

  onChanged(): void {
    if (this.#options.exchange.connection.isDraining) this.#timeIsOver()
    else this.#judge()
  }

  abandoned(): void {
    this.#answer()
  }

  /** Decides whether to answer now. */
  #judge(): void {
    if (this.#state !== 'waiting') return
    const { targets, minBytes } = this.#options
    if (this.#isTimeOver || targets.some(hasFailed)) this.#answer()
    else if (targets.some(isAvailable)) {
      if (minBytes <= 1) this.#answer()
      else this.#measure(readable(targets)).catch(this.#options.onFault)
    }
  }

  /** With a minimum above one byte: what is there is measured by reads. */
  async #measure(leaders: readonly ShareLeader[]): Promise<void> {
    if (this.#isMeasuring) return
    this.#isMeasuring = true
    const { minBytes, maxBytes } = this.#options
    let bytes = 0
    for (const leader of leaders) if (bytes < minBytes) bytes += await leader.measure(Math.min(maxBytes, READ_BYTES))
    this.#isMeasuring = false
    if (bytes >= Math.min(minBytes, READ_BYTES)) this.#answer()
  }

  #timeIsOver(): void {
    this.#isTimeOver = true
    this.#answer()
  }

  #answer(): void {
    if (this.#state !== 'waiting') return
    this.#leave()
    this.#state = 'reading'
    this.#options.exchange.whenWritable(() => void this.#read().catch(this.#options.onFault))
  }

  async #read(): Promise<void> {
    const { targets, exchange, memberId, mode, batchSize } = this.#options
    if (exchange.isOver) {
      this.#finish(null)
      return
    }
    const results: ShareTargetResult[] = []
    let recordsLeft = this.#options.maxRecords
    let bytesLeft = exchange.takeShare(Math.max(0, Math.min(this.#options.maxBytes, READ_BYTES * targets.length)))
    let needsFirst = true
    for (const { of, found } of targets) {
      let result = failureOf(found)
      if (result === null && found.kind === 'leader' && recordsLeft > 0 && (bytesLeft > 0 || needsFirst)) {
        const isWanted = (): boolean => !exchange.isOver
        if (!isWanted()) break
        const maxBytes = Math.min(Math.max(bytesLeft, 0), READ_BYTES)
        const request = {
          memberId,
          mode,
          maxRecords: recordsLeft,
          batchSize,
          maxBytes,
          minOneBatch: needsFirst,
          isWanted,
        }
        const read = found.leader.read(request)
        result = read instanceof Promise ? await read : read
      }
      if (result?.kind === 'records') {
        recordsLeft -= countAcquired(result.acquired)
        bytesLeft -= result.sizeBytes
        needsFirst = false
      }
      results.push({ of, result: result ?? { kind: 'nothing' } })
    }
    this.#conclude(results)
  }

  /** Another one may have been faster: then the wait goes on. */
  #conclude(results: ShareTargetResult[]): void {
    const { exchange } = this.#options
    const isEmpty = results.every(({ result }) => result.kind === 'nothing')
    if (!isEmpty || this.#isTimeOver || exchange.isOver || exchange.connection.isDraining) {
      this.#finish(results)
      return
    }
    exchange.returnShare()
    this.#state = 'waiting'
    this.#watch()
    this.#judge()
  }

  #finish(results: ShareTargetResult[] | null): void {
    if (this.#state === 'done') return
    this.#state = 'done'
    if (this.#deadline !== null) this.#options.deadlines.cancel(this.#deadline)
    this.#deadline = null
    this.#complete(results)
  }

  #watch(): void {
    for (const { found } of this.#options.targets) if (found.kind === 'leader') found.leader.watch(this)
  }

  #leave(): void {
    for (const { found } of this.#options.targets) if (found.kind === 'leader') found.leader.unwatch(this)
  }
}

export function releaseAll(results: readonly ShareTargetResult[]): void {
  for (const { result } of results) if (result.kind === 'records') result.release()
}

function readable(targets: readonly ShareTarget[]): ShareLeader[] {
  return targets.flatMap(({ found }) =>
    found.kind === 'leader' && found.leader.failure === null ? [found.leader] : [],
  )
}

function isAvailable({ found }: ShareTarget): boolean {
  return found.kind === 'leader' && found.leader.isAvailable
}

function hasFailed({ found }: ShareTarget): boolean {
  return found.kind === 'failed' || found.leader.failure !== null
}

function failureOf(found: FoundLeader): ShareReadResult | null {
  if (found.kind === 'failed') return { kind: 'failed', error: found.error, message: found.message }
  const { failure } = found.leader
  return failure === null ? null : { kind: 'failed', ...failure }
}
