import type { Decision, Instant, Reply, ReplyToken, TimerOp } from '@ottla/runtime'
import { isSubset, NO_PARTITIONS, type PartitionSet } from './partition-set.ts'
import { isPreparing, NO_TIMEOUT_MS, type ProducerIdAndEpoch, type Transaction } from './transaction.ts'
import type { TransactionCoordinatorConfig } from './transaction-config.ts'
import type { TransactionRecord } from './transaction-record-codec.ts'

/** Which partitions of a transaction whose end is decided have no marker yet. */
export interface MarkerProgress {
  /** The offset of the record that decided the end. */
  readonly decidedAt: number
  /** On their way. */
  readonly sent: PartitionSet
  /** To be sent once more. */
  readonly toSend: PartitionSet
}

/** What is not worth a record, as a coordinator that loads the log finds it again. */
export type TransactionChange =
  | { readonly kind: 'markers'; readonly transactionalId: string; readonly progress: MarkerProgress }
  /** When the transaction that has begun is to be aborted. */
  | { readonly kind: 'deadline'; readonly transactionalId: string; readonly atMonotonicMs: number }

export type TransactionTimer =
  /** Time to look for transactions that take too long. */
  | { readonly kind: 'scan-timeouts' }
  /** This one does. */
  | { readonly kind: 'time-out'; readonly transactionalId: string }
  /** Markers that partitions did not take are sent again. */
  | { readonly kind: 'send-markers'; readonly transactionalId: string }
  /** All partitions have their marker, and the log did not take that. */
  | { readonly kind: 'complete'; readonly transactionalId: string }
  /** Time to look for ids that nobody uses: among those from `index` on, or all there are. */
  | { readonly kind: 'expire'; readonly sweep: { readonly ids: readonly string[]; readonly index: number } | null }

export type TransactionMessage =
  | { readonly kind: 'markers'; readonly transaction: Transaction; readonly partitions: PartitionSet }
  /** Ending the transaction of this producer takes another producer id. */
  | { readonly kind: 'needs-producer-id'; readonly transactionalId: string; readonly producer: ProducerIdAndEpoch }
  | { readonly kind: 'log'; readonly text: string; readonly fields: Readonly<Record<string, unknown>> }

export type TransactionDecision = Decision<TransactionRecord, TransactionChange, TransactionTimer, TransactionMessage>

/** Collects what one decision wants to happen. */
export class TransactionTurn {
  readonly now: Instant
  readonly config: TransactionCoordinatorConfig
  /** An id that nobody had, where the decision was given one. */
  readonly spareProducerId: number | null
  readonly #records: TransactionRecord[] = []
  readonly #changes: TransactionChange[] = []
  readonly #replies: Reply[] = []
  readonly #timers: TimerOp<TransactionTimer>[] = []
  readonly #messages: TransactionMessage[] = []

  constructor(now: Instant, config: TransactionCoordinatorConfig, spareProducerId: number | null = null) {
    this.now = now
    this.config = config
    this.spareProducerId = spareProducerId
  }

  get nowMs(): number {
    return this.now.wallMs
  }

  get recordCount(): number {
    return this.#records.length
  }

  /** Writes the next state of a transaction, and has its markers sent when that is its decided end. */
  write(transaction: Transaction): void {
    this.#records.push({ kind: 'transaction', transaction })
    if (isPreparing(transaction)) this.sendMarkers(transaction, transaction.partitions)
  }

  /** The transaction has begun: it has to end in time, unless it is part of a two-phase commit. */
  startDeadline({ transactionalId, timeoutMs }: Transaction, remainingMs: number = timeoutMs): void {
    if (timeoutMs === NO_TIMEOUT_MS) return
    const atMonotonicMs = this.now.monotonicMs + remainingMs
    this.#changes.push({ kind: 'deadline', transactionalId, atMonotonicMs })
  }

  forget(transactionalId: string): void {
    this.#records.push({ kind: 'tombstone', transactionalId })
  }

  sendMarkers(transaction: Transaction, partitions: PartitionSet): void {
    this.#messages.push({ kind: 'markers', transaction, partitions })
  }

  progress(transactionalId: string, progress: MarkerProgress): void {
    this.#changes.push({ kind: 'markers', transactionalId, progress })
  }

  askForProducerId({ transactionalId, producerId, producerEpoch }: Transaction): void {
    this.#messages.push({ kind: 'needs-producer-id', transactionalId, producer: { producerId, producerEpoch } })
  }

  reply(token: ReplyToken, value: unknown): void {
    this.#replies.push({ token, value })
  }

  setTimer(timer: TransactionTimer, afterMs: number): void {
    this.#timers.push({ kind: 'set', key: timerKey(timer), atMonotonicMs: this.now.monotonicMs + afterMs, timer })
  }

  cancelTimer(timer: TransactionTimer): void {
    this.#timers.push({ kind: 'cancel', key: timerKey(timer) })
  }

  /** Lines of the log are written when what they say is committed. */
  log(text: string, fields: Readonly<Record<string, unknown>>): void {
    this.#messages.push({ kind: 'log', text, fields })
  }

  decision(): TransactionDecision {
    return {
      records: this.#records,
      changes: this.#changes,
      replies: this.#replies,
      timers: this.#timers,
      messages: this.#messages,
    }
  }
}

export function isSettled({ sent, toSend }: MarkerProgress): boolean {
  return isSubset(sent, NO_PARTITIONS) && isSubset(toSend, NO_PARTITIONS)
}

function timerKey(timer: TransactionTimer): string {
  return 'transactionalId' in timer ? `${timer.kind}/${timer.transactionalId}` : timer.kind
}
