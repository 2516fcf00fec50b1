/**
 * The bytes of the records of `__transaction_state`, in Kafka's format: values of version 0, or 1 from transaction.version 1 on.
 *
 * The format has no field for the epoch before the present one, which tells a request that is sent again from one of a fenced producer. It
 * follows from the other fields: a transaction of version 2 ended in the epoch before; an id that has a previous one was made for
 * the last epoch of that; and for a producer that got a new epoch by InitProducerId from its own former one, `nextProducerEpoch`
 * repeats the epoch (a state in which Kafka leaves it unset). Values of version 0 do not say it: as in Kafka, such a request is
 * fenced when the coordinator was loaded in between.
 */
import {
  decodeCoordinatorKey,
  decodeCoordinatorValue,
  encodeCoordinatorRecord,
  ProtocolError,
  TRANSACTION_RECORDS,
  TransactionLogValue,
} from '@ottla/protocol'
import type { NewRecord, StoredRecord } from '../ports.ts'
import { NO_PARTITIONS, partitionSet, topicsOf } from './partition-set.ts'
import {
  isComplete,
  isPreparing,
  MAX_CLIENT_EPOCH,
  NO_PRODUCER_EPOCH,
  NO_PRODUCER_ID,
  type Transaction,
  type TransactionStatus,
} from './transaction.ts'
import { EPOCH_BUMP_VERSION } from './transaction-config.ts'

export type TransactionRecord =
  | { readonly kind: 'transaction'; readonly transaction: Transaction }
  | { readonly kind: 'tombstone'; readonly transactionalId: string }

/** By their numbers in a record. 6 and 7 are Dead and PrepareEpochFence, which no log holds. */
const STATUSES: readonly TransactionStatus[] = [
  'Empty',
  'Ongoing',
  'PrepareCommit',
  'PrepareAbort',
  'CompleteCommit',
  'CompleteAbort',
]

export function encodeTransactionRecord(record: TransactionRecord, transactionVersion: number): NewRecord {
  if (record.kind === 'tombstone') {
    const key = { transactionalId: record.transactionalId }
    return encodeCoordinatorRecord(TRANSACTION_RECORDS, { kind: 'TransactionLog', key, value: null })
  }
  const { transaction } = record
  const isFlexible = transactionVersion >= 1
  return encodeCoordinatorRecord(TRANSACTION_RECORDS, {
    kind: 'TransactionLog',
    key: { transactionalId: transaction.transactionalId },
    version: isFlexible ? 1 : 0,
    value: { ...bodyOf(transaction), ...(isFlexible ? tagsOf(transaction) : {}) },
  })
}

function bodyOf(transaction: Transaction) {
  const topics = topicsOf(transaction.partitions)
  return {
    producerId: transaction.producerId,
    producerEpoch: transaction.producerEpoch,
    transactionTimeoutMs: transaction.timeoutMs,
    transactionStatus: STATUSES.indexOf(transaction.status),
    transactionPartitions:
      transaction.status === 'Empty'
        ? null
        : topics.map(({ topic, partitions }) => ({ topic, partitionIds: [...partitions] })),
    transactionLastUpdateTimestampMs: transaction.lastUpdateMs,
    transactionStartTimestampMs: transaction.startMs,
  }
}

function tagsOf(transaction: Transaction) {
  const { status, producerEpoch, previousProducerId, lastProducerEpoch } = transaction
  const isSaid = previousProducerId !== NO_PRODUCER_ID || lastProducerEpoch === NO_PRODUCER_EPOCH
  return {
    previousProducerId,
    nextProducerId: transaction.nextProducerId,
    nextProducerEpoch: status === 'Empty' && !isSaid ? producerEpoch : NO_PRODUCER_EPOCH,
    clientTransactionVersion: transaction.clientTransactionVersion,
  }
}

/** A record that is not taken over: of a type, version or state that is not known, or damaged. It stays in the log. */
export interface SkippedRecord {
  readonly kind: 'skipped'
  readonly reason: string
}

export function decodeTransactionRecord({ key, value }: StoredRecord): TransactionRecord | SkippedRecord {
  if (key === null) return { kind: 'skipped', reason: 'no key' }
  try {
    const decoded = decodeCoordinatorKey(TRANSACTION_RECORDS, key)
    if (decoded.kind === 'unknown') return { kind: 'skipped', reason: `type ${decoded.type}` }
    const { transactionalId } = decoded.key
    if (value === null) return { kind: 'tombstone', transactionalId }
    return transactionOf(transactionalId, decodeCoordinatorValue(TransactionLogValue, value).value)
  } catch (error) {
    if (error instanceof ProtocolError) return { kind: 'skipped', reason: error.message }
    throw error
  }
}

function transactionOf(transactionalId: string, value: TransactionLogValue): TransactionRecord | SkippedRecord {
  const status = STATUSES[value.transactionStatus]
  if (status === undefined) return { kind: 'skipped', reason: `state ${value.transactionStatus}` }
  const topics = (value.transactionPartitions ?? []).map(({ topic, partitionIds }) => ({
    topic,
    partitions: partitionIds,
  }))
  const transaction: Transaction = {
    transactionalId,
    producerId: value.producerId,
    producerEpoch: value.producerEpoch,
    previousProducerId: NO_PRODUCER_ID,
    lastProducerEpoch: NO_PRODUCER_EPOCH,
    nextProducerId: value.nextProducerId,
    timeoutMs: value.transactionTimeoutMs,
    status,
    partitions: topics.length === 0 ? NO_PARTITIONS : partitionSet(topics),
    startMs: value.transactionStartTimestampMs,
    lastUpdateMs: value.transactionLastUpdateTimestampMs,
    clientTransactionVersion: value.clientTransactionVersion,
  }
  return { kind: 'transaction', transaction: { ...transaction, ...formerProducer(transaction, value) } }
}

function formerProducer(
  transaction: Transaction,
  { previousProducerId, nextProducerEpoch }: TransactionLogValue,
): Partial<Transaction> {
  const { status, producerId, producerEpoch, clientTransactionVersion } = transaction
  const hasBumped = clientTransactionVersion >= EPOCH_BUMP_VERSION
  if (status === 'Empty' || (isComplete(transaction) && hasBumped)) {
    // Kafka names the present id here when it is none.
    if (previousProducerId !== NO_PRODUCER_ID && previousProducerId !== producerId && producerEpoch === 0)
      return { previousProducerId, lastProducerEpoch: MAX_CLIENT_EPOCH }
  }
  const wasBumped = status === 'Empty' ? nextProducerEpoch === producerEpoch : hasBumped && status !== 'Ongoing'
  if (wasBumped && (status === 'Empty' || isPreparing(transaction) || isComplete(transaction)))
    return { lastProducerEpoch: producerEpoch - 1 }
  return {}
}
