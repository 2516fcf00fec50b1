/** What clients are told when the log did not take what a request wanted to write. */
import { ApiError, ErrorCode } from '@ottla/protocol'

/** The code of a failure as a client of the coordinator understands it: to look for the coordinator again, or to wait. */
export function coordinatorErrorCode(error: unknown, tooLarge: number): number {
  if (!(error instanceof ApiError)) throw error
  switch (error.code) {
    case ErrorCode.UNKNOWN_TOPIC_OR_PARTITION:
    case ErrorCode.NOT_ENOUGH_REPLICAS:
    case ErrorCode.NOT_ENOUGH_REPLICAS_AFTER_APPEND:
    case ErrorCode.REQUEST_TIMED_OUT:
      return ErrorCode.COORDINATOR_NOT_AVAILABLE
    case ErrorCode.NOT_LEADER_OR_FOLLOWER:
    case ErrorCode.FENCED_LEADER_EPOCH:
    case ErrorCode.KAFKA_STORAGE_ERROR:
      return ErrorCode.NOT_COORDINATOR
    case ErrorCode.MESSAGE_TOO_LARGE:
    case ErrorCode.RECORD_LIST_TOO_LARGE:
    case ErrorCode.INVALID_FETCH_SIZE:
      return tooLarge
    default:
      return error.code
  }
}
