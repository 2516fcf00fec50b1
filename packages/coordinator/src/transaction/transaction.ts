/**
 * A transactional id: its producer and its transaction.
 *
 * ```
 *            InitProducerId             AddPartitionsToTxn            EndTxn, timeout, a new producer
 *   (nothing) ───────────► Empty ───────────────────────► Ongoing ──────────────────────────────────┐
 *                            ▲                              ▲                                       ▼
 *                            │ InitProducerId               │ AddPartitionsToTxn        PrepareCommit, PrepareAbort
 *                            └──── CompleteCommit, ─────────┘                                       │
 *                                  CompleteAbort ◄──────────── all partitions have their marker ────┘
 * ```
 *
 * Kafka's states Dead and PrepareEpochFence are steps between two of these, which are one decision here.
 */
import type { PartitionSet } from './partition-set.ts'
import type { TransactionOutcome } from './ports.ts'

export type TransactionStatus =
  | 'Empty'
  | 'Ongoing'
  | 'PrepareCommit'
  | 'PrepareAbort'
  | 'CompleteCommit'
  | 'CompleteAbort'

export const NO_PRODUCER_ID = -1
export const NO_PRODUCER_EPOCH = -1
const MAX_EPOCH = 32_767
/** The last epoch that a client is given: one more is kept free for fencing it. */
export const MAX_CLIENT_EPOCH = MAX_EPOCH - 1
/** The timeout of a transaction that takes part in a two-phase commit: none. */
export const NO_TIMEOUT_MS = 2_147_483_647

export interface ProducerIdAndEpoch {
  readonly producerId: number
  readonly producerEpoch: number
}

/** What a record says. */
export interface Transaction extends ProducerIdAndEpoch {
  readonly transactionalId: string
  /** The id before, when it ran out of epochs and its holder is still the one whom the present id was made for; else -1. */
  readonly previousProducerId: number
  /** The epoch (of the id before, where there is one) whose holder may learn the present epoch by asking again; else -1. */
  readonly lastProducerEpoch: number
  /** The id that is taken when the present transaction, which used up the epochs of its own, is complete; else -1. */
  readonly nextProducerId: number
  readonly timeoutMs: number
  readonly status: TransactionStatus
  readonly partitions: PartitionSet
  /** Wall time, milliseconds; -1: none began since InitProducerId. */
  readonly startMs: number
  /** Wall time, milliseconds. */
  readonly lastUpdateMs: number
  /** Of the client, as far as the coordinator could tell from its requests. */
  readonly clientTransactionVersion: number
}

export function isEpochExhausted(epoch: number): boolean {
  return epoch >= MAX_CLIENT_EPOCH
}

/** Only a log of a Kafka that had overrun its epochs brings an id that cannot be counted on; it ends as it is. */
export function nextEpoch(epoch: number): number {
  return Math.min(epoch + 1, MAX_EPOCH)
}

export function isHeldBy(transaction: Transaction, producer: ProducerIdAndEpoch): boolean {
  return producer.producerId === transaction.producerId && producer.producerEpoch === transaction.producerEpoch
}

/** Whether somebody asks again whose former request has led to the present id and epoch, and did not hear of it. */
export function isRetryBy(transaction: Transaction, { producerId, producerEpoch }: ProducerIdAndEpoch): boolean {
  const { previousProducerId, lastProducerEpoch } = transaction
  const formerId = previousProducerId === NO_PRODUCER_ID ? transaction.producerId : previousProducerId
  return lastProducerEpoch !== NO_PRODUCER_EPOCH && producerEpoch === lastProducerEpoch && producerId === formerId
}

/** Its end is decided, and not known everywhere yet. */
export function isPreparing({ status }: Transaction): boolean {
  return status === 'PrepareCommit' || status === 'PrepareAbort'
}

export function isComplete({ status }: Transaction): boolean {
  return status === 'CompleteCommit' || status === 'CompleteAbort'
}

export function outcomeOf({ status }: Transaction): TransactionOutcome {
  return status === 'PrepareCommit' || status === 'CompleteCommit' ? 'commit' : 'abort'
}
