/**
 * OffsetFetch: what a group has committed. Plain reads see what is committed to the log. Reads that require stable offsets
 * (KIP-447) see the newest, wait for its commit, and are refused where an open transaction may still change the offset.
 */
import { ErrorCode, ZERO_UUID } from '@ottla/protocol'
import type { OffsetStore, StoredOffset } from './offset-store.ts'

export interface FetchTopic {
  readonly name: string
  /** The topic's present id; the zero uuid: not known. */
  readonly topicId: string
  readonly partitions: readonly number[]
}

export interface FetchedPartition {
  readonly partition: number
  /** -1: nothing is committed. */
  readonly offset: number
  readonly leaderEpoch: number
  readonly metadata: string
  readonly errorCode: number
}

export interface FetchedTopic {
  readonly name: string
  readonly partitions: readonly FetchedPartition[]
}

/** The state to read: as of an offset of the log, or the newest and stable. */
export type FetchView = { readonly kind: 'committed'; readonly offset: number } | { readonly kind: 'stable' }

export function fetchOffsets(
  store: OffsetStore,
  groupId: string,
  topics: readonly FetchTopic[],
  view: FetchView,
): FetchedTopic[] {
  return topics.map(({ name, topicId, partitions }) => ({
    name,
    partitions: partitions.map((partition) => {
      const key = { groupId, topic: name, partition }
      if (view.kind === 'stable' && store.isPending(key)) return unstable(partition)
      return fetched(partition, view.kind === 'stable' ? store.get(key) : store.getAt(key, view.offset), topicId)
    }),
  }))
}

export function fetchAllOffsets(store: OffsetStore, groupId: string, view: FetchView): FetchedTopic[] {
  const topics = view.kind === 'stable' ? store.topics(groupId) : store.topicsAt(groupId, view.offset)
  return [...topics].map(([name, partitions]) => ({
    name,
    partitions: [...partitions].map(([partition, stored]) =>
      view.kind === 'stable' && store.isPending({ groupId, topic: name, partition })
        ? unstable(partition)
        : fetched(partition, stored, ZERO_UUID),
    ),
  }))
}

/** An offset that was committed for a topic of that name that is gone does not count. */
function fetched(partition: number, stored: StoredOffset | undefined, topicId: string): FetchedPartition {
  if (stored === undefined || isOtherTopic(stored.topicId, topicId))
    return { partition, offset: -1, leaderEpoch: -1, metadata: '', errorCode: ErrorCode.NONE }
  const { offset, leaderEpoch, metadata } = stored
  return { partition, offset, leaderEpoch, metadata, errorCode: ErrorCode.NONE }
}

function isOtherTopic(stored: string, present: string): boolean {
  return stored !== ZERO_UUID && present !== ZERO_UUID && stored !== present
}

function unstable(partition: number): FetchedPartition {
  return { partition, offset: -1, leaderEpoch: -1, metadata: '', errorCode: ErrorCode.UNSTABLE_OFFSET_COMMIT }
}
