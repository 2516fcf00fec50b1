/** What a producer is told of a coordinator's answer about its transaction. */
import { ErrorCode, errorOf } from '@ottla/protocol'

/** By the version of its request. */
export interface ProducerKnows {
  /** It leaves adding partitions to the broker (transaction version 2). */
  readonly addedPartitions: boolean
  /** It knows TRANSACTION_ABORTABLE. */
  readonly abortable: boolean
}

/** Null: go on. Retriable errors that older clients would take for fatal are NOT_ENOUGH_REPLICAS, which brings no refresh of metadata. */
export function refusalOf(
  errorCode: number,
  { addedPartitions, abortable }: ProducerKnows,
): { readonly error: number; readonly message: string | null } | null {
  switch (errorCode) {
    case ErrorCode.NONE:
      return null
    case ErrorCode.CONCURRENT_TRANSACTIONS:
      return addedPartitions ? { error: errorCode, message: null } : notVerified(errorCode)
    case ErrorCode.NETWORK_EXCEPTION:
    case ErrorCode.COORDINATOR_LOAD_IN_PROGRESS:
    case ErrorCode.COORDINATOR_NOT_AVAILABLE:
    case ErrorCode.NOT_COORDINATOR:
      return notVerified(errorCode)
    case ErrorCode.PRODUCER_FENCED:
      return { error: ErrorCode.INVALID_PRODUCER_EPOCH, message: null }
    case ErrorCode.TRANSACTION_ABORTABLE:
      return abortable ? { error: errorCode, message: null } : notAdded()
    case ErrorCode.INVALID_TXN_STATE:
      return notAdded()
    default:
      return { error: errorCode, message: null }
  }
}

function notAdded() {
  return { error: ErrorCode.INVALID_TXN_STATE, message: 'Partition was not added to the transaction' }
}

function notVerified(errorCode: number) {
  const message = `Unable to verify the partition has been added to the transaction. Underlying error: ${errorOf(errorCode).name}`
  return { error: ErrorCode.NOT_ENOUGH_REPLICAS, message }
}
