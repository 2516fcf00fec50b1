/**
 * OffsetCommit: who may commit, and what is written.
 *
 * A commit comes from a member of the group's present generation, or, with generation -1 and no member id, from somebody who does
 * not use group membership at all: a tool, or a consumer that assigns partitions to itself. Such commits are taken when the
 * group has no members, and make the group when there is none.
 */
import { ErrorCode } from '@ottla/protocol'
import type { ClassicGroup } from '../classic/classic-group.ts'
import { membersOf } from '../classic/heartbeat.ts'
import { memberError } from '../classic/validate.ts'
import { consumerCommitError } from '../consumer/commit.ts'
import type { Group } from '../group.ts'
import type { Producer } from '../group-record.ts'
import { streamsCommitCheck } from '../streams/commit.ts'
import type { Turn } from '../turn.ts'

/** An OffsetCommit request, its topics known to exist. */
export interface Commit {
  readonly groupId: string
  /** Negative: none. */
  readonly generationId: number
  readonly memberId: string
  readonly groupInstanceId: string | null
  /** How long the offsets are to be kept; -1: as long as the broker keeps them. Clients of before KIP-211 may say. */
  readonly retentionMs: number
  /** The client knows GROUP_ID_NOT_FOUND as an answer (version 9). */
  readonly knowsGroupIdNotFound: boolean
  /** The commit is part of this producer's transaction. */
  readonly producer?: Producer
  /** The client knows member epochs (version 9). */
  readonly knowsMemberEpochs: boolean
  readonly topics: readonly CommitTopic[]
}

export interface CommitTopic {
  readonly name: string
  /** The present id of the topic of that name, stored with the offset. */
  readonly topicId: string
  readonly partitions: readonly CommitPartition[]
}

export interface CommitPartition {
  readonly partition: number
  readonly offset: number
  readonly leaderEpoch: number
  readonly metadata: string
}

/** Error codes by partition, in the order of the request. */
export type CommitOutcome = readonly (readonly number[])[]

/** What of a commit is refused: all of it, or what a look at each partition says. */
export type CommitCheck = number | ((topic: string, partition: number) => number)

export function decideCommit(group: Group | undefined, commit: Commit, turn: Turn): CommitOutcome {
  const check = group?.kind === 'streams' ? streamsCommitCheck(group, commit, 'plain') : commitError(group, commit)
  if (group?.kind === 'classic' && check === ErrorCode.NONE) keepSession(group, commit.memberId, turn)
  return writeCommit(commit, turn, check)
}

/** What may be committed is written. */
export function writeCommit(commit: Commit, turn: Turn, check: CommitCheck = ErrorCode.NONE): CommitOutcome {
  return commit.topics.map((topic) =>
    topic.partitions.map((partition) => {
      const error = typeof check === 'number' ? check : check(topic.name, partition.partition)
      return error === ErrorCode.NONE ? commitPartition(commit, topic, partition, turn) : error
    }),
  )
}

export function commitError(group: Group | undefined, commit: Commit): number {
  const { generationId, memberId, groupInstanceId } = commit
  if (group === undefined) {
    if (generationId < 0) return ErrorCode.NONE
    return commit.knowsGroupIdNotFound ? ErrorCode.GROUP_ID_NOT_FOUND : ErrorCode.ILLEGAL_GENERATION
  }
  if (group.kind === 'consumer') return consumerCommitError(group, commit)
  if (group.kind !== 'classic') return generationId < 0 && group.isEmpty ? ErrorCode.NONE : ErrorCode.UNKNOWN_MEMBER_ID
  const { phase } = group.state
  if (generationId < 0 && phase === 'Empty') return ErrorCode.NONE
  if (generationId < 0 && memberId === '' && groupInstanceId === null) return ErrorCode.UNKNOWN_MEMBER_ID
  const error = memberError(membersOf(group), commit)
  if (error !== ErrorCode.NONE) return error
  if (generationId !== group.state.generationId) return ErrorCode.ILLEGAL_GENERATION
  // The member knows of the new generation but has no assignment yet: what it commits is of the one before.
  return phase === 'CompletingRebalance' ? ErrorCode.REBALANCE_IN_PROGRESS : ErrorCode.NONE
}

/** A commit is as good as a heartbeat. */
function keepSession(group: ClassicGroup, memberId: string, turn: Turn): void {
  const member = group.members.get(memberId)
  if (member === undefined) return
  turn.setTimer({ kind: 'session', groupId: group.groupId, memberId }, member.sessionTimeoutMs)
}

function commitPartition(commit: Commit, topic: CommitTopic, committed: CommitPartition, turn: Turn): number {
  const { partition, offset, leaderEpoch, metadata } = committed
  if (metadata.length > turn.config.offsetMetadataMaxBytes) return ErrorCode.OFFSET_METADATA_TOO_LARGE
  const commitTimestampMs = turn.now.wallMs
  turn.write({
    kind: 'offset',
    groupId: commit.groupId,
    topic: topic.name,
    partition,
    offset: {
      offset,
      leaderEpoch,
      metadata,
      commitTimestampMs,
      expireTimestampMs: commit.retentionMs === -1 ? -1 : commitTimestampMs + commit.retentionMs,
      topicId: topic.topicId,
    },
    ...(commit.producer === undefined ? undefined : { producer: commit.producer }),
  })
  return ErrorCode.NONE
}
