/** One partition of a fetch under way: the replica that it reads, and why it cannot when it cannot. */
import type { EpochEnd } from '@ottla/log'
import { ErrorCode } from '@ottla/protocol'
import type { Isolation, Replica } from '../replica/replica.ts'
import type { ReplicaRegistry } from '../replica/replica-registry.ts'
import type { FetchPartition } from './fetch-partition.ts'

export interface FetchTarget {
  readonly request: FetchPartition
  /** Found when the request came; it stays the same when another topic takes the name. */
  readonly replica: Replica | undefined
  /** Why there is no replica; NONE when there is one. */
  readonly error: number
}

/** What stands against reading a target now. */
export type TargetState =
  | { readonly kind: 'readable'; readonly hasRecords: boolean }
  | { readonly kind: 'diverging'; readonly end: EpochEnd }
  | { readonly kind: 'error'; readonly error: number }

const HAS_RECORDS: TargetState = Object.freeze({ kind: 'readable', hasRecords: true })
const AT_END: TargetState = Object.freeze({ kind: 'readable', hasRecords: false })
/** As Apache Kafka says of a negative limit, once there is something to read. */
const CANNOT_BE_READ: TargetState = Object.freeze({ kind: 'error', error: ErrorCode.UNKNOWN_SERVER_ERROR })

export function fetchTarget(request: FetchPartition, replicas: ReplicaRegistry): FetchTarget {
  const found =
    request.topic === ''
      ? replicas.findById(request.topicId, request.partition)
      : replicas.find(request.topic, request.partition)
  return { request, replica: found.replica, error: found.error }
}

/** Looks at a target whose replica is ready. */
export function targetState({ request, replica, error }: FetchTarget, isolation: Isolation): TargetState {
  if (replica === undefined) return { kind: 'error', error }
  const leaderError = replica.leaderError(request.currentLeaderEpoch)
  if (leaderError !== ErrorCode.NONE) return { kind: 'error', error: ofStopped(request, replica, leaderError) }
  const { log } = replica
  if (request.lastFetchedEpoch >= 0) {
    const end = log.endOffsetForEpoch(request.lastFetchedEpoch)
    if (end.endOffset < 0) return { kind: 'error', error: ErrorCode.OFFSET_OUT_OF_RANGE }
    if (end.epoch < request.lastFetchedEpoch || end.endOffset < request.fetchOffset) return { kind: 'diverging', end }
  }
  if (request.fetchOffset < log.logStartOffset || request.fetchOffset > log.logEndOffset) {
    return { kind: 'error', error: ErrorCode.OFFSET_OUT_OF_RANGE }
  }
  if (replica.visibleEnd(isolation) <= request.fetchOffset) return AT_END
  return request.maxBytes < 0 ? CANNOT_BE_READ : HAS_RECORDS
}

/** A topic that is gone is told by what it was asked for: its name or its id. */
function ofStopped(request: FetchPartition, replica: Replica, error: number): number {
  return replica.isStopped && request.topic === '' ? ErrorCode.UNKNOWN_TOPIC_ID : error
}
