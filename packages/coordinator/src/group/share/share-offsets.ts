/** Decisions about the offsets of share groups: set anew, deleted, and gone with their topics. The offsets themselves are the share coordinator's. */
import { ErrorCode, errorOf } from '@ottla/protocol'
import type { Asked } from '../group-requests.ts'
import type { GroupDecision } from '../turn.ts'
import { ShareDraft } from './share-draft.ts'
import { ShareGroup } from './share-group.ts'
import {
  begun,
  deleted,
  doomed,
  pruned,
  type SharePartitions,
  type SharePartitionsOfTopic,
  type ShareTopics,
} from './share-partitions.ts'

export interface Refusal {
  readonly errorCode: number
  readonly errorMessage: string
}

export interface Alteration {
  readonly groupId: string
  /** They exist. */
  readonly topics: ShareTopics
}

/** Replies a {@link Refusal}, or the state epoch under which the share coordinator is to begin anew. Makes the group when there is none. */
export function alterShareOffsets({ shard, token, now }: Asked, { groupId, topics }: Alteration): GroupDecision {
  const turn = shard.turn(now)
  const known = shard.groups.get(groupId)
  const refusal = known === undefined ? undefined : notAlterable(known, groupId)
  if (refusal !== undefined) {
    turn.reply(token, refusal)
    return turn.decision()
  }
  const draft = new ShareDraft((known as ShareGroup | undefined) ?? new ShareGroup(shard.registry, groupId), turn)
  // A leader that still holds the former state is fenced by the new epoch.
  if (known !== undefined) draft.bumpEpoch(draft.state.metadataHash)
  draft.setPartitions(begun(draft.partitions, topics))
  draft.note({ initializingSinceMs: turn.now.monotonicMs })
  draft.finish()
  turn.reply(token, { errorCode: ErrorCode.NONE, stateEpoch: draft.state.epoch })
  return turn.decision()
}

export interface DeletedOffsets {
  readonly groupId: string
  /** Names of topics; null: all. */
  readonly names: ReadonlySet<string> | null
}

/** Replies a {@link Refusal}, or the share partitions whose state the share coordinator is to delete. */
export function beginShareDeletion({ shard, token, now }: Asked, { groupId, names }: DeletedOffsets): GroupDecision {
  const turn = shard.turn(now)
  const group = shard.groups.get(groupId)
  const refusal = group === undefined ? notFound(`Group ${groupId} not found.`) : notAlterable(group, groupId)
  if (refusal !== undefined) {
    turn.reply(token, refusal)
    return turn.decision()
  }
  const draft = new ShareDraft(group as ShareGroup, turn)
  const before = draft.partitions
  const topics = new Map<string, SharePartitionsOfTopic>()
  const isMeant = (name: string): boolean => names === null || names.has(name)
  for (const [topicId, { name, partitions }] of [...before.initializing, ...before.initialized])
    if (isMeant(name))
      topics.set(topicId, { name, partitions: new Set([...(topics.get(topicId)?.partitions ?? []), ...partitions]) })
  if (topics.size > 0) draft.setPartitions(doomed(before, topics.keys()))
  // Somebody began with these before, and did not come to the end.
  for (const [topicId, name] of before.deleting) {
    const count = turn.topics.byId(topicId)?.partitionCount ?? 0
    if (isMeant(name)) topics.set(topicId, { name, partitions: new Set(Array(count).keys()) })
  }
  draft.finish()
  turn.reply(token, { errorCode: ErrorCode.NONE, topics })
  return turn.decision()
}

/** The share coordinator has deleted the state of these topics. Replies nothing of value. */
export function completeShareDeletion(
  { shard, token, now }: Asked,
  { groupId, topicIds }: { readonly groupId: string; readonly topicIds: readonly string[] },
): GroupDecision {
  const turn = shard.turn(now)
  const group = shard.groups.get(groupId)
  if (group?.kind === 'share' && topicIds.some((topicId) => group.partitions.deleting.has(topicId))) {
    const draft = new ShareDraft(group, turn)
    draft.setPartitions(deleted(draft.partitions, topicIds))
    draft.finish()
  }
  turn.reply(token, undefined)
  return turn.decision()
}

/** So many groups are written about in one batch. */
const GROUPS_PER_DECISION = 100

/** Forgets the share partitions of topics that are no more, in all groups. Replies whether that was all. */
export function dropShareTopics({ shard, token, now }: Asked): GroupDecision {
  const turn = shard.turn(now)
  const isGone = (topicId: string): boolean => turn.topics.nameOf(topicId) === undefined
  let isDone = true
  for (const group of shard.groups.values()) {
    if (group.kind !== 'share') continue
    const draft = new ShareDraft(group, turn)
    const partitions = pruned(draft.partitions, isGone)
    if (partitions === draft.partitions) continue
    isDone = turn.recordCount < GROUPS_PER_DECISION
    if (!isDone) break
    draft.setPartitions(partitions)
    draft.finish()
  }
  turn.reply(token, isDone)
  return turn.decision()
}

type Known = NonNullable<ReturnType<Asked['shard']['groups']['get']>>

function notAlterable(group: Known, groupId: string): Refusal | undefined {
  if (group.kind !== 'share') return notFound(`Group ${groupId} is not a share group.`)
  if (group.isEmpty) return undefined
  return { errorCode: ErrorCode.NON_EMPTY_GROUP, errorMessage: errorOf(ErrorCode.NON_EMPTY_GROUP).message }
}

function notFound(errorMessage: string): Refusal {
  return { errorCode: ErrorCode.GROUP_ID_NOT_FOUND, errorMessage }
}

export type { SharePartitions }
