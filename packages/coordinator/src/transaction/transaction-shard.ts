/**
 * The transactional ids that fall on one partition of `__transaction_state`: what is known of them, what becomes of it by records
 * and soft changes, and which timers bring about what. Decisions about requests are in `transaction-requests.ts`.
 */
import type { Instant, Shard } from '@ottla/runtime'
import { SnapshotRegistry, TimelineMap } from '@ottla/stdx'
import { decideTimeOut } from './end-transaction.ts'
import { complete, type Prepared, resendMarkers } from './markers.ts'
import { NO_PARTITIONS } from './partition-set.ts'
import { NEEDS_PRODUCER_ID } from './producer-answer.ts'
import { isComplete, isPreparing, type Transaction } from './transaction.ts'
import type { TransactionCoordinatorConfig } from './transaction-config.ts'
import type { TransactionRecord } from './transaction-record-codec.ts'
import {
  isSettled,
  type MarkerProgress,
  type TransactionChange,
  type TransactionDecision,
  type TransactionMessage,
  type TransactionTimer,
  TransactionTurn,
} from './transaction-turn.ts'

/** So many ids are looked at in one decision when unused ones are searched for, */
const IDS_PER_SWEEP = 5_000
/** and so many are dropped in one batch at most. */
const TOMBSTONES_MAX = 100

export class TransactionShard
  implements Shard<TransactionRecord, TransactionChange, TransactionTimer, TransactionMessage>
{
  readonly registry = new SnapshotRegistry()
  readonly transactions: TimelineMap<string, Transaction>
  /** Of those whose end is decided. */
  readonly markers: TimelineMap<string, MarkerProgress>
  /** Of those that are going on: when they are to be aborted, on the monotonic clock. */
  readonly deadlines: TimelineMap<string, number>
  readonly #config: () => TransactionCoordinatorConfig

  /** `config` is asked at each decision, as settings may change. */
  constructor(config: () => TransactionCoordinatorConfig) {
    this.transactions = new TimelineMap(this.registry)
    this.markers = new TimelineMap(this.registry)
    this.deadlines = new TimelineMap(this.registry)
    this.#config = config
  }

  turn(now: Instant, spareProducerId: number | null = null): TransactionTurn {
    return new TransactionTurn(now, this.#config(), spareProducerId)
  }

  /** The transaction with that id when its end is decided and not known everywhere yet. */
  prepared(transactionalId: string): Prepared | undefined {
    const transaction = this.transactions.get(transactionalId)
    const progress = this.markers.get(transactionalId)
    return transaction === undefined || progress === undefined ? undefined : { transaction, progress }
  }

  replay(record: TransactionRecord, offset: number): void {
    if (record.kind === 'tombstone') {
      const { transactionalId } = record
      this.transactions.delete(transactionalId)
      this.markers.delete(transactionalId)
      this.deadlines.delete(transactionalId)
      return
    }
    const { transaction } = record
    const { transactionalId } = transaction
    this.transactions.set(transactionalId, transaction)
    if (isPreparing(transaction))
      this.markers.set(transactionalId, { decidedAt: offset, sent: transaction.partitions, toSend: NO_PARTITIONS })
    else this.markers.delete(transactionalId)
    if (transaction.status !== 'Ongoing') this.deadlines.delete(transactionalId)
  }

  apply(change: TransactionChange): void {
    if (change.kind === 'markers') this.markers.set(change.transactionalId, change.progress)
    else this.deadlines.set(change.transactionalId, change.atMonotonicMs)
  }

  fire(timer: TransactionTimer, now: Instant): TransactionDecision {
    const turn = this.turn(now)
    switch (timer.kind) {
      case 'scan-timeouts':
        this.#scanTimeouts(turn)
        break
      case 'time-out':
        this.#timeOut(timer.transactionalId, turn)
        break
      case 'send-markers': {
        const prepared = this.prepared(timer.transactionalId)
        if (prepared !== undefined) resendMarkers(prepared, turn)
        break
      }
      case 'complete': {
        const prepared = this.prepared(timer.transactionalId)
        if (prepared !== undefined && isSettled(prepared.progress)) complete(prepared.transaction, turn)
        break
      }
      case 'expire':
        this.#expire(turn, timer.sweep)
        break
    }
    return turn.decision()
  }

  /** What was decided before is carried through: nobody knows which markers were written. */
  loaded(now: Instant): TransactionDecision {
    const turn = this.turn(now)
    for (const transaction of this.transactions.values()) {
      const { transactionalId, status, timeoutMs, startMs } = transaction
      if (status === 'Ongoing') {
        // The clock on the wall may have been set; nobody waits longer than if the transaction began now.
        const leftMs = startMs + timeoutMs - turn.nowMs
        turn.startDeadline(transaction, Math.min(Math.max(leftMs, 0), timeoutMs))
      } else if (isPreparing(transaction)) {
        if (transaction.partitions.size === 0) turn.setTimer({ kind: 'complete', transactionalId }, 0)
        else turn.sendMarkers(transaction, transaction.partitions)
      }
    }
    turn.setTimer({ kind: 'scan-timeouts' }, turn.config.abortTimedOutIntervalMs)
    turn.setTimer({ kind: 'expire', sweep: null }, turn.config.removeExpiredIntervalMs)
    return turn.decision()
  }

  /** Each gets a timer of its own, so that one whose record the log refuses does not keep the others waiting. */
  #scanTimeouts(turn: TransactionTurn): void {
    for (const [transactionalId, atMs] of this.deadlines)
      if (atMs <= turn.now.monotonicMs) turn.setTimer({ kind: 'time-out', transactionalId }, 0)
    turn.setTimer({ kind: 'scan-timeouts' }, turn.config.abortTimedOutIntervalMs)
  }

  #timeOut(transactionalId: string, turn: TransactionTurn): void {
    const transaction = this.transactions.get(transactionalId)
    const atMs = this.deadlines.get(transactionalId)
    if (transaction === undefined || atMs === undefined || atMs > turn.now.monotonicMs) return
    if (decideTimeOut(transaction, transaction, turn) === NEEDS_PRODUCER_ID) turn.askForProducerId(transaction)
  }

  /** Looks through the ids in slices, each its own decision, and begins again after the interval. */
  #expire(turn: TransactionTurn, sweep: { readonly ids: readonly string[]; readonly index: number } | null): void {
    const ids = sweep?.ids ?? [...this.transactions.keys()]
    let index = sweep?.index ?? 0
    const end = Math.min(ids.length, index + IDS_PER_SWEEP)
    for (; index < end && turn.recordCount < TOMBSTONES_MAX; index++) {
      const transaction = this.transactions.get(ids[index] as string)
      if (transaction === undefined || !isUnused(transaction, turn)) continue
      const { transactionalId, lastUpdateMs } = transaction
      turn.forget(transactionalId)
      turn.log('a transactional id was not used for long and is forgotten', { transactionalId, lastUpdateMs })
    }
    if (index < ids.length) turn.setTimer({ kind: 'expire', sweep: { ids, index } }, 0)
    else turn.setTimer({ kind: 'expire', sweep: null }, turn.config.removeExpiredIntervalMs)
  }
}

function isUnused(transaction: Transaction, { nowMs, config }: TransactionTurn): boolean {
  const { status, lastUpdateMs } = transaction
  return (status === 'Empty' || isComplete(transaction)) && lastUpdateMs + config.transactionalIdExpirationMs <= nowMs
}
