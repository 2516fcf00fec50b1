/** What the broker's answer about one batch means for it. */
import { ErrorCode, errorOf } from '@ottla/protocol'

export type Outcome =
  | { readonly kind: 'written' }
  /** Written by an earlier attempt; the offset is not known any more. */
  | { readonly kind: 'duplicate' }
  /** To be sent again, as it is. */
  | { readonly kind: 'repeat' }
  /** The broker knows nothing of this producer: to be sent again under a new epoch. */
  | { readonly kind: 'repeat-in-new-epoch' }
  /** Too large for the topic, and there is something to divide. */
  | { readonly kind: 'split' }
  /** Given up. `wasWritten`: unknown when the log of the partition may hold it. */
  | { readonly kind: 'failed'; readonly wasWritten: 'no' | 'unknown' }

export interface OutcomeContext {
  readonly recordCount: number
  readonly isIdempotent: boolean
  /** Only the transaction's coordinator gives another epoch. */
  readonly isTransactional: boolean
  /** No batch before it is without an answer. */
  readonly isOldest: boolean
  /** There is time, and another attempt is allowed. */
  readonly mayRepeat: boolean
}

export function outcomeOf(errorCode: number, context: OutcomeContext): Outcome {
  const { isIdempotent, isTransactional, isOldest, mayRepeat, recordCount } = context
  switch (errorCode) {
    case ErrorCode.NONE:
      return { kind: 'written' }
    case ErrorCode.DUPLICATE_SEQUENCE_NUMBER:
      return { kind: 'duplicate' }
    case ErrorCode.MESSAGE_TOO_LARGE:
      return recordCount > 1 ? { kind: 'split' } : { kind: 'failed', wasWritten: 'no' }
    case ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER:
      // A batch before it was not written: it comes back too, and goes first. Without one, records of ours are gone from the log.
      return isIdempotent && !isOldest && mayRepeat ? { kind: 'repeat' } : { kind: 'failed', wasWritten: 'unknown' }
    case ErrorCode.UNKNOWN_PRODUCER_ID:
      return isIdempotent && !isTransactional && mayRepeat
        ? { kind: 'repeat-in-new-epoch' }
        : { kind: 'failed', wasWritten: 'unknown' }
    case ErrorCode.INVALID_PRODUCER_EPOCH:
      return { kind: 'failed', wasWritten: 'unknown' }
    default:
      break
  }
  if (!errorOf(errorCode).retriable) return { kind: 'failed', wasWritten: 'no' }
  return mayRepeat ? { kind: 'repeat' } : { kind: 'failed', wasWritten: 'unknown' }
}
