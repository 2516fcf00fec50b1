/**
 * Decisions about requests, each from a request in the terms of its part to a decision of the shard. The
 * members' requests go to the classic protocol; where groups of other types come in, they branch here.
 */
import { ErrorCode } from '@ottla/protocol'
import type { Instant, ReplyToken } from '@ottla/runtime'
import { SnapshotRegistry } from '@ottla/stdx'
import { joinError, syncError } from './classic/answers.ts'
import { ClassicDraft } from './classic/classic-draft.ts'
import { ClassicGroup } from './classic/classic-group.ts'
import { decideHeartbeat, type Heartbeat } from './classic/heartbeat.ts'
import { decideJoin, type Join } from './classic/join.ts'
import { decideLeave } from './classic/leave.ts'
import { abandonSync, decideSync, type Sync } from './classic/sync.ts'
import type { MemberIdentity } from './classic/validate.ts'
import { heartbeatAsClassic, joinAsClassic, leaveAsClassic, syncAsClassic } from './consumer/classic-members.ts'
import { ConsumerDraft } from './consumer/consumer-draft.ts'
import type { ConsumerGroup } from './consumer/consumer-group.ts'
import type { GroupShard } from './group-shard.ts'
import { type Commit, decideCommit } from './offsets/offset-commit.ts'
import { type DeleteTopic, decideOffsetDelete } from './offsets/offset-delete.ts'
import { TOMBSTONES_MAX } from './offsets/offset-expiry.ts'
import { type FetchTopic, fetchAllOffsets, fetchOffsets } from './offsets/offset-fetch.ts'
import type { StreamsGroup } from './streams/streams-group.ts'
import type { GroupDecision, Turn } from './turn.ts'

/** What a decision about a request is made from beside the request. */
export interface Asked {
  readonly shard: GroupShard
  readonly token: ReplyToken
  readonly now: Instant
}

/** Replies a {@link JoinAnswer}. */
export function join({ shard, token, now }: Asked, request: Join): GroupDecision {
  const turn = shard.turn(now)
  const known = shard.groups.get(request.groupId)
  if (known?.kind === 'consumer' && !known.isEmpty) {
    joinAsClassic(new ConsumerDraft(known, turn), request, token)
  } else if (known?.kind === 'consumer' || (known?.kind === 'streams' && known.isEmpty)) {
    // Nobody is left of the group: the id may go to a classic one.
    if (request.memberId === '') joinInPlaceOf(known, turn, { request, token })
    else turn.reply(token, joinError(ErrorCode.UNKNOWN_MEMBER_ID, request.memberId))
  } else if (known !== undefined && known.kind !== 'classic') {
    turn.reply(token, joinError(ErrorCode.INCONSISTENT_GROUP_PROTOCOL, ''))
  } else if (known === undefined && request.memberId !== '') {
    turn.reply(token, joinError(ErrorCode.UNKNOWN_MEMBER_ID, request.memberId))
  } else {
    const draft = new ClassicDraft(known ?? new ClassicGroup(shard.registry, request.groupId), turn)
    decideJoin(draft, request, token)
    draft.finish()
  }
  return turn.decision()
}

function joinInPlaceOf(
  group: ConsumerGroup | StreamsGroup,
  turn: Turn,
  { request, token }: { readonly request: Join; readonly token: ReplyToken },
): void {
  group.delete(turn)
  const draft = new ClassicDraft(new ClassicGroup(new SnapshotRegistry(), group.groupId), turn)
  decideJoin(draft, request, token)
  draft.finish()
}

/** Replies a {@link SyncAnswer}. */
export function sync({ shard, token, now }: Asked, request: Sync): GroupDecision {
  const turn = shard.turn(now)
  const consumers = shard.consumerGroup(request.groupId)
  const group = shard.classicGroup(request.groupId)
  if (consumers !== undefined) {
    turn.reply(token, syncAsClassic(new ConsumerDraft(consumers, turn), request))
  } else if (group === undefined) {
    turn.reply(token, syncError(ErrorCode.UNKNOWN_MEMBER_ID))
  } else {
    const draft = new ClassicDraft(group, turn)
    decideSync(draft, request, token)
    draft.finish()
  }
  return turn.decision()
}

/** After the leader's sync could not be written. Replies nothing of value. */
export function syncFailed({ shard, token, now }: Asked, request: Sync, errorCode: number): GroupDecision {
  const turn = shard.turn(now)
  const group = shard.classicGroup(request.groupId)
  if (group !== undefined) {
    const draft = new ClassicDraft(group, turn)
    abandonSync(draft, request, errorCode)
    draft.finish()
  }
  turn.reply(token, undefined)
  return turn.decision()
}

/** Replies an error code. */
export function heartbeat({ shard, token, now }: Asked, request: Heartbeat): GroupDecision {
  const turn = shard.turn(now)
  const group = shard.groups.get(request.groupId)
  if (group?.kind === 'consumer') turn.reply(token, heartbeatAsClassic(new ConsumerDraft(group, turn), request))
  else
    turn.reply(token, group?.kind === 'classic' ? decideHeartbeat(group, request, turn) : ErrorCode.UNKNOWN_MEMBER_ID)
  return turn.decision()
}

/** Replies the error codes of the members, in order. */
export function leave(
  { shard, token, now }: Asked,
  request: { readonly groupId: string; readonly members: readonly MemberIdentity[] },
): GroupDecision {
  const turn = shard.turn(now)
  const consumers = shard.consumerGroup(request.groupId)
  const group = shard.classicGroup(request.groupId)
  if (consumers !== undefined) {
    turn.reply(token, leaveAsClassic(new ConsumerDraft(consumers, turn), request.members))
  } else if (group === undefined) {
    turn.reply(
      token,
      request.members.map(() => ErrorCode.UNKNOWN_MEMBER_ID),
    )
  } else {
    const draft = new ClassicDraft(group, turn)
    turn.reply(token, decideLeave(draft, request.members))
    draft.finish()
  }
  return turn.decision()
}

/** Replies a {@link CommitOutcome}. */
export function commit({ shard, token, now }: Asked, request: Commit): GroupDecision {
  const turn = shard.turn(now)
  turn.reply(token, decideCommit(shard.groups.get(request.groupId), request, turn))
  return turn.decision()
}

/** The newest offsets, answered when they are committed. Replies {@link FetchedTopic}s; null topics: all. */
export function fetchStable(
  { shard, token, now }: Asked,
  { groupId, topics }: { readonly groupId: string; readonly topics: readonly FetchTopic[] | null },
): GroupDecision {
  const turn = shard.turn(now)
  const view = { kind: 'stable' } as const
  turn.reply(
    token,
    topics === null
      ? fetchAllOffsets(shard.offsets, groupId, view)
      : fetchOffsets(shard.offsets, groupId, topics, view),
  )
  return turn.decision()
}

/** Replies a {@link DeleteOutcome}. */
export function deleteOffsets(
  { shard, token, now }: Asked,
  { groupId, topics }: { readonly groupId: string; readonly topics: readonly DeleteTopic[] },
): GroupDecision {
  const turn = shard.turn(now)
  turn.reply(token, decideOffsetDelete(shard.groups.get(groupId), topics, { groupId, store: shard.offsets, turn }))
  return turn.decision()
}

/** What was done of something that may take several batches: ask again while `isDone` is false. */
export interface Progress {
  readonly errorCode: number
  readonly isDone: boolean
}

/** Deletes a group without members, and all its offsets. Replies {@link Progress}. */
export function deleteGroup({ shard, token, now }: Asked, groupId: string): GroupDecision {
  const turn = shard.turn(now)
  turn.reply(token, deletion(shard, groupId, turn))
  return turn.decision()
}

function deletion(shard: GroupShard, groupId: string, turn: Turn): Progress {
  const group = shard.groups.get(groupId)
  if (group === undefined) return { errorCode: ErrorCode.GROUP_ID_NOT_FOUND, isDone: true }
  if (!group.isEmpty) return { errorCode: ErrorCode.NON_EMPTY_GROUP, isDone: true }
  for (const [topic, partitions] of shard.offsets.topics(groupId)) {
    for (const [partition] of partitions) {
      if (turn.recordCount >= TOMBSTONES_MAX) return { errorCode: ErrorCode.NONE, isDone: false }
      turn.write({ kind: 'offset', groupId, topic, partition, offset: null })
    }
  }
  for (const key of shard.offsets.pendingOnly(groupId)) turn.write({ kind: 'offset', ...key, offset: null })
  if (group.kind === 'classic') {
    turn.write({ kind: 'group', groupId, group: null })
  } else {
    group.delete(turn)
  }
  return { errorCode: ErrorCode.NONE, isDone: true }
}

/** Drops what all groups have committed for a topic that is no more. Replies {@link Progress}. */
export function dropTopic({ shard, token, now }: Asked, topic: string): GroupDecision {
  const turn = shard.turn(now)
  turn.reply(token, { errorCode: ErrorCode.NONE, isDone: dropping(shard, topic, turn) })
  return turn.decision()
}

function dropping(shard: GroupShard, topic: string, turn: Turn): boolean {
  for (const [groupId, partitions] of shard.offsets.groupsOf(topic)) {
    for (const partition of partitions) {
      if (turn.recordCount >= TOMBSTONES_MAX) return false
      turn.write({ kind: 'offset', groupId, topic, partition, offset: null })
    }
  }
  for (const key of shard.offsets.pendingOnlyFor(topic)) {
    if (turn.recordCount >= TOMBSTONES_MAX) return false
    turn.write({ kind: 'offset', ...key, offset: null })
  }
  return true
}
