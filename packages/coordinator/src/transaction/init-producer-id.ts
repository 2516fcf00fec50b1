/** InitProducerId with a transactional id: who produces under it from now on (KIP-98, KIP-360). */
import { ErrorCode } from '@ottla/protocol'
import { abortToFence } from './end-transaction.ts'
import { NEEDS_PRODUCER_ID, type ProducerAnswer, refusal } from './producer-answer.ts'
import {
  isEpochExhausted,
  isHeldBy,
  isPreparing,
  isRetryBy,
  type ProducerIdAndEpoch,
  type Transaction,
} from './transaction.ts'
import type { TransactionTurn } from './transaction-turn.ts'
import { bumped, created, renewed, rotated } from './transitions.ts'

export interface InitProducerId {
  readonly transactionalId: string
  readonly timeoutMs: number
  /** What the producer goes on from; null: it is new, and wants to be the only one. */
  readonly expected: ProducerIdAndEpoch | null
}

export function decideInitProducerId(
  known: Transaction | undefined,
  request: InitProducerId,
  turn: TransactionTurn,
): ProducerAnswer | typeof NEEDS_PRODUCER_ID {
  const { expected, timeoutMs } = request
  const { spareProducerId } = turn
  const initialized = { timeoutMs, nowMs: turn.nowMs }
  if (known === undefined) {
    if (spareProducerId === null) return NEEDS_PRODUCER_ID
    return accept(created(request.transactionalId, { ...initialized, producerId: spareProducerId }), turn)
  }
  if (isPreparing(known)) return refusal(ErrorCode.CONCURRENT_TRANSACTIONS)
  const isRetry = expected !== null && isRetryBy(known, expected)
  if (expected !== null && !isRetry && !isHeldBy(known, expected)) return refusal(ErrorCode.PRODUCER_FENCED)
  if (known.status === 'Ongoing') {
    // The client asks again until the abort is complete, and only then gets an epoch, one that nobody knew before.
    if (abortToFence(known, turn) === NEEDS_PRODUCER_ID) return NEEDS_PRODUCER_ID
    return refusal(ErrorCode.CONCURRENT_TRANSACTIONS)
  }
  if (isRetry) return accept(renewed(known, initialized), turn)
  const by = expected === null ? 'newcomer' : 'holder'
  if (!isEpochExhausted(known.producerEpoch)) return accept(bumped(known, by, initialized), turn)
  if (spareProducerId === null) return NEEDS_PRODUCER_ID
  return accept(rotated(known, by, { ...initialized, producerId: spareProducerId }), turn)
}

function accept(next: Transaction, turn: TransactionTurn): ProducerAnswer {
  turn.write(next)
  return { errorCode: ErrorCode.NONE, producerId: next.producerId, producerEpoch: next.producerEpoch }
}
