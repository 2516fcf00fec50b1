/**
 * What the transaction coordinator needs of the world beside its log: producer ids, and somebody who takes markers to the leaders of
 * partitions. Logs, time and log lines are the ports that all coordinators share.
 */
import type { CoordinatorEnv } from '../ports.ts'

export interface TransactionEnv extends Pick<CoordinatorEnv, 'clock' | 'timers' | 'log'> {
  readonly producerIds: ProducerIdSource
  readonly markers: MarkerSender
}

/** Ids out of the blocks that the controller hands out. Asked before a decision that needs one is made, never within. */
export interface ProducerIdSource {
  /** An id that nobody had. Rejects with ApiError while there is none; the code goes to the client. */
  next(): Promise<number>
}

/** Takes markers to where the partitions of a transaction are led. */
export interface MarkerSender {
  /**
   * Returns at once. Each partition has to be reported to `TransactionCoordinator.markersWritten` once, in one report or several, whatever comes
   * of it: a lost connection or a leader that is not known is a failure, which the coordinator has sent again after a while.
   */
  send(markers: TransactionMarkers): void
}

export type TransactionOutcome = 'commit' | 'abort'

export interface PartitionsOfTopic {
  readonly topic: string
  readonly partitions: readonly number[]
}

/** One transaction that ended, and partitions that have to know. */
export interface TransactionMarkers {
  /** The partition of `__transaction_state`, for the report. */
  readonly partition: number
  /** The epoch in which it is led; part of each marker, so that one from a former leader is refused. */
  readonly coordinatorEpoch: number
  readonly transactionalId: string
  /** The offset of the record that decided the end; goes back in the report. */
  readonly decidedAt: number
  readonly producerId: number
  readonly producerEpoch: number
  readonly outcome: TransactionOutcome
  /** `transactionVersion` of WriteTxnMarkers v2. */
  readonly transactionVersion: number
  readonly topics: readonly PartitionsOfTopic[]
}

/** What became of the marker of one partition. */
export type MarkerResult =
  | { readonly kind: 'written'; readonly topic: string; readonly partition: number }
  /** The newest metadata image has no such partition, and is not older than the transaction. Nobody waits for its marker. */
  | { readonly kind: 'deleted'; readonly topic: string; readonly partition: number }
  /** Not written, or nobody knows. */
  | { readonly kind: 'failed'; readonly topic: string; readonly partition: number; readonly errorCode: number }

export interface MarkerReport {
  readonly transactionalId: string
  /** As in the markers: without it, a late report could be taken for one about the producer's next transaction. */
  readonly decidedAt: number
  readonly results: readonly MarkerResult[]
}

/** Compiles the pattern of ListTransactions v2, in the syntax of RE2, to a match of whole ids. Throws when it is none. */
export type CompilePattern = (pattern: string) => (transactionalId: string) => boolean
