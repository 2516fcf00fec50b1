/** Committed offsets of a group: reading and writing them at its coordinator. */
import { ErrorCode, type Init, type OffsetFetchRequest } from '@ottla/protocol'
import { OFFSET_COMMIT, OFFSET_FETCH } from '../apis.ts'
import type { CallContext, Cluster } from '../cluster/cluster.ts'
import { BrokerError, throwBrokerError } from '../errors.ts'
import { byTopic, partitionKey, type TopicPartition } from '../topic-partition.ts'

export interface OffsetAndMetadata {
  /** Of the next record to read. */
  readonly offset: number
  /** Epoch of the leader that appended the last read record; -1 when unknown. */
  readonly leaderEpoch?: number
  /** A text of the application's own. */
  readonly metadata?: string
}

export interface CommittedOffset extends TopicPartition {
  readonly offset: number
  readonly leaderEpoch: number
  readonly metadata: string
}

/** A member that commits as such; outside of a membership the generation is -1 and the member id empty. */
export interface CommitIdentity {
  readonly generation: number
  readonly memberId: string
  readonly groupInstanceId: string | null
}

export const NO_MEMBER: CommitIdentity = { generation: -1, memberId: '', groupInstanceId: null }

/** Later versions name topics by id. */
const MAX_VERSION = 9
const SEVERAL_GROUPS_SINCE = 8
const ALL_TOPICS_SINCE = 2
const STABLE_SINCE = 7

export interface FetchOffsetsQuery {
  readonly group: string
  /** Null: all partitions with a committed offset. */
  readonly partitions: readonly TopicPartition[] | null
  /** Waits for open transactions to end, so that no offset of theirs is missed (KIP-447). */
  readonly requireStable?: boolean
}

/** Committed offsets by partition key. Partitions without one are left out. */
export async function fetchCommitted(
  cluster: Cluster,
  { group, partitions, requireStable = false }: FetchOffsetsQuery,
  context: CallContext,
): Promise<Map<string, CommittedOffset>> {
  const topics =
    partitions === null
      ? null
      : [...byTopic(partitions)].map(([name, ofTopic]) => ({
          name,
          partitionIndexes: ofTopic.map(({ partition }) => partition),
        }))
  const init = (version: number): Init<typeof OffsetFetchRequest> => {
    if (version >= SEVERAL_GROUPS_SINCE) return { groups: [{ groupId: group, topics }], requireStable }
    if (version < ALL_TOPICS_SINCE && topics === null) return { groupId: group, topics: [] }
    return { groupId: group, topics, requireStable: requireStable && version >= STABLE_SINCE }
  }
  const answer = await cluster.call(
    {
      target: { kind: 'coordinator', group },
      api: OFFSET_FETCH,
      init,
      maxVersion: MAX_VERSION,
      what: `read the offsets of group ${group}`,
      check: (found) => {
        const { errorCode, topics: ofGroup } = found.groups[0] ?? found
        throwBrokerError(errorCode, null, { group })
        for (const { name: topic, partitions: ofTopic } of ofGroup) {
          for (const { partitionIndex: partition, errorCode: code } of ofTopic) {
            throwBrokerError(code, null, { group, topic, partition })
          }
        }
      },
    },
    context,
  )
  const committed = new Map<string, CommittedOffset>()
  for (const { name: topic, partitions: ofTopic } of (answer.groups[0] ?? answer).topics) {
    for (const { partitionIndex: partition, committedOffset, committedLeaderEpoch, metadata } of ofTopic) {
      if (committedOffset < 0) continue
      const offset = { topic, partition, offset: committedOffset, leaderEpoch: committedLeaderEpoch }
      committed.set(partitionKey(topic, partition), { ...offset, metadata: metadata ?? '' })
    }
  }
  return committed
}

export interface Commit {
  readonly group: string
  readonly identity: CommitIdentity
  readonly offsets: readonly (TopicPartition & OffsetAndMetadata)[]
}

/** Writes offsets. Rejects with the error of the first partition that was refused; errors that pass are tried again. */
export async function commitOffsets(cluster: Cluster, commit: Commit, context: CallContext): Promise<void> {
  const { group } = commit
  const refused = await tryCommit(cluster, commit, context)
  for (const [{ topic, partition }, code] of refused) throw new BrokerError(code, null, { group, topic, partition })
}

/** Writes offsets; tells which partitions were refused for good, and why. */
export async function tryCommit(
  cluster: Cluster,
  { group, identity, offsets }: Commit,
  context: CallContext,
): Promise<Map<TopicPartition, number>> {
  if (offsets.length === 0) return new Map()
  const answer = await cluster.call(
    {
      target: { kind: 'coordinator', group },
      api: OFFSET_COMMIT,
      init: {
        groupId: group,
        generationIdOrMemberEpoch: identity.generation,
        memberId: identity.memberId,
        groupInstanceId: identity.groupInstanceId,
        topics: [...byTopic(offsets)].map(([name, ofTopic]) => ({
          name,
          partitions: ofTopic.map(({ partition, offset, leaderEpoch, metadata }) => ({
            partitionIndex: partition,
            committedOffset: offset,
            committedLeaderEpoch: leaderEpoch ?? -1,
            committedMetadata: metadata ?? '',
          })),
        })),
      },
      maxVersion: MAX_VERSION,
      what: `commit offsets of group ${group}`,
      check: ({ topics }) => {
        for (const { name: topic, partitions } of topics) {
          for (const { partitionIndex: partition, errorCode } of partitions) {
            if (RETRIED.has(errorCode)) throw new BrokerError(errorCode, null, { group, topic, partition })
          }
        }
      },
    },
    context,
  )
  const refused = new Map<TopicPartition, number>()
  for (const { name: topic, partitions } of answer.topics) {
    for (const { partitionIndex: partition, errorCode } of partitions) {
      if (errorCode !== ErrorCode.NONE) refused.set({ topic, partition }, errorCode)
    }
  }
  return refused
}

/** Codes after which the same commit may succeed. A rebalance is not among them: it changes who may commit. */
const RETRIED = new Set<number>([
  ErrorCode.COORDINATOR_LOAD_IN_PROGRESS,
  ErrorCode.COORDINATOR_NOT_AVAILABLE,
  ErrorCode.NOT_COORDINATOR,
  ErrorCode.REQUEST_TIMED_OUT,
  ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
])
