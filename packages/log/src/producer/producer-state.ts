/**
 * The producers of one log: what each wrote last (idempotence, KIP-98) and which transactions are open. The state is that
 * of the *assigned* end; appends that are taken back undo what they did.
 *
 * The last stable offset is where the earliest transaction begins that is open, or whose marker the high watermark has not
 * passed: until then a new leader might not have the marker.
 */
import { ErrorCode, NO_PRODUCER_EPOCH, NO_SEQUENCE } from '@ottla/protocol'
import type { TransactionIndexEntry } from '../index/transaction-index.ts'
import type { ActiveProducer, AppendOptions } from '../types.ts'
import type { ProducerBatchView } from './batch-view.ts'
import {
  BATCHES_KEPT,
  findDuplicate,
  isInSequence,
  lastSequenceOf,
  NO_COORDINATOR_EPOCH,
  NO_TRANSACTION,
  type ProducerBatch,
  type ProducerEntry,
} from './producer-entry.ts'
import { encodeProducerSnapshot } from './producer-snapshot.ts'

export type ProducerCheck =
  | { readonly kind: 'ok' }
  | { readonly kind: 'duplicate'; readonly batch: ProducerBatch }
  | { readonly kind: 'rejected'; readonly error: number; readonly message: string }

/** A transaction whose marker was appended. */
export interface CompletedTransaction extends TransactionIndexEntry {
  readonly isAborted: boolean
}

/** What one batch did, to undo it. */
export interface ProducerChange {
  readonly producerId: number
  readonly previous: ProducerEntry | undefined
  readonly completed: CompletedTransaction | null
}

interface OpenTransaction {
  readonly firstOffset: number
  readonly producerId: number
}

const OK: ProducerCheck = { kind: 'ok' }
const NOT_SEEN = -1
/** From this transaction version on, the marker of a transaction has an epoch that its records had not. */
const EPOCH_PER_END = 2
const MAX_EPOCH = 32_767

export class ProducerState {
  readonly #entries = new Map<number, ProducerEntry>()
  /** By first offset. */
  #open: OpenTransaction[] = []
  /** Completed ones whose marker is not below the high watermark, in the order of their markers. */
  #unreplicated: CompletedTransaction[] = []
  /**
   * Producers of whose batches all were taken back: what they had in flight behind must not begin their sequence. Kept as long as a
   * producer is; with the time at which an expiry first found them, NOT_SEEN before.
   */
  readonly #takenBack = new Map<number, number>()

  get size(): number {
    return this.#entries.size
  }

  /** First offset that a transaction still holds back; -1 when there is none. */
  get firstUnstableOffset(): number {
    let first = this.#open[0]?.firstOffset ?? NO_TRANSACTION
    for (const { firstOffset } of this.#unreplicated) {
      if (first === NO_TRANSACTION || firstOffset < first) first = firstOffset
    }
    return first
  }

  entry(producerId: number): ProducerEntry | undefined {
    return this.#entries.get(producerId)
  }

  /** Whether the batch may be appended. Changes nothing. */
  check(
    batch: ProducerBatchView,
    { origin, transactionVersion = 0 }: Pick<AppendOptions, 'origin' | 'transactionVersion'>,
  ): ProducerCheck {
    if (origin !== 'client' && origin !== 'coordinator') return OK
    const entry = this.#entries.get(batch.producerId)
    if (entry === undefined) return origin === 'client' ? this.#checkFirst(batch) : OK
    if (origin === 'client') {
      const duplicate = findDuplicate(entry, batch)
      if (duplicate !== undefined) return { kind: 'duplicate', batch: duplicate }
    }
    if (batch.producerEpoch < entry.producerEpoch) return staleEpoch(batch, entry)
    if (batch.isControl) {
      const isLate = transactionVersion >= EPOCH_PER_END && isOfEarlierEnd(batch, entry)
      return isLate ? staleEpoch(batch, entry) : checkMarker(batch, entry)
    }
    if (origin === 'client') {
      const fault = sequenceFault(batch, entry)
      if (fault !== null) return { kind: 'rejected', error: ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER, message: fault }
    }
    if (entry.transactionStartOffset !== NO_TRANSACTION && !batch.isTransactional) {
      const message = `producer ${batch.producerId} wrote outside its open transaction`
      return { kind: 'rejected', error: ErrorCode.INVALID_TXN_STATE, message }
    }
    return OK
  }

  /** Takes note of a batch that got its offsets; returns what changed, null when nothing did. */
  apply(batch: ProducerBatchView): ProducerChange | null {
    this.#takenBack.delete(batch.producerId)
    if (!batch.isControl) return this.#applyData(batch)
    return batch.marker === null ? this.#applyEmptied(batch) : this.#applyMarker(batch)
  }

  /** Takes the newest change back. */
  undo(change: ProducerChange): void {
    const current = this.#entries.get(change.producerId)
    if (current !== undefined) this.#closeTransaction(current)
    if (change.previous === undefined) {
      this.#entries.delete(change.producerId)
      this.#takenBack.set(change.producerId, NOT_SEEN)
    } else this.#restore(change.previous)
    if (change.completed !== null) this.#unreplicated.pop()
  }

  /** The high watermark moved: what was completed below it is decided for good. */
  passedHighWatermark(highWatermark: number): boolean {
    if (this.#unreplicated.length === 0) return false
    const kept = this.#unreplicated.filter((each) => each.lastOffset >= highWatermark)
    const isChanged = kept.length !== this.#unreplicated.length
    this.#unreplicated = kept
    return isChanged
  }

  /** Forgets producers that wrote nothing for `expirationMs`, unless they have a transaction open. */
  expire(nowMs: number, expirationMs: number): number {
    let expired = 0
    for (const [producerId, sinceMs] of this.#takenBack) {
      if (sinceMs === NOT_SEEN) this.#takenBack.set(producerId, nowMs)
      else if (nowMs - sinceMs >= expirationMs) this.#takenBack.delete(producerId)
    }
    for (const entry of this.#entries.values()) {
      if (entry.transactionStartOffset !== NO_TRANSACTION || nowMs - entry.lastTimestampMs < expirationMs) continue
      this.#entries.delete(entry.producerId)
      expired++
    }
    return expired
  }

  /** Replaces everything by what a snapshot holds. */
  load(entries: readonly ProducerEntry[]): void {
    this.clear()
    for (const entry of entries) this.#restore(entry)
  }

  /** Batches of a producer that are older than those known here, oldest first, with its epoch; those that are known are left out. */
  recall(producerId: number, batches: readonly ProducerBatch[]): void {
    const entry = this.#entries.get(producerId)
    const first = entry?.batches[0]
    if (entry === undefined || first === undefined) return
    const older = batches.filter(({ lastOffset }) => lastOffset < first.baseOffset)
    this.#entries.set(producerId, { ...entry, batches: [...older, ...entry.batches].slice(-BATCHES_KEPT) })
  }

  clear(): void {
    this.#entries.clear()
    this.#takenBack.clear()
    this.#open = []
    this.#unreplicated = []
  }

  /** The file of a snapshot of this state. */
  snapshot(): Buffer {
    return encodeProducerSnapshot(this.#entries.values(), this.#entries.size)
  }

  activeProducers(): ActiveProducer[] {
    return [...this.#entries.values()].map((entry) => ({
      producerId: entry.producerId,
      producerEpoch: entry.producerEpoch,
      lastSequence: lastSequenceOf(entry),
      lastTimestampMs: entry.lastTimestampMs,
      coordinatorEpoch: entry.coordinatorEpoch,
      currentTransactionStartOffset: entry.transactionStartOffset,
    }))
  }

  /** Whether the producer has written to a transaction in this epoch, and no marker has ended it. */
  hasOpenTransaction(producerId: number, producerEpoch: number): boolean {
    const entry = this.#entries.get(producerId)
    return entry?.producerEpoch === producerEpoch && entry.transactionStartOffset !== NO_TRANSACTION
  }

  /** A producer that is not known may begin anywhere: its state may have expired. */
  #checkFirst(batch: ProducerBatchView): ProducerCheck {
    if (batch.baseSequence === 0 || !this.#takenBack.has(batch.producerId)) return OK
    const message = `what producer ${batch.producerId} sent before sequence ${batch.baseSequence} was taken back`
    return { kind: 'rejected', error: ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER, message }
  }

  #applyData(batch: ProducerBatchView): ProducerChange {
    const previous = this.#entries.get(batch.producerId)
    const isSameEpoch = previous?.producerEpoch === batch.producerEpoch
    const kept = isSameEpoch ? previous.batches : []
    const added: ProducerBatch = {
      baseSequence: batch.baseSequence,
      lastSequence: batch.lastSequence,
      baseOffset: batch.baseOffset,
      lastOffset: batch.lastOffset,
      timestampMs: batch.timestampMs,
    }
    let start = previous?.transactionStartOffset ?? NO_TRANSACTION
    if (start === NO_TRANSACTION && batch.isTransactional) {
      start = batch.baseOffset
      this.#openTransaction({ firstOffset: start, producerId: batch.producerId })
    }
    this.#entries.set(batch.producerId, {
      producerId: batch.producerId,
      producerEpoch: batch.producerEpoch,
      batches: kept.length < BATCHES_KEPT ? [...kept, added] : [...kept.slice(1), added],
      lastTimestampMs: batch.timestampMs,
      coordinatorEpoch: previous?.coordinatorEpoch ?? NO_COORDINATOR_EPOCH,
      transactionStartOffset: start,
    })
    return { producerId: batch.producerId, previous, completed: null }
  }

  #applyMarker(batch: ProducerBatchView): ProducerChange {
    const marker = batch.marker!
    const previous = this.#entries.get(batch.producerId)
    let completed: CompletedTransaction | null = null
    if (previous !== undefined && previous.transactionStartOffset !== NO_TRANSACTION) {
      this.#closeTransaction(previous)
      completed = {
        producerId: batch.producerId,
        firstOffset: previous.transactionStartOffset,
        lastOffset: batch.lastOffset,
        lastStableOffset: this.#open[0]?.firstOffset ?? batch.lastOffset + 1,
        isAborted: marker.isAbort,
      }
      this.#unreplicated.push(completed)
    }
    this.#entries.set(batch.producerId, {
      producerId: batch.producerId,
      producerEpoch: batch.producerEpoch,
      batches: previous?.producerEpoch === batch.producerEpoch ? previous.batches : [],
      lastTimestampMs: batch.timestampMs,
      coordinatorEpoch: marker.coordinatorEpoch,
      transactionStartOffset: NO_TRANSACTION,
    })
    return { producerId: batch.producerId, previous, completed }
  }

  /** Compaction left the header of a marker where nothing else tells the epoch of its producer; of a transaction it says nothing any more. */
  #applyEmptied({ producerId, producerEpoch, timestampMs }: ProducerBatchView): ProducerChange | null {
    const previous = this.#entries.get(producerId)
    const hasOpen = previous !== undefined && previous.transactionStartOffset !== NO_TRANSACTION
    if (hasOpen || (previous !== undefined && previous.producerEpoch >= producerEpoch)) return null
    this.#entries.set(producerId, {
      producerId,
      producerEpoch,
      batches: [],
      lastTimestampMs: timestampMs,
      coordinatorEpoch: NO_COORDINATOR_EPOCH,
      transactionStartOffset: NO_TRANSACTION,
    })
    return { producerId, previous, completed: null }
  }

  #restore(entry: ProducerEntry): void {
    this.#entries.set(entry.producerId, entry)
    const firstOffset = entry.transactionStartOffset
    if (firstOffset !== NO_TRANSACTION) this.#openTransaction({ firstOffset, producerId: entry.producerId })
  }

  /** Keeps the order by first offset; nearly always the new one is the last. */
  #openTransaction(transaction: OpenTransaction): void {
    let at = this.#open.length
    while (at > 0 && this.#open[at - 1]!.firstOffset > transaction.firstOffset) at--
    this.#open.splice(at, 0, transaction)
  }

  #closeTransaction(entry: ProducerEntry): void {
    if (entry.transactionStartOffset === NO_TRANSACTION) return
    const at = this.#open.findIndex((each) => each.producerId === entry.producerId)
    if (at >= 0) this.#open.splice(at, 1)
  }
}

function staleEpoch(batch: ProducerBatchView, entry: ProducerEntry): ProducerCheck {
  const message = `producer ${batch.producerId} has epoch ${entry.producerEpoch}, the batch ${batch.producerEpoch}`
  return { kind: 'rejected', error: ErrorCode.INVALID_PRODUCER_EPOCH, message }
}

/** A transaction is open in the very epoch of the marker: the marker ended the one before. The last epoch is used twice. */
function isOfEarlierEnd(batch: ProducerBatchView, entry: ProducerEntry): boolean {
  const isOpen = entry.transactionStartOffset !== NO_TRANSACTION
  return isOpen && batch.producerEpoch === entry.producerEpoch && batch.producerEpoch < MAX_EPOCH
}

function checkMarker(batch: ProducerBatchView, entry: ProducerEntry): ProducerCheck {
  if (batch.marker === null || batch.marker.coordinatorEpoch >= entry.coordinatorEpoch) return OK
  const message = `marker of coordinator epoch ${batch.marker.coordinatorEpoch} after ${entry.coordinatorEpoch}`
  return { kind: 'rejected', error: ErrorCode.TRANSACTION_COORDINATOR_FENCED, message }
}

/** Why the sequence does not follow; null when it does. */
function sequenceFault(batch: ProducerBatchView, entry: ProducerEntry): string | null {
  if (entry.producerEpoch === NO_PRODUCER_EPOCH) return null
  if (batch.producerEpoch !== entry.producerEpoch) {
    if (batch.baseSequence === 0) return null
    return `producer ${batch.producerId} begins epoch ${batch.producerEpoch} with sequence ${batch.baseSequence}`
  }
  const last = lastSequenceOf(entry)
  const isNext = last === NO_SEQUENCE ? batch.baseSequence === 0 : isInSequence(last, batch.baseSequence)
  if (isNext) return null
  return `producer ${batch.producerId} sent sequence ${batch.baseSequence} after ${last}`
}
