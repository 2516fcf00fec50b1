/** Which of the records that were read a member gets, and how many (KIP-932, KIP-1206). */
import type { InFlightWindow } from './in-flight-window.ts'
import { DeliveryState, newRun, type Run } from './run.ts'

/** Record batches of the log one after the other, as far as they matter here: no object for each, as a batch may be one record. */
export interface BatchCursor {
  /** Goes to the next batch; false at the end. */
  next(): boolean
  readonly first: number
  readonly last: number
  /** 'skipped': nothing in it is for members: a control batch, or one of an aborted transaction under read_committed. */
  readonly kind: 'data' | 'skipped'
}

/** Records that a member acquired, as the response names them. */
export interface AcquiredRecords {
  readonly firstOffset: number
  lastOffset: number
  readonly deliveryCount: number
}

/** 'batch_optimized' gives whole batches: the maximum is reached, and passed by the rest of the last one. */
export type AcquireMode = 'batch_optimized' | 'record_limit'

export interface AcquireRequest {
  readonly memberId: string
  readonly mode: AcquireMode
  readonly maxRecords: number
  /** Acquired records are named in parts of at least so many, which end where a batch ends. */
  readonly batchSize: number
  /** When the locks end. */
  readonly lockUntilMs: number
  /** The offset that was read from; in the window, or its end. */
  readonly from: number
  /** What was read, in order: the batch that holds `from`, and those behind it. Holes between them are records that are not there any more. */
  readonly batches: BatchCursor
}

export interface AcquireLimits {
  readonly maxRecordLocks: number
  readonly deliveryCountLimit: number
}

/** Changes the window and gives what was acquired. */
export function acquire(window: InFlightWindow, request: AcquireRequest, limits: AcquireLimits): AcquiredRecords[] {
  return new Acquisition(window, request, limits).run()
}

class Acquisition {
  readonly #window: InFlightWindow
  readonly #request: AcquireRequest
  readonly #limits: AcquireLimits
  readonly #acquired: AcquiredRecords[] = []
  /** Records that were delivered so often already come alone or in small parts: one that kills its consumer takes few others along. */
  readonly #rareFrom: number
  #left: number
  #isOver = false
  /** A run of new records that is in no window: batch after batch goes into the one before. */
  #spare: Run | null = null

  constructor(window: InFlightWindow, request: AcquireRequest, limits: AcquireLimits) {
    this.#window = window
    this.#request = request
    this.#limits = limits
    this.#left = request.maxRecords
    this.#rareFrom = Math.max(2, Math.ceil(limits.deliveryCountLimit / 2))
  }

  run(): AcquiredRecords[] {
    const { from, batches } = this.#request
    let at = from
    while (!this.#isOver && this.#left > 0 && batches.next()) {
      const { first, last, kind } = batches
      if (last < at) continue
      if (first > at) this.#skip(at, first - 1)
      at = Math.max(at, first)
      if (kind === 'data') this.#take(at, last)
      else this.#skip(at, last)
      at = last + 1
    }
    if (at > from) this.#window.settle(from, at - 1)
    return this.#acquired
  }

  /** Records that nobody will ever get are archived. That needs no write: whoever loads the state finds it out again. */
  #skip(first: number, last: number): void {
    const window = this.#window
    const end = window.endOffset
    if (first < end) {
      for (const run of window.cut(Math.max(first, window.startOffset), Math.min(last, end - 1))) {
        if (run.state === DeliveryState.AVAILABLE) window.become(run, DeliveryState.ARCHIVED)
      }
    }
    if (last >= end) window.append(newRun(Math.max(first, end), last, DeliveryState.ARCHIVED))
  }

  #take(first: number, last: number): void {
    const window = this.#window
    const end = window.endOffset
    if (first < end) {
      for (const run of window.overlapping(first, Math.min(last, end - 1))) {
        if (run.state !== DeliveryState.AVAILABLE) continue
        this.#takeAgain(run, Math.max(first, run.first), Math.min(last, run.last))
        if (this.#isOver || this.#left <= 0) return
      }
    }
    if (last >= end) this.#takeNew(Math.max(first, end), last)
  }

  #takeAgain(run: Run, first: number, last: number): void {
    const { mode, memberId, lockUntilMs } = this.#request
    let count = last - first + 1
    if (run.deliveryCount >= this.#rareFrom) {
      // They come alone, whatever else was asked for.
      this.#isOver = true
      if (this.#acquired.length > 0) return
      count = this.#rarePart(run, count)
    }
    if (mode === 'record_limit') count = Math.min(count, this.#left)
    for (const part of this.#window.cut(first, first + count - 1)) {
      part.memberId = memberId
      part.lockUntilMs = lockUntilMs
      part.deliveryCount += 1
      this.#window.become(part, DeliveryState.ACQUIRED)
      this.#name(part.first, part.last, part.deliveryCount)
    }
  }

  #rarePart({ deliveryCount }: Run, count: number): number {
    const { deliveryCountLimit } = this.#limits
    if (deliveryCount >= deliveryCountLimit - 1) return 1
    return Math.max(1, count >> (deliveryCount - this.#rareFrom + 1))
  }

  #takeNew(first: number, last: number): void {
    const { mode, memberId, lockUntilMs } = this.#request
    const locksLeft = this.#limits.maxRecordLocks - this.#window.inFlight
    if (locksLeft <= 0) {
      this.#isOver = true
      return
    }
    let count = last - first + 1
    if (mode === 'record_limit') count = Math.min(count, this.#left, locksLeft)
    const end = first + count - 1
    const run = this.#spare ?? newRun(first, end, DeliveryState.ACQUIRED, { deliveryCount: 1, memberId, lockUntilMs })
    run.first = first
    run.last = end
    this.#spare = this.#window.append(run) === 'joined' ? run : null
    this.#name(first, end, 1)
    if (end < last) this.#isOver = true
  }

  #name(firstOffset: number, lastOffset: number, deliveryCount: number): void {
    this.#left -= lastOffset - firstOffset + 1
    const before = this.#acquired.at(-1)
    if (
      before !== undefined &&
      before.lastOffset + 1 === firstOffset &&
      before.deliveryCount === deliveryCount &&
      before.lastOffset - before.firstOffset + 1 < this.#request.batchSize
    ) {
      before.lastOffset = lastOffset
    } else this.#acquired.push({ firstOffset, lastOffset, deliveryCount })
  }
}

/** Records named by a list of acquired ones. */
export function countAcquired(acquired: readonly AcquiredRecords[]): number {
  return acquired.reduce((sum, { firstOffset, lastOffset }) => sum + lastOffset - firstOffset + 1, 0)
}
