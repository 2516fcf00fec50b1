/**
 * The share partitions of a group whose state the share coordinator keeps, or is to make or drop. What the group coordinator writes here before and
 * after it asks the share coordinator makes that neither forgets what the other has.
 *
 * ```
 *    (nothing) ──► initializing ──► initialized ──► deleting (the whole topic) ──► (nothing)
 *                       └───────────────────────────────┘
 * ```
 *
 * Only what is initialized is assigned to members. Never changed in place.
 */
import type { ShareGroupStatePartitionMetadataValue } from '@ottla/protocol'

export interface SharePartitionsOfTopic {
  readonly name: string
  readonly partitions: ReadonlySet<number>
}

/** By topic id. */
export type ShareTopics = ReadonlyMap<string, SharePartitionsOfTopic>

export interface SharePartitions {
  readonly initializing: ShareTopics
  readonly initialized: ShareTopics
  /** Names by topic id. */
  readonly deleting: ReadonlyMap<string, string>
}

export const NO_SHARE_PARTITIONS: SharePartitions = {
  initializing: new Map(),
  initialized: new Map(),
  deleting: new Map(),
}

export function isNone({ initializing, initialized, deleting }: SharePartitions): boolean {
  return initializing.size + initialized.size + deleting.size === 0
}

/** These are being initialised. Other partitions of a topic that is being deleted may still have state, and so it stays there. */
export function begun(state: SharePartitions, topics: ShareTopics): SharePartitions {
  return { ...state, initializing: union(state.initializing, topics) }
}

/** Those of them that are being initialised are initialised. */
export function completed(state: SharePartitions, topics: ShareTopics): SharePartitions {
  const known = intersection(topics, state.initializing)
  return {
    ...state,
    initializing: without(state.initializing, known),
    initialized: union(state.initialized, known),
  }
}

/** Those of them that were being initialised are no longer: all is as before. */
export function givenUp(state: SharePartitions, topics: ShareTopics): SharePartitions {
  return { ...state, initializing: without(state.initializing, topics) }
}

/** The state of these topics is going to be deleted. */
export function doomed(state: SharePartitions, topicIds: Iterable<string>): SharePartitions {
  const [initializing, initialized] = [new Map(state.initializing), new Map(state.initialized)]
  const deleting = new Map(state.deleting)
  for (const topicId of topicIds) {
    const name = initialized.get(topicId)?.name ?? initializing.get(topicId)?.name
    if (name !== undefined) deleting.set(topicId, name)
    initializing.delete(topicId)
    initialized.delete(topicId)
  }
  return { initializing, initialized, deleting }
}

/** The state of these topics was deleted. What was begun anew since stays. */
export function deleted(state: SharePartitions, topicIds: Iterable<string>): SharePartitions {
  const deleting = new Map(state.deleting)
  for (const topicId of topicIds) deleting.delete(topicId)
  return { ...state, deleting }
}

/** Without topics that are no more: the share coordinator drops their state by itself. */
export function pruned(state: SharePartitions, isGone: (topicId: string) => boolean): SharePartitions {
  const keep = <V>(topics: ReadonlyMap<string, V>): ReadonlyMap<string, V> =>
    [...topics.keys()].some(isGone) ? new Map([...topics].filter(([topicId]) => !isGone(topicId))) : topics
  const next = {
    initializing: keep(state.initializing),
    initialized: keep(state.initialized),
    deleting: keep(state.deleting),
  }
  const isSame =
    next.initializing === state.initializing &&
    next.initialized === state.initialized &&
    next.deleting === state.deleting
  return isSame ? state : next
}

export function union(left: ShareTopics, right: ShareTopics): ShareTopics {
  const both = new Map(left)
  for (const [topicId, { name, partitions }] of right) {
    const known = both.get(topicId)
    both.set(topicId, { name, partitions: new Set([...(known?.partitions ?? []), ...partitions]) })
  }
  return both
}

export function without(topics: ShareTopics, gone: ShareTopics): ShareTopics {
  const rest = new Map(topics)
  for (const [topicId, { partitions }] of gone) {
    const known = rest.get(topicId)
    if (known === undefined) continue
    const left = [...known.partitions].filter((partition) => !partitions.has(partition))
    if (left.length === 0) rest.delete(topicId)
    else rest.set(topicId, { name: known.name, partitions: new Set(left) })
  }
  return rest
}

export function intersection(topics: ShareTopics, others: ShareTopics): ShareTopics {
  const both = new Map<string, SharePartitionsOfTopic>()
  for (const [topicId, { name, partitions }] of topics) {
    const known = others.get(topicId)
    const common = [...partitions].filter((partition) => known?.partitions.has(partition))
    if (common.length > 0) both.set(topicId, { name, partitions: new Set(common) })
  }
  return both
}

/** Whether all of `topics` is in `others`. */
export function isCovered(topics: ShareTopics, others: ShareTopics): boolean {
  for (const [topicId, { partitions }] of topics)
    for (const partition of partitions) if (others.get(topicId)?.partitions.has(partition) !== true) return false
  return true
}

export function sharePartitionsOf(value: ShareGroupStatePartitionMetadataValue): SharePartitions {
  const topics = (each: ShareGroupStatePartitionMetadataValue['initializedTopics']): ShareTopics =>
    new Map(
      each.map(({ topicId, topicName, partitions }) => [topicId, { name: topicName, partitions: new Set(partitions) }]),
    )
  return {
    initializing: topics(value.initializingTopics),
    initialized: topics(value.initializedTopics),
    deleting: new Map(value.deletingTopics.map(({ topicId, topicName }) => [topicId, topicName])),
  }
}

export function sharePartitionsValue(state: SharePartitions): ShareGroupStatePartitionMetadataValue {
  const topics = (each: ShareTopics) =>
    [...each].map(([topicId, { name, partitions }]) => ({
      topicId,
      topicName: name,
      partitions: [...partitions].sort((a, b) => a - b),
    }))
  return {
    initializingTopics: topics(state.initializing),
    initializedTopics: topics(state.initialized),
    deletingTopics: [...state.deleting].map(([topicId, topicName]) => ({ topicId, topicName })),
  }
}
