/** What commands ask of groups: where they stand, and how far that is from the end. */
import {
  type Admin,
  type GroupDescription,
  type GroupListing,
  partitionKey,
  type TopicPartition,
  unwrap,
} from '@ottla/client'
import { similarTo } from '../did-you-mean.ts'
import { codeOf } from '../failure.ts'
import { offsetRanges } from '../topic/topic-facts.ts'
import { Failure } from '../usage-problem.ts'

export interface PartitionStanding extends TopicPartition {
  /** Null: nothing is committed. */
  readonly committedOffset: number | null
  /** Null: the partition has no leader, or is gone. */
  readonly endOffset: number | null
  /** Null where one of the two is. */
  readonly lag: number | null
  /** Id of the member that has it. */
  readonly member: string | null
  readonly clientId: string | null
  readonly host: string | null
}

export interface GroupStanding {
  readonly group: string
  /** consumer, classic, share, streams; empty where the broker does not tell. */
  readonly type: string
  readonly state: string
  /** Null where the kind of group has none that this shows. */
  readonly description: GroupDescription | null
  readonly partitions: readonly PartitionStanding[]
}

/** In the order of the names. Throws {@link Failure} for one that is not there. */
export async function groupsNamed(admin: Admin, names: readonly string[]): Promise<GroupListing[]> {
  const all = await admin.listGroups()
  return [...new Set(names)].map((name) => {
    const found = all.find(({ group }) => group === name)
    if (found !== undefined) return found
    const meant = similarTo(
      name,
      all.map(({ group }) => group),
    )
    const hint = meant.length > 0 ? `Did you mean ${meant.join(', ')}?` : '`ottla group list` shows what there is.'
    throw new Failure(`there is no group ${name}`, { hint })
  })
}

export async function standingOf(admin: Admin, listing: GroupListing): Promise<GroupStanding> {
  const { group, type, state } = listing
  if (type === 'share')
    return { group, type, state, description: null, partitions: await sharePartitions(admin, group) }
  const [description, committed] = await Promise.all([described(admin, listing), admin.listGroupOffsets(group)])
  const members = new Map<string, NonNullable<typeof description>['members'][number]>()
  for (const member of description?.members ?? []) {
    for (const { topic, partition } of member.assignment) members.set(partitionKey(topic, partition), member)
  }
  const byKey = new Map(committed.map((each) => [partitionKey(each.topic, each.partition), each.offset]))
  const assigned = (description?.members ?? []).flatMap(({ assignment }) => assignment)
  const partitions = new Map(
    [...committed, ...assigned].map(({ topic, partition }) => [partitionKey(topic, partition), { topic, partition }]),
  )
  const ranges = await offsetRanges(admin, [...partitions.values()])
  const standings = [...partitions].map(([key, { topic, partition }]): PartitionStanding => {
    const committedOffset = byKey.get(key) ?? null
    const endOffset = ranges.get(key)?.end ?? null
    const member = members.get(key)
    return {
      topic,
      partition,
      committedOffset,
      endOffset,
      lag: committedOffset === null || endOffset === null ? null : Math.max(0, endOffset - committedOffset),
      member: member?.memberId ?? null,
      clientId: member?.clientId ?? null,
      host: member?.host ?? null,
    }
  })
  return { group, type, state: description?.state ?? state, description, partitions: standings.sort(byPartition) }
}

/** Null: nothing is known of any partition. */
export function totalLag({ partitions }: GroupStanding): number | null {
  const known = partitions.flatMap(({ lag }) => (lag === null ? [] : [lag]))
  return known.length === 0 ? null : known.reduce((sum, lag) => sum + lag, 0)
}

async function described(admin: Admin, { group, type }: GroupListing): Promise<GroupDescription | null> {
  if (type === 'streams') return null
  const outcome = (await admin.describeGroups([group])).get(group)
  // It went between the two questions, or is of a kind that only commits.
  if (outcome?.kind === 'failed' && codeOf(outcome.error) === 'GROUP_ID_NOT_FOUND') return null
  return unwrap(outcome)
}

async function sharePartitions(admin: Admin, group: string): Promise<PartitionStanding[]> {
  const offsets = await admin.shareGroups.offsets(group)
  return offsets
    .map(({ topic, partition, startOffset, lag }) => ({
      topic,
      partition,
      committedOffset: startOffset < 0 ? null : startOffset,
      endOffset: startOffset < 0 || lag < 0 ? null : startOffset + lag,
      lag: lag < 0 ? null : lag,
      member: null,
      clientId: null,
      host: null,
    }))
    .sort(byPartition)
}

function byPartition(a: TopicPartition, b: TopicPartition): number {
  return a.topic === b.topic ? a.partition - b.partition : a.topic < b.topic ? -1 : 1
}
