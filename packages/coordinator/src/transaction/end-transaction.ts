/**
 * The end of a transaction: by EndTxn of the client, or by the coordinator, which aborts what takes too long and what stands in
 * the way of a new producer.
 */
import { ErrorCode } from '@ottla/protocol'
import { checkProducer } from './add-partitions.ts'
import type { TransactionOutcome } from './ports.ts'
import { NEEDS_PRODUCER_ID, type ProducerAnswer, refusal } from './producer-answer.ts'
import {
  isComplete,
  isEpochExhausted,
  isHeldBy,
  isPreparing,
  isRetryBy,
  NO_PRODUCER_ID,
  outcomeOf,
  type ProducerIdAndEpoch,
  type Transaction,
} from './transaction.ts'
import { EPOCH_BUMP_VERSION } from './transaction-config.ts'
import type { TransactionTurn } from './transaction-turn.ts'
import { completed, fenced, prepared } from './transitions.ts'

export interface EndTransaction {
  readonly transactionalId: string
  readonly producer: ProducerIdAndEpoch
  readonly outcome: TransactionOutcome
  /** 2 for a client that takes a new epoch with the answer; else 0. */
  readonly clientTransactionVersion: number
}

type EndAnswer = ProducerAnswer | typeof NEEDS_PRODUCER_ID

export function decideEndTransaction(
  known: Transaction | undefined,
  request: EndTransaction,
  turn: TransactionTurn,
): EndAnswer {
  if (known === undefined) return refusal(ErrorCode.INVALID_PRODUCER_ID_MAPPING)
  return request.clientTransactionVersion >= EPOCH_BUMP_VERSION
    ? endWithBump(known, request, turn)
    : endWithoutBump(known, request, turn)
}

/** The same epoch twice is another transaction; the epoch before is the same request sent again. */
function endWithBump(known: Transaction, { producer, outcome }: EndTransaction, turn: TransactionTurn): EndAnswer {
  // First of all, as a producer that was told its next id and epoch may be ahead of the end of its last transaction.
  if (isPreparing(known)) return refusal(ErrorCode.CONCURRENT_TRANSACTIONS)
  if (isComplete(known) && isRetryBy(known, producer))
    return outcomeOf(known) === outcome ? holderOf(known) : refusal(ErrorCode.INVALID_TXN_STATE)
  const errorCode = checkProducer(known, producer)
  if (errorCode !== ErrorCode.NONE) return refusal(errorCode)
  // A producer cannot know whether any of its partitions were added: it may abort what never began.
  if (known.status !== 'Ongoing' && outcome === 'commit') return refusal(ErrorCode.INVALID_TXN_STATE)
  return endBumping(known, outcome, turn)
}

function endWithoutBump(known: Transaction, { producer, outcome }: EndTransaction, turn: TransactionTurn): EndAnswer {
  const errorCode = checkProducer(known, producer)
  if (errorCode !== ErrorCode.NONE) return refusal(errorCode)
  if (isPreparing(known)) return refusal(ErrorCode.CONCURRENT_TRANSACTIONS)
  if (isComplete(known) && outcomeOf(known) === outcome) return holderOf(known)
  if (known.status !== 'Ongoing') return refusal(ErrorCode.INVALID_TXN_STATE)
  const { nowMs } = turn
  const ending = { outcome, clientTransactionVersion: 0, nextProducerId: NO_PRODUCER_ID, nowMs }
  return finish(prepared(known, ending), turn)
}

/**
 * Aborts a transaction on the coordinator's own account, so that its producer is fenced: what it sends in its epoch from now on has no
 * effect. When its id has no epochs left, another one has to be there.
 */
export function abortToFence(known: Transaction, turn: TransactionTurn): EndAnswer {
  const { transactionVersion } = turn.config
  if (transactionVersion >= EPOCH_BUMP_VERSION) return endBumping(known, 'abort', turn)
  const ending = {
    outcome: 'abort',
    clientTransactionVersion: transactionVersion,
    nextProducerId: NO_PRODUCER_ID,
    nowMs: turn.nowMs,
  } as const
  return finish(fenced(known, ending), turn)
}

/** The transaction of that producer takes too long. Nothing happens when it is over meanwhile. */
export function decideTimeOut(
  known: Transaction | undefined,
  producer: ProducerIdAndEpoch,
  turn: TransactionTurn,
): EndAnswer | undefined {
  if (known === undefined || known.status !== 'Ongoing' || !isHeldBy(known, producer)) return undefined
  const answer = abortToFence(known, turn)
  if (answer === NEEDS_PRODUCER_ID) return answer
  const { transactionalId, producerId, producerEpoch, timeoutMs } = known
  turn.log('a transaction took too long and is aborted', { transactionalId, producerId, producerEpoch, timeoutMs })
  return answer
}

function endBumping(known: Transaction, outcome: TransactionOutcome, turn: TransactionTurn): EndAnswer {
  const { spareProducerId, nowMs } = turn
  const needsId = isEpochExhausted(known.producerEpoch)
  if (needsId && spareProducerId === null) return NEEDS_PRODUCER_ID
  const nextProducerId = needsId ? (spareProducerId as number) : NO_PRODUCER_ID
  const ending = { outcome, clientTransactionVersion: EPOCH_BUMP_VERSION, nextProducerId, nowMs }
  return finish(prepared(known, ending), turn)
}

/** The answer says what the producer goes on with, which is its own when all partitions have their marker. */
function finish(ended: Transaction, turn: TransactionTurn): ProducerAnswer {
  const complete = completed(ended, turn.nowMs)
  turn.write(ended.partitions.size === 0 ? complete : ended)
  return holderOf(complete)
}

function holderOf({ producerId, producerEpoch }: Transaction): ProducerAnswer {
  return { errorCode: ErrorCode.NONE, producerId, producerEpoch }
}
