/** What errors of the share coordinator mean to the leader of a share partition, and to its members. */
import { ErrorCode } from '@ottla/protocol'

const PASSING: ReadonlySet<number> = new Set([
  ErrorCode.COORDINATOR_NOT_AVAILABLE,
  ErrorCode.NOT_COORDINATOR,
  ErrorCode.COORDINATOR_LOAD_IN_PROGRESS,
  ErrorCode.NETWORK_EXCEPTION,
  ErrorCode.REQUEST_TIMED_OUT,
])

/** The share coordinator is on its way: the same may be asked again. */
export function isPassing(error: number): boolean {
  return PASSING.has(error)
}

/** Somebody else leads, or the state is another one now. */
export function isFencing(error: number): boolean {
  return (
    error === ErrorCode.FENCED_LEADER_EPOCH ||
    error === ErrorCode.FENCED_STATE_EPOCH ||
    error === ErrorCode.GROUP_ID_NOT_FOUND ||
    error === ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
  )
}

/** What a member is told of an error of the share coordinator. */
export function toClientError(error: number): number {
  switch (error) {
    case ErrorCode.NONE:
    case ErrorCode.GROUP_ID_NOT_FOUND:
    case ErrorCode.UNKNOWN_TOPIC_OR_PARTITION:
    case ErrorCode.NOT_LEADER_OR_FOLLOWER:
    case ErrorCode.KAFKA_STORAGE_ERROR:
    case ErrorCode.INVALID_REQUEST:
    case ErrorCode.INVALID_RECORD_STATE:
      return error
    case ErrorCode.COORDINATOR_NOT_AVAILABLE:
    case ErrorCode.COORDINATOR_LOAD_IN_PROGRESS:
    case ErrorCode.NOT_COORDINATOR:
      return ErrorCode.COORDINATOR_NOT_AVAILABLE
    case ErrorCode.FENCED_LEADER_EPOCH:
    case ErrorCode.FENCED_STATE_EPOCH:
      return ErrorCode.NOT_LEADER_OR_FOLLOWER
    default:
      return ErrorCode.UNKNOWN_SERVER_ERROR
  }
}
