/** Which share partitions of a group get state, before they are assigned to anybody. */
import type { Asked } from '../group-requests.ts'
import type { GroupDecision } from '../turn.ts'
import { ShareDraft } from './share-draft.ts'
import {
  begun,
  completed,
  deleted,
  givenUp,
  intersection,
  isCovered,
  type SharePartitionsOfTopic,
  type ShareTopics,
  union,
} from './share-partitions.ts'

/** What the share coordinator is asked for. */
export interface Initialization {
  readonly groupId: string
  /** The epoch of the group. */
  readonly stateEpoch: number
  readonly topics: ShareTopics
}

/** What came of it. */
export interface Initialized {
  readonly groupId: string
  readonly done: ShareTopics
  readonly failed: ShareTopics
}

/** Some partition that somebody subscribes to has state, but was assigned to nobody yet. */
export function isAssignmentPending(draft: ShareDraft): boolean {
  const names = draft.topicNames()
  const members = draft.members()
  for (const [topicId, { name, partitions }] of draft.partitions.initialized) {
    if (!names.has(name)) continue
    const assigned = new Set(members.flatMap(({ memberId }) => draft.target(memberId).get(topicId) ?? []))
    if (assigned.size !== partitions.size) return true
  }
  return false
}

/** Begins with what has no state. What somebody else was asked to initialise is given its time, then asked for again. */
export function initializeMissing(draft: ShareDraft): Initialization | null {
  const { turn, groupId } = draft
  const { initializingSinceMs } = draft.notes
  const { monotonicMs } = turn.now
  const isUnderWay =
    initializingSinceMs !== null && monotonicMs - initializingSinceMs < turn.config.shareInitializeRetryIntervalMs
  // New offsets for these were asked for, and nobody knows what came of it: the state is there, old or new.
  const isThere = intersection(draft.partitions.initializing, draft.partitions.initialized)
  if (!isUnderWay && isThere.size > 0) draft.setPartitions(givenUp(draft.partitions, isThere))
  const missing = new Map<string, SharePartitionsOfTopic>()
  for (const name of draft.topicNames()) {
    const topic = turn.topics.byName(name)
    if (topic === undefined) continue
    const { topicId, partitionCount } = topic
    const has = draft.partitions.initialized.get(topicId)?.partitions
    const gets = isUnderWay ? draft.partitions.initializing.get(topicId)?.partitions : undefined
    const partitions = new Set<number>()
    for (let partition = 0; partition < partitionCount; partition++)
      if (!has?.has(partition) && !gets?.has(partition)) partitions.add(partition)
    if (partitions.size > 0) missing.set(topicId, { name, partitions })
  }
  if (missing.size === 0) {
    if (draft.partitions.initializing.size === 0) draft.note({ initializingSinceMs: null })
    return null
  }
  const { initializing, deleting } = draft.partitions
  const isWritten = isCovered(missing, initializing) && ![...missing.keys()].some((topicId) => deleting.has(topicId))
  // With these, all partitions of their topics have state again.
  if (!isWritten) draft.setPartitions(deleted(begun(draft.partitions, missing), missing.keys()))
  draft.note({ initializingSinceMs: monotonicMs })
  return { groupId, stateEpoch: draft.state.epoch, topics: missing }
}

/** Replies the share partitions that got state although the group does not want it any more. */
export function shareInitialized({ shard, token, now }: Asked, { groupId, done, failed }: Initialized): GroupDecision {
  const turn = shard.turn(now)
  const group = shard.groups.get(groupId)
  if (group?.kind !== 'share') {
    turn.reply(token, done)
    return turn.decision()
  }
  const draft = new ShareDraft(group, turn)
  const before = draft.partitions
  const unwanted = new Map(
    [...done].filter(([topicId]) => !before.initializing.has(topicId) && !before.initialized.has(topicId)),
  )
  // What failed may have been carried out all the same: the group keeps it in mind, to be asked for again or to be deleted.
  const asBefore = intersection(failed, before.initialized)
  if (intersection(union(done, asBefore), before.initializing).size > 0)
    draft.setPartitions(givenUp(completed(before, done), asBefore))
  draft.note({ initializingSinceMs: null })
  if (!group.isEmpty && isAssignmentPending(draft)) draft.bumpEpoch()
  draft.finish()
  turn.reply(token, unwanted)
  return turn.decision()
}
