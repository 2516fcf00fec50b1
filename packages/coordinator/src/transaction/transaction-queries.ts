/** Reads of the committed state: transactions described and listed. */
import { type DescribeTransactionsResponse, ErrorCode, type Init, type ListTransactionsResponse } from '@ottla/protocol'
import { topicsOf, union } from './partition-set.ts'
import type { TransactionShard } from './transaction-shard.ts'

export type TransactionDescription = NonNullable<Init<typeof DescribeTransactionsResponse>['transactionStates']>[number]
export type TransactionListing = NonNullable<Init<typeof ListTransactionsResponse>['transactionStates']>[number]

/** Names of states that ListTransactions may be asked for. Nothing is ever in the last two here. */
export const STATE_NAMES: ReadonlySet<string> = new Set([
  'Empty',
  'Ongoing',
  'PrepareCommit',
  'PrepareAbort',
  'CompleteCommit',
  'CompleteAbort',
  'Dead',
  'PrepareEpochFence',
])

export function describeTransaction(
  shard: TransactionShard,
  offset: number,
  transactionalId: string,
): TransactionDescription {
  const transaction = shard.transactions.getAt(transactionalId, offset)
  if (transaction === undefined) return { errorCode: ErrorCode.TRANSACTIONAL_ID_NOT_FOUND, transactionalId }
  const progress = shard.markers.getAt(transactionalId, offset)
  // Of one that has ended: those without a marker.
  const partitions = progress === undefined ? transaction.partitions : union(progress.sent, progress.toSend)
  return {
    errorCode: ErrorCode.NONE,
    transactionalId,
    transactionState: transaction.status,
    transactionTimeoutMs: transaction.timeoutMs,
    transactionStartTimeMs: transaction.startMs,
    producerId: transaction.producerId,
    producerEpoch: transaction.producerEpoch,
    topics: topicsOf(partitions).map(({ topic, partitions }) => ({ topic, partitions: [...partitions] })),
  }
}

export interface TransactionFilter {
  /** Those in one of these; null: in any. */
  readonly states: ReadonlySet<string> | null
  /** Empty: of any producer. */
  readonly producerIds: ReadonlySet<number>
  /** Those that began longer ago than so many milliseconds; negative: at any time. What never began counts as long ago, as in Kafka. */
  readonly longerThanMs: number
  readonly nowMs: number
  readonly matchesId: (transactionalId: string) => boolean
}

export function listTransactions(
  shard: TransactionShard,
  offset: number,
  { states, producerIds, longerThanMs, nowMs, matchesId }: TransactionFilter,
): TransactionListing[] {
  const listed: TransactionListing[] = []
  for (const { transactionalId, producerId, status, startMs } of shard.transactions.valuesAt(offset)) {
    if (states !== null && !states.has(status)) continue
    if (producerIds.size > 0 && !producerIds.has(producerId)) continue
    if (longerThanMs >= 0 && nowMs - startMs <= longerThanMs) continue
    if (matchesId(transactionalId)) listed.push({ transactionalId, producerId, transactionState: status })
  }
  return listed
}
