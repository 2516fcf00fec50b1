/** The kinds of coordinators that clients ask for (FindCoordinator): which topic each lives in, and which partition of it a key belongs to. */
import { partitionForGroup } from '@ottla/protocol'
import { GROUP_METADATA_TOPIC, SHARE_GROUP_STATE_TOPIC, TRANSACTION_STATE_TOPIC } from '../internal-topics.ts'

export interface CoordinatorKind {
  /** `KeyType` on the wire. */
  readonly keyType: number
  readonly topic: string
  /** FindCoordinator knows the kind since this version. */
  readonly sinceVersion: number
  /** Why the key is none of this kind; null when it is one. */
  problemOf(key: string): string | null
  /** The partition of the topic, of `partitions` that it has. */
  partitionFor(key: string, partitions: number): number
}

const anyText = (): null => null

/** Sorted by key type. */
export const COORDINATOR_KINDS: readonly CoordinatorKind[] = [
  {
    keyType: 0,
    topic: GROUP_METADATA_TOPIC,
    sinceVersion: 0,
    problemOf: anyText,
    partitionFor: partitionForGroup,
  },
  {
    keyType: 1,
    topic: TRANSACTION_STATE_TOPIC,
    sinceVersion: 1,
    problemOf: anyText,
    partitionFor: partitionForGroup,
  },
  {
    keyType: 2,
    topic: SHARE_GROUP_STATE_TOPIC,
    sinceVersion: 6,
    problemOf: sharePartitionProblem,
    partitionFor: partitionForGroup,
  },
]

export function coordinatorKindOf(keyType: number): CoordinatorKind | undefined {
  return COORDINATOR_KINDS[keyType]
}

/** `groupId:topicId:partition`; the group id may hold colons itself. */
function sharePartitionProblem(key: string): string | null {
  const [, groupId, topicId] = /^(.+):([A-Za-z0-9_-]{22}):\d{1,10}$/s.exec(key) ?? []
  const isValid = groupId !== undefined && groupId.trim() !== '' && topicId !== undefined
  return isValid ? null : `Invalid key format: expected groupId:topicId:partition, found ${key}`
}
