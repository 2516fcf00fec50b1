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
  const reading = new Reading(targets, limits)
  return reading.runSync() ? reading.results : reading.runAsync()
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
      const result = this.#look(target)
      this.results.push(result)
      if (result.state.kind !== 'readable' || !result.state.hasRecords) continue
      const wantsFirst = this.#needsFirst && this.#pending.length === 0
      const maxBytes = Math.min(target.request.maxBytes, this.#bytesLeft)
      if (maxBytes <= 0 && !wantsFirst) continue
      const upTo = this.#limits.isolation === 'read_committed' ? result.lastStableOffset : result.highWatermark
      const read = target.replica!.log.read(target.request.fetchOffset, {
        maxBytes: Math.max(0, maxBytes),
        upTo,
        minOneBatch: wantsFirst,
      })
      if (read instanceof Promise) {
        this.#bytesLeft -= maxBytes
        this.#pending.push({ index, reservedBytes: maxBytes, read })
      } else this.#take(index, read)
    }
  }

  #look(target: FetchTarget): TargetResult {
    const state = targetState(target, this.#limits.isolation)
    const { replica } = target
    if (state.kind === 'error' || replica === undefined) {
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

  #take(index: number, read: ReadResult): void {
    if (read.kind === 'records') {
      this.results[index]!.records = read
      this.#bytesLeft -= read.sizeBytes
      if (read.sizeBytes > 0) this.#needsFirst = false
      return
    }
    const error = read.kind === 'outOfRange' ? ErrorCode.OFFSET_OUT_OF_RANGE : read.error
    const { target } = this.results[index]!
    this.results[index] = {
      target,
      state: { kind: 'error', error },
      highWatermark: -1,
      lastStableOffset: -1,
      logStartOffset: -1,
      records: null,
      aborted: null,
    }
  }
}
