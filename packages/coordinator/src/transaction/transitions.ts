/** The next record of a transactional id, by what happened. */

import { NO_PARTITIONS, type PartitionSet, union } from './partition-set.ts'
import type { TransactionOutcome } from './ports.ts'
import {
  MAX_CLIENT_EPOCH,
  NO_PRODUCER_EPOCH,
  NO_PRODUCER_ID,
  nextEpoch,
  outcomeOf,
  type Transaction,
} from './transaction.ts'
import { EPOCH_BUMP_VERSION } from './transaction-config.ts'

/** What InitProducerId sets whatever else it does. */
export interface Initialized {
  readonly timeoutMs: number
  readonly nowMs: number
}

/** Whether the holder of the former epoch asked (and may ask again), or somebody who wants to be the only producer. */
export type AskedBy = 'holder' | 'newcomer'

export function created(
  transactionalId: string,
  { producerId, timeoutMs, nowMs }: Initialized & { readonly producerId: number },
): Transaction {
  return {
    transactionalId,
    producerId,
    producerEpoch: 0,
    previousProducerId: NO_PRODUCER_ID,
    lastProducerEpoch: NO_PRODUCER_EPOCH,
    nextProducerId: NO_PRODUCER_ID,
    timeoutMs,
    status: 'Empty',
    partitions: NO_PARTITIONS,
    startMs: -1,
    lastUpdateMs: nowMs,
    clientTransactionVersion: 0,
  }
}

/** Keeps id and epoch. */
export function renewed(transaction: Transaction, { timeoutMs, nowMs }: Initialized): Transaction {
  return {
    ...transaction,
    timeoutMs,
    status: 'Empty',
    partitions: NO_PARTITIONS,
    startMs: -1,
    lastUpdateMs: nowMs,
  }
}

export function bumped(transaction: Transaction, by: AskedBy, initialized: Initialized): Transaction {
  return {
    ...renewed(transaction, initialized),
    producerEpoch: nextEpoch(transaction.producerEpoch),
    previousProducerId: NO_PRODUCER_ID,
    lastProducerEpoch: by === 'holder' ? transaction.producerEpoch : NO_PRODUCER_EPOCH,
  }
}

/** Takes another id, as this one has no epochs left. */
export function rotated(
  transaction: Transaction,
  by: AskedBy,
  initialized: Initialized & { readonly producerId: number },
): Transaction {
  return {
    ...renewed(transaction, initialized),
    producerId: initialized.producerId,
    producerEpoch: 0,
    previousProducerId: by === 'holder' ? transaction.producerId : NO_PRODUCER_ID,
    lastProducerEpoch: by === 'holder' ? MAX_CLIENT_EPOCH : NO_PRODUCER_EPOCH,
  }
}

/** From the first partition on, the producer has shown that it knows its id and epoch: nobody asks for them again. */
export function ongoing(
  transaction: Transaction,
  partitions: PartitionSet,
  { clientTransactionVersion, nowMs }: { readonly clientTransactionVersion: number; readonly nowMs: number },
): Transaction {
  return {
    ...transaction,
    previousProducerId: NO_PRODUCER_ID,
    lastProducerEpoch: NO_PRODUCER_EPOCH,
    status: 'Ongoing',
    partitions: union(transaction.partitions, partitions),
    startMs: transaction.status === 'Ongoing' ? transaction.startMs : nowMs,
    lastUpdateMs: nowMs,
    clientTransactionVersion,
  }
}

export interface Ending {
  readonly outcome: TransactionOutcome
  readonly clientTransactionVersion: number
  /** Needed where the epochs of the present id are used up; -1 otherwise. */
  readonly nextProducerId: number
  readonly nowMs: number
}

/** The end of a transaction is decided. With transaction version 2 this is where the next epoch begins. */
export function prepared(transaction: Transaction, ending: Ending): Transaction {
  const { outcome, clientTransactionVersion, nextProducerId, nowMs } = ending
  const bumps = clientTransactionVersion >= EPOCH_BUMP_VERSION
  const producerEpoch = bumps ? nextEpoch(transaction.producerEpoch) : transaction.producerEpoch
  return {
    ...transaction,
    producerEpoch,
    previousProducerId: NO_PRODUCER_ID,
    lastProducerEpoch: bumps ? producerEpoch - 1 : NO_PRODUCER_EPOCH,
    nextProducerId,
    status: outcome === 'commit' ? 'PrepareCommit' : 'PrepareAbort',
    // One that has no partitions is aborted as if it began now.
    startMs: transaction.status === 'Ongoing' ? transaction.startMs : nowMs,
    lastUpdateMs: nowMs,
    clientTransactionVersion,
  }
}

/** Before transaction version 2: the epoch grows only when the coordinator itself ends the transaction of a producer. */
export function fenced(transaction: Transaction, ending: Ending): Transaction {
  return { ...prepared(transaction, ending), producerEpoch: nextEpoch(transaction.producerEpoch) }
}

/** All partitions have their marker. */
export function completed(transaction: Transaction, nowMs: number): Transaction {
  const { nextProducerId } = transaction
  const complete: Transaction = {
    ...transaction,
    status: outcomeOf(transaction) === 'commit' ? 'CompleteCommit' : 'CompleteAbort',
    partitions: NO_PARTITIONS,
    lastUpdateMs: nowMs,
  }
  if (nextProducerId === NO_PRODUCER_ID) return complete
  return {
    ...complete,
    producerId: nextProducerId,
    producerEpoch: 0,
    previousProducerId: transaction.producerId,
    lastProducerEpoch: MAX_CLIENT_EPOCH,
    nextProducerId: NO_PRODUCER_ID,
  }
}
