/**
 * Reads the targets of a fetch in order under its byte limits: soft for the first batch of all, hard after. Reads from the
 * tail are done at once; cold ones run together as far as the limit surely allows.
 */
import type { AbortedTransaction, ReadResult } from '@ottla/log'
import { ErrorCode } from '@ottla/protocol'
import type { Isolation } from '../replica/replica.ts'
import { type FetchTarget, type TargetState, targetState } from './fetch-target.ts'

export type RecordsRead = Extract<ReadResult, { kind: 'records' }>

/** What came of one target. The ends are those that were read before the records. */
export interface TargetResult {
  readonly target: FetchTarget
  readonly state: TargetState
  readonly highWatermark: number
  readonly lastStableOffset: number
  readonly logStartOffset: number
  /** Null when there is an error, or nothing to read. Must be released once. */
  records: RecordsRead | null
  /** For read_committed, once they were looked up. */
  aborted: readonly AbortedTransaction[] | null
}

export interface ReadLimits {
  readonly isolation: Isolation
  readonly maxBytes: number
}

/** Synchronous when no read left the loop. */
export function readTargets(
  targets: readonly FetchTarget[],
  limits: ReadLimits,
): TargetResult[] | Promise<TargetResult[]> {
  if (targets.length === 1) return readTarget(targets[0]!, limits)
  const reading = new Reading(targets, limits)
  return reading.runSync() ? reading.results : reading.runAsync()
}

/** One alone: nobody else takes of the limit. */
function readTarget(target: FetchTarget, limits: ReadLimits): TargetResult[] | Promise<TargetResult[]> {
  const result = lookAt(target, limits.isolation)
  if (result.state.kind !== 'readable' || !result.state.hasRecords) return [result]
  const read = target.replica!.log.read(target.request.fetchOffset, {
    maxBytes: Math.max(0, Math.min(target.request.maxBytes, limits.maxBytes)),
    upTo: visibleEndOf(result, limits.isolation),
    minOneBatch: true,
  })
  return read instanceof Promise ? read.then((late) => [withRead(result, late)]) : [withRead(result, read)]
}

export function releaseAll(results: readonly TargetResult[]): void {
  for (const { records } of results) records?.release()
}

class Reading {
  readonly results: TargetResult[] = []
  readonly #targets: readonly FetchTarget[]
  readonly #limits: ReadLimits
  #bytesLeft: number
  #needsFirst = true
  #next = 0
  /** Reads under way, with the bytes that were set aside for them. */
  #pending: { readonly index: number; readonly reservedBytes: number; readonly read: Promise<ReadResult> }[] = []

  constructor(targets: readonly FetchTarget[], limits: ReadLimits) {
    this.#targets = targets
    this.#limits = limits
    this.#bytesLeft = limits.maxBytes
  }

  /** True when all is read. */
  runSync(): boolean {
    this.#start()
    return this.#pending.length === 0
  }

  async runAsync(): Promise<TargetResult[]> {
    while (this.#pending.length > 0) {
      const pending = this.#pending
      this.#pending = []
      const reads = await Promise.all(pending.map(({ read }) => read))
      reads.forEach((read, at) => {
        const { index, reservedBytes } = pending[at]!
        this.#bytesLeft += reservedBytes
        this.#take(index, read)
      })
      this.#start()
    }
    return this.results
  }

  /** Goes on until all targets are looked at, or the bytes are used up or set aside for reads under way. */
  #start(): void {
    for (; this.#next < this.#targets.length; this.#next++) {
      if (this.#pending.length > 0 && this.#bytesLeft <= 0) return
      const index = this.#next
      const target = this.#targets[index]!
      const result = lookAt(target, this.#limits.isolation)
      this.results.push(result)
      if (result.state.kind !== 'readable' || !result.state.hasRecords) continue
      const wantsFirst = this.#needsFirst && this.#pending.length === 0
      const maxBytes = Math.min(target.request.maxBytes, this.#bytesLeft)
      if (maxBytes <= 0 && !wantsFirst) continue
      const read = target.replica!.log.read(target.request.fetchOffset, {
        maxBytes: Math.max(0, maxBytes),
        upTo: visibleEndOf(result, this.#limits.isolation),
        minOneBatch: wantsFirst,
      })
      if (read instanceof Promise) {
        this.#bytesLeft -= maxBytes
        this.#pending.push({ index, reservedBytes: maxBytes, read })
      } else this.#take(index, read)
    }
  }

  #take(index: number, read: ReadResult): void {
    this.results[index] = withRead(this.results[index]!, read)
    if (read.kind !== 'records') return
    this.#bytesLeft -= read.sizeBytes
    if (read.sizeBytes > 0) this.#needsFirst = false
  }
}

function lookAt(target: FetchTarget, isolation: Isolation): TargetResult {
  const state = targetState(target, isolation)
  const { replica } = target
  if (state.kind === 'error' || replica === undefined) return failed(target, state)
  return {
    target,
    state,
    highWatermark: replica.highWatermark,
    lastStableOffset: replica.visibleEnd('read_committed'),
    logStartOffset: replica.logStartOffset,
    records: null,
    aborted: null,
  }
}

/** What is seen of a partition at this isolation level ends here. */
function visibleEndOf({ highWatermark, lastStableOffset }: TargetResult, isolation: Isolation): number {
  return isolation === 'read_committed' ? lastStableOffset : highWatermark
}

function withRead(result: TargetResult, read: ReadResult): TargetResult {
  if (read.kind === 'records') {
    result.records = read
    return result
  }
  const error = read.kind === 'outOfRange' ? ErrorCode.OFFSET_OUT_OF_RANGE : read.error
  return failed(result.target, { kind: 'error', error })
}

function failed(target: FetchTarget, state: TargetState): TargetResult {
  return {
    target,
    state,
    highWatermark: -1,
    lastStableOffset: -1,
    logStartOffset: -1,
    records: null,
    aborted: null,
  }
}
