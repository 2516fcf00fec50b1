/** Markers of a transaction whose end is decided: from one partition after another being told, to its completion. */
import { ErrorCode } from '@ottla/protocol'
import { hasPartition, NO_PARTITIONS, partitionSet, union, without } from './partition-set.ts'
import type { MarkerReport, MarkerResult } from './ports.ts'
import type { Transaction } from './transaction.ts'
import { isSettled, type MarkerProgress, type TransactionTurn } from './transaction-turn.ts'
import { completed } from './transitions.ts'

/** When the completion is written: at once, or by a timer, as the log has just failed. */
export type When = 'now' | 'later'

export interface Prepared {
  readonly transaction: Transaction
  readonly progress: MarkerProgress
}

/** Reports about another end than the present one are of no interest. */
export function isAbout({ progress }: Prepared, report: MarkerReport): boolean {
  return progress.decidedAt === report.decidedAt
}

export function decideReport(
  { transaction, progress }: Prepared,
  results: readonly MarkerResult[],
  { when, turn }: { readonly when: When; readonly turn: TransactionTurn },
): void {
  const { transactionalId } = transaction
  const done = setOf(results.filter((result) => isDone(result)))
  const failed = setOf(results.filter((result) => !isDone(result) && hasPartition(progress.sent, result)))
  for (const result of results) {
    if (result.kind === 'failed' && !isTransient(result.errorCode))
      turn.log('a partition refuses the marker of a transaction', { transactionalId, ...result })
  }
  const next = {
    decidedAt: progress.decidedAt,
    sent: without(without(progress.sent, done), failed),
    toSend: without(union(progress.toSend, failed), done),
  }
  if (isSettled(next) && when === 'now') {
    complete(transaction, turn)
    return
  }
  turn.progress(transactionalId, next)
  if (isSettled(next)) turn.setTimer({ kind: 'complete', transactionalId }, turn.config.markerRetryBackoffMs)
  else if (next.toSend.size > 0 && progress.toSend.size === 0)
    turn.setTimer({ kind: 'send-markers', transactionalId }, turn.config.markerRetryBackoffMs)
}

/** Sends again what partitions did not take. */
export function resendMarkers({ transaction, progress }: Prepared, turn: TransactionTurn): void {
  if (progress.toSend.size === 0) return
  turn.sendMarkers(transaction, progress.toSend)
  const sent = union(progress.sent, progress.toSend)
  turn.progress(transaction.transactionalId, { ...progress, sent, toSend: NO_PARTITIONS })
}

export function complete(transaction: Transaction, turn: TransactionTurn): void {
  const { transactionalId } = transaction
  turn.write(completed(transaction, turn.nowMs))
  turn.cancelTimer({ kind: 'complete', transactionalId })
  turn.cancelTimer({ kind: 'send-markers', transactionalId })
}

function isDone(result: MarkerResult): boolean {
  if (result.kind !== 'failed') return true
  switch (result.errorCode) {
    // The partition knows a later epoch of the producer, which began after the end of this one was known there.
    case ErrorCode.INVALID_PRODUCER_EPOCH:
    // Nothing of the transaction can be in such a partition.
    case ErrorCode.UNSUPPORTED_FOR_MESSAGE_FORMAT:
      return true
    default:
      return false
  }
}

function isTransient(errorCode: number): boolean {
  switch (errorCode) {
    case ErrorCode.UNKNOWN_TOPIC_OR_PARTITION:
    case ErrorCode.LEADER_NOT_AVAILABLE:
    case ErrorCode.NOT_LEADER_OR_FOLLOWER:
    case ErrorCode.NOT_ENOUGH_REPLICAS:
    case ErrorCode.NOT_ENOUGH_REPLICAS_AFTER_APPEND:
    case ErrorCode.REQUEST_TIMED_OUT:
    case ErrorCode.KAFKA_STORAGE_ERROR:
    case ErrorCode.NETWORK_EXCEPTION:
    // The coordinator of the partition that tells the markers is somebody else, who sends them; here they wait to be unloaded.
    case ErrorCode.TRANSACTION_COORDINATOR_FENCED:
      return true
    default:
      return false
  }
}

function setOf(results: readonly MarkerResult[]) {
  return partitionSet(results.map(({ topic, partition }) => ({ topic, partitions: [partition] })))
}
