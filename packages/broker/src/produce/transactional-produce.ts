/**
 * The batch of a transaction on its way to the log (KIP-890): before the first one, the coordinator is asked whether the partition belongs to
 * the transaction, or told that it does.
 */
import type { AppendOptions, AppendResult } from '@ottla/log'
import { baseSequence, ErrorCode, HEADER_BYTES, isTransactional, producerEpoch, producerId } from '@ottla/protocol'
import type { BrokerContext } from '../broker-context.ts'
import type { Replica } from '../replica/replica.ts'
import type { VerificationGuard } from '../replica/verification-guards.ts'
import { type ProducerKnows, refusalOf } from '../transactions/verification-errors.ts'

/** Clients of this version on do not ask for partitions to be added. */
const FIRST_VERSION_THAT_ADDS = 12
/** First version that may be answered TRANSACTION_ABORTABLE. */
const FIRST_VERSION_WITH_ABORTABLE = 11

export interface TransactionalBatch {
  readonly transactionalId: string
  readonly apiVersion: number
  readonly replica: Replica
  readonly records: Buffer
}

export interface Refusal {
  readonly error: number
  readonly message: string | null
}

/** Whether some of these bytes are a batch of a transaction, as far as they can be trusted. */
export function hasTransactionalBatch(records: Buffer | null): boolean {
  return records !== null && records.length >= HEADER_BYTES && isTransactional(records, 0)
}

/** The batch may be appended with the guard, unless it is refused. */
export interface VerifiedBatch {
  readonly guard: VerificationGuard
  readonly refusal: Refusal | null
}

export type Verification =
  /** The transaction is known to be going on. */
  { readonly kind: 'known' } | { readonly kind: 'asked'; readonly answer: Promise<VerifiedBatch> }

/** Begins to verify. */
export function verifyBatch({ transactions, config }: BrokerContext, batch: TransactionalBatch): Verification {
  const { transactionalId, apiVersion, replica, records } = batch
  const producer = { producerId: producerId(records, 0), producerEpoch: producerEpoch(records, 0) }
  if (replica.log.hasOpenTransaction(producer.producerId, producer.producerEpoch)) return { kind: 'known' }
  const kind = apiVersion >= FIRST_VERSION_THAT_ADDS ? 'add' : 'verify'
  if (kind === 'verify' && !config.values['transaction.partition.verification.enable']) return { kind: 'known' }
  const knows: ProducerKnows = {
    addedPartitions: kind === 'add',
    abortable: apiVersion >= FIRST_VERSION_WITH_ABORTABLE,
  }
  const about = { ...producer, transactionalId, kind } as const
  const verified = transactions.verifier.verify(replica, about, baseSequence(records, 0))
  const answer = verified.then(({ errorCode, guard }) => ({ guard, refusal: refusalOf(errorCode, knows) }))
  return { kind: 'asked', answer }
}

/** The batch was verified with the guard. Between the answer and this call a marker may have been written. */
export function appendVerified(
  replica: Replica,
  records: Buffer,
  { guard, ...options }: Omit<AppendOptions, 'leaderEpoch'> & { readonly guard: VerificationGuard },
): AppendResult {
  const id = producerId(records, 0)
  if (!replica.log.hasOpenTransaction(id, producerEpoch(records, 0))) {
    if (!replica.guards.isValid(guard)) {
      const message = 'Record was not part of an ongoing transaction'
      return { kind: 'rejected', error: ErrorCode.INVALID_TXN_STATE, message }
    }
    if (baseSequence(records, 0) > guard.lowestSequence) {
      const message = `sequence ${baseSequence(records, 0)} of producer ${id} comes before ${guard.lowestSequence}, which is not there yet`
      return { kind: 'rejected', error: ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER, message }
    }
  }
  const result = replica.append(records, options)
  if (result.kind === 'appended') replica.guards.clear(id)
  return result
}
