import { ErrorCode } from '@ottla/protocol'
import { CONSUMER_PROTOCOL_TYPE } from '../classic/protocols.ts'
import type { Group } from '../group.ts'
import type { Turn } from '../turn.ts'
import type { OffsetStore } from './offset-store.ts'

export interface DeleteTopic {
  readonly name: string
  readonly partitions: readonly number[]
}

export interface DeleteOutcome {
  readonly errorCode: number
  /** Error codes by partition, in the order of the request. */
  readonly topics: readonly (readonly number[])[]
}

/**
 * OffsetDelete (KIP-496): drops offsets of topics that the group is not subscribed to. Of a group with members this can only be
 * told when they are Kafka consumers, whose subscriptions say their topics.
 */
export function decideOffsetDelete(
  group: Group | undefined,
  topics: readonly DeleteTopic[],
  { groupId, store, turn }: { groupId: string; store: OffsetStore; turn: Turn },
): DeleteOutcome {
  if (group === undefined) return { errorCode: ErrorCode.GROUP_ID_NOT_FOUND, topics: [] }
  if (!group.isEmpty && group.protocolType !== CONSUMER_PROTOCOL_TYPE)
    return { errorCode: ErrorCode.NON_EMPTY_GROUP, topics: [] }
  const outcomes = topics.map(({ name, partitions }) => {
    if (group.isSubscribedTo(name)) return partitions.map(() => ErrorCode.GROUP_SUBSCRIBED_TO_TOPIC)
    for (const partition of partitions) {
      const key = { groupId, topic: name, partition }
      if (store.get(key) !== undefined || store.isPending(key)) turn.write({ kind: 'offset', ...key, offset: null })
    }
    return partitions.map(() => ErrorCode.NONE)
  })
  return { errorCode: ErrorCode.NONE, topics: outcomes }
}
