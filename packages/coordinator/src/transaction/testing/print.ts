/** Records, answers, markers and timers in the words of the scripts. */
import { type DescribeTransactionsResponse, errorOf, type Init, type ListTransactionsResponse } from '@ottla/protocol'
import type { NewRecord } from '../../ports.ts'
import { type PartitionSet, topicsOf } from '../partition-set.ts'
import type { PartitionsOfTopic, TransactionMarkers } from '../ports.ts'
import type { Transaction } from '../transaction.ts'
import { decodeTransactionRecord } from '../transaction-record-codec.ts'

export function printError(code: number | undefined): string {
  return errorOf(code ?? 0).name
}

export function printRecord({ key, value }: NewRecord): string {
  const record = decodeTransactionRecord({ offset: 0, key, value })
  if (record.kind === 'skipped') return `? ${record.reason}`
  return record.kind === 'tombstone' ? `${record.transactionalId} deleted` : printTransaction(record.transaction)
}

/** `T Ongoing 1:0 t-0 t-1`; then what is not as usual. */
export function printTransaction(transaction: Transaction): string {
  const { transactionalId, status, producerId, producerEpoch, clientTransactionVersion } = transaction
  const parts = [transactionalId, status, `${producerId}:${producerEpoch}`]
  if (transaction.partitions.size > 0) parts.push(printPartitions(transaction.partitions))
  if (clientTransactionVersion !== 0) parts.push(`v${clientTransactionVersion}`)
  if (transaction.lastProducerEpoch !== -1) {
    const { previousProducerId, lastProducerEpoch } = transaction
    parts.push(`after ${previousProducerId === -1 ? producerId : previousProducerId}:${lastProducerEpoch}`)
  }
  if (transaction.nextProducerId !== -1) parts.push(`next ${transaction.nextProducerId}`)
  return parts.join(' ')
}

function printPartitions(partitions: PartitionSet): string {
  return printTopics(topicsOf(partitions))
}

function printTopics(topics: readonly PartitionsOfTopic[]): string {
  return topics.flatMap(({ topic, partitions }) => partitions.map((each) => `${topic}-${each}`)).join(' ')
}

export function printMarkers(markers: TransactionMarkers): string {
  const { transactionalId, outcome, producerId, producerEpoch, coordinatorEpoch, transactionVersion } = markers
  const of = `${producerId}:${producerEpoch}`
  return `markers ${transactionalId} ${outcome} ${of} to ${printTopics(markers.topics)} by ${coordinatorEpoch} v${transactionVersion}`
}

export interface PrintedProducer {
  readonly errorCode?: number | undefined
  readonly producerId?: number | undefined
  readonly producerEpoch?: number | undefined
}

export function printProducer(answer: PrintedProducer): string {
  const { errorCode, producerId = -1, producerEpoch = -1 } = answer
  if (errorCode !== 0) return printError(errorCode)
  return producerId === -1 ? 'NONE' : `${producerId}:${producerEpoch}`
}

export function printDescription(answer: Init<typeof DescribeTransactionsResponse>): string {
  return (answer.transactionStates ?? [])
    .map((state) => {
      const { transactionalId, errorCode, transactionState, producerId, producerEpoch, topics = [] } = state
      if (errorCode !== 0) return `${transactionalId} ${printError(errorCode)}`
      const partitions = printTopics(
        topics.map(({ topic = '', partitions = [] }) => ({ topic, partitions: [...partitions] })),
      )
      const began = state.transactionStartTimeMs === -1 ? 'never began' : 'began'
      return `${transactionalId} ${transactionState} ${producerId}:${producerEpoch} [${partitions}] timeout ${state.transactionTimeoutMs} ${began}`
    })
    .join('; ')
}

export function printListing(answer: Init<typeof ListTransactionsResponse>): string {
  const { errorCode, unknownStateFilters = [], transactionStates = [] } = answer
  if (errorCode !== 0) return printError(errorCode)
  const unknown = unknownStateFilters.length === 0 ? '' : ` (unknown: ${unknownStateFilters.join(' ')})`
  const each = transactionStates.map(
    ({ transactionalId, producerId, transactionState }) => `${transactionalId} ${producerId} ${transactionState}`,
  )
  return `${each.length === 0 ? 'nothing' : each.join('; ')}${unknown}`
}
