/** AddPartitionsToTxn and AddOffsetsToTxn: partitions become part of a transaction, or are asked for. */
import { ErrorCode } from '@ottla/protocol'
import { hasPartition, isSubset, type PartitionSet, partitionsIn, type TopicPartition } from './partition-set.ts'
import { isPreparing, type ProducerIdAndEpoch, type Transaction } from './transaction.ts'
import type { TransactionTurn } from './transaction-turn.ts'
import { ongoing } from './transitions.ts'

export interface AddPartitions {
  readonly transactionalId: string
  readonly producer: ProducerIdAndEpoch
  readonly partitions: PartitionSet
  /** 2 when a partition leader asks on behalf of a producer that does not ask itself; else 0. */
  readonly clientTransactionVersion: number
}

export type PartitionError = TopicPartition & { readonly errorCode: number }

/** One error code for all partitions. */
export function decideAddPartitions(
  known: Transaction | undefined,
  { producer, partitions, clientTransactionVersion }: AddPartitions,
  turn: TransactionTurn,
): number {
  if (known === undefined) return ErrorCode.INVALID_PRODUCER_ID_MAPPING
  // First of all, as a producer that was told its next id and epoch may be ahead of the end of its last transaction.
  if (isPreparing(known)) return ErrorCode.CONCURRENT_TRANSACTIONS
  const errorCode = checkProducer(known, producer)
  if (errorCode !== ErrorCode.NONE) return errorCode
  if (known.status === 'Ongoing' && isSubset(partitions, known.partitions)) return ErrorCode.NONE
  const next = ongoing(known, partitions, { clientTransactionVersion, nowMs: turn.nowMs })
  turn.write(next)
  if (known.status !== 'Ongoing') turn.startDeadline(next)
  return ErrorCode.NONE
}

/** Whether each partition is part of the transaction. Changes nothing. */
export function verifyPartitions(
  known: Transaction | undefined,
  { producer, partitions }: Pick<AddPartitions, 'producer' | 'partitions'>,
): PartitionError[] {
  const errorCode = known === undefined ? ErrorCode.INVALID_PRODUCER_ID_MAPPING : checkVerified(known, producer)
  return [...partitionsIn(partitions)].map((each) => {
    if (errorCode !== ErrorCode.NONE) return { ...each, errorCode }
    const isPart = known !== undefined && hasPartition(known.partitions, each)
    return { ...each, errorCode: isPart ? ErrorCode.NONE : ErrorCode.TRANSACTION_ABORTABLE }
  })
}

function checkVerified(known: Transaction, producer: ProducerIdAndEpoch): number {
  const errorCode = checkProducer(known, producer)
  if (errorCode !== ErrorCode.NONE) return errorCode
  return isPreparing(known) ? ErrorCode.CONCURRENT_TRANSACTIONS : ErrorCode.NONE
}

export function checkProducer(known: Transaction, { producerId, producerEpoch }: ProducerIdAndEpoch): number {
  if (known.producerId !== producerId) return ErrorCode.INVALID_PRODUCER_ID_MAPPING
  return known.producerEpoch === producerEpoch ? ErrorCode.NONE : ErrorCode.PRODUCER_FENCED
}
