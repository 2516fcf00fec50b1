/**
 * TxnOffsetCommit: offsets that are part of a transaction. They are pending until the marker of their producer.
 *
 * Who may commit is asked as for plain commits, with two differences: a producer that does not say which member it commits for (version
 * below 3) may do so at any time, and one that does may while its group is rebalancing: the offsets are of a generation that it knows.
 */
import { ErrorCode } from '@ottla/protocol'
import type { ReplyToken } from '@ottla/runtime'
import type { PartitionMarker } from '../../ports.ts'
import { membersOf } from '../classic/heartbeat.ts'
import { memberError } from '../classic/validate.ts'
import type { Group } from '../group.ts'
import type { Asked } from '../group-requests.ts'
import { streamsCommitCheck } from '../streams/commit.ts'
import type { GroupDecision } from '../turn.ts'
import { type Commit, type CommitCheck, commitError, writeCommit } from './offset-commit.ts'

/** Replies a {@link CommitOutcome}. */
export function txnCommit({ shard, token, now }: Asked, commit: Commit): GroupDecision {
  const turn = shard.turn(now)
  turn.reply(token, writeCommit(commit, turn, txnCommitCheck(shard.groups.get(commit.groupId), commit)))
  return turn.decision()
}

function txnCommitCheck(group: Group | undefined, commit: Commit): CommitCheck {
  if (group?.kind !== 'streams') return txnCommitError(group, commit)
  const check = streamsCommitCheck(group, commit, 'transactional')
  return typeof check === 'number' ? asGeneration(check) : (topic, partition) => asGeneration(check(topic, partition))
}

/** A producer knows of generations alone. */
function asGeneration(error: number): number {
  return error === ErrorCode.STALE_MEMBER_EPOCH ? ErrorCode.ILLEGAL_GENERATION : error
}

function txnCommitError(group: Group | undefined, commit: Commit): number {
  if (
    group?.kind === 'consumer' &&
    commit.generationId < 0 &&
    commit.memberId === '' &&
    commit.groupInstanceId === null
  )
    return ErrorCode.NONE
  if (group === undefined || group.kind !== 'classic') {
    const error = commitError(group, commit)
    const isFenced = error === ErrorCode.STALE_MEMBER_EPOCH || error === ErrorCode.GROUP_ID_NOT_FOUND
    return isFenced ? ErrorCode.ILLEGAL_GENERATION : error
  }
  const { generationId, memberId, groupInstanceId } = commit
  const { phase, generationId: present } = group.state
  if (generationId < 0 && phase === 'Empty') return ErrorCode.NONE
  if (generationId < 0 && memberId === '' && groupInstanceId === null) return ErrorCode.NONE
  const error = memberError(membersOf(group), commit)
  if (error !== ErrorCode.NONE) return error
  return generationId === present ? ErrorCode.NONE : ErrorCode.ILLEGAL_GENERATION
}

/** The transaction of a producer ended: its offsets count now, or never did. Replies nothing of value. */
export function completeTransaction({ token }: { readonly token: ReplyToken }, marker: PartitionMarker): GroupDecision {
  const { producerId, outcome } = marker
  return {
    records: [{ kind: 'marker', producerId, outcome, written: marker }],
    replies: [{ token, value: ErrorCode.NONE }],
  }
}
