/** What a share coordinator keeps of one share partition. Never changed in place. */
import type { StateBatch } from './state-batches.ts'

/** A topic's partition as one share group sees it. */
export interface SharePartitionKey {
  readonly groupId: string
  readonly topicId: string
  readonly partition: number
}

export interface ShareState {
  readonly key: SharePartitionKey
  /** Grows with each snapshot. */
  readonly snapshotEpoch: number
  /** Grows each time the state begins anew: what was known under a lower one is void. */
  readonly stateEpoch: number
  /** Of the leader that wrote last. */
  readonly leaderEpoch: number
  /** No record below is of interest any more; -1: not decided yet. */
  readonly startOffset: number
  /** Records from the start offset on whose delivery is finished; -1: not known. */
  readonly deliveryCompleteCount: number
  readonly batches: readonly StateBatch[]
  readonly createTimestampMs: number
  /** Of the last snapshot. */
  readonly writeTimestampMs: number
}

/** With what matters to the coordinator alone. */
export interface StoredShareState extends ShareState {
  /** Leaders in lower epochs are fenced. */
  readonly highestLeaderEpoch: number
  /** Initialisations and writes under lower state epochs are fenced. */
  readonly highestStateEpoch: number
  /** Where the log holds the last snapshot: what lies before it is of no use to this share partition. */
  readonly snapshotOffset: number
  /** Updates since then. */
  readonly updateCount: number
}

/** Leader epoch or state epoch of a request that is not to be checked. */
export const UNCHECKED_EPOCH = -1
export const UNDECIDED_OFFSET = -1
export const UNKNOWN_COUNT = -1

/** The name by which a share coordinator is found; its hash says the partition of `__share_group_state`. */
export function coordinatorKey({ groupId, topicId, partition }: SharePartitionKey): string {
  return `${groupId}:${topicId}:${partition}`
}
