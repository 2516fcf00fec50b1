/** What commands ask of groups: where they stand, and how far that is from the end. */
import {
  type Admin,
  type BrokerNode,
  type GroupListing,
  type Outcome,
  partitionKey,
  type TopicPartition,
  unwrap,
} from '@ottla/client'
import { similarTo } from '../did-you-mean.ts'
import { codeOf } from '../failure.ts'
import { offsetRanges } from '../topic/topic-facts.ts'
import { Failure } from '../usage-problem.ts'

export interface PartitionStanding extends TopicPartition {
  /** Of a share group: all before it are done. Null: nothing is committed. */
  readonly committedOffset: number | null
  /** Null: the partition has no leader, or is gone; of a share group it is not told. */
  readonly endOffset: number | null
  /** Null where it is not known. */
  readonly lag: number | null
  /** Id of the member that has it. */
  readonly member: string | null
  readonly clientId: string | null
  readonly host: string | null
}

export interface MemberStanding {
  readonly memberId: string
  /** Of a static member. */
  readonly instanceId: string | null
  readonly clientId: string
  readonly host: string
  readonly partitions: readonly TopicPartition[]
}

export interface GroupStanding {
  readonly group: string
  /** consumer, classic, share, streams; empty where the broker does not tell. */
  readonly type: string
  readonly state: string
  /** Null: it went while it was asked for. */
  readonly coordinator: BrokerNode | null
  /** Empty where nobody assigns. */
  readonly assignor: string
  readonly members: readonly MemberStanding[]
  readonly partitions: readonly PartitionStanding[]
}

/** What the coordinator tells of a group of any kind. */
type Description = Pick<GroupStanding, 'state' | 'coordinator' | 'assignor' | 'members'>

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
  const { group, type } = listing
  const [description, partitions] = await Promise.all([
    described(admin, listing),
    type === 'share' ? sharePartitions(admin, group) : committedPartitions(admin, group),
  ])
  const { state, members } = description
  // Records of a partition are shared out among members: none has it for its own.
  if (type === 'share') return { ...description, group, type, partitions: [...partitions.values()].sort(byPartition) }
  const holders = new Map<string, MemberStanding>()
  for (const member of members) {
    for (const { topic, partition } of member.partitions) {
      const key = partitionKey(topic, partition)
      holders.set(key, member)
      if (!partitions.has(key)) partitions.set(key, unknownStanding(topic, partition))
    }
  }
  const ranges = await offsetRanges(admin, [...partitions.values()])
  const standings = [...partitions].map(([key, standing]): PartitionStanding => {
    const endOffset = ranges.get(key)?.end ?? null
    const { committedOffset } = standing
    const lag = committedOffset === null || endOffset === null ? null : Math.max(0, endOffset - committedOffset)
    const { memberId: member = null, clientId = null, host = null } = holders.get(key) ?? {}
    return { ...standing, endOffset, lag, member, clientId, host }
  })
  return { ...description, group, type, state, partitions: standings.sort(byPartition) }
}

/** Null: nothing is known of any partition. */
export function totalLag({ partitions }: GroupStanding): number | null {
  const known = partitions.flatMap(({ lag }) => (lag === null ? [] : [lag]))
  return known.length === 0 ? null : known.reduce((sum, lag) => sum + lag, 0)
}

async function described(admin: Admin, { group, type, state }: GroupListing): Promise<Description> {
  const nothing = { state, coordinator: null, assignor: '', members: [] }
  switch (type) {
    case 'share': {
      const found = present((await admin.shareGroups.describe([group])).get(group))
      if (found === null) return nothing
      const members = found.members.map(({ assignment: partitions, ...member }) => ({
        ...member,
        instanceId: null,
        partitions,
      }))
      return { state: found.state, coordinator: found.coordinator, assignor: found.assignor, members }
    }
    case 'streams': {
      const found = present((await admin.streamsGroups.describe([group])).get(group))
      if (found === null) return nothing
      const members = found.members.map(({ memberId, instanceId, clientId, clientHost: host }) => ({
        memberId,
        instanceId,
        clientId,
        host,
        partitions: [],
      }))
      return { state: found.groupState, coordinator: found.coordinator, assignor: '', members }
    }
    default: {
      const found = present((await admin.describeGroups([group])).get(group))
      if (found === null) return nothing
      const members = found.members.map(({ memberId, instanceId, clientId, host, assignment: partitions }) => ({
        memberId,
        instanceId,
        clientId,
        host,
        partitions,
      }))
      return { state: found.state, coordinator: found.coordinator, assignor: found.assignor, members }
    }
  }
}

/** Null: it went between the two questions, or is of a kind that only commits. */
function present<T>(outcome: Outcome<T> | undefined): T | null {
  return outcome?.kind === 'failed' && codeOf(outcome.error) === 'GROUP_ID_NOT_FOUND' ? null : unwrap(outcome)
}

async function committedPartitions(admin: Admin, group: string): Promise<Map<string, PartitionStanding>> {
  const committed = await admin.listGroupOffsets(group)
  return new Map(
    committed.map(({ topic, partition, offset }) => [
      partitionKey(topic, partition),
      { ...unknownStanding(topic, partition), committedOffset: offset },
    ]),
  )
}

async function sharePartitions(admin: Admin, group: string): Promise<Map<string, PartitionStanding>> {
  const offsets = await admin.shareGroups.offsets(group)
  return new Map(
    offsets.map(({ topic, partition, startOffset, lag }) => [
      partitionKey(topic, partition),
      {
        ...unknownStanding(topic, partition),
        committedOffset: startOffset < 0 ? null : startOffset,
        lag: lag < 0 ? null : lag,
      },
    ]),
  )
}

function unknownStanding(topic: string, partition: number): PartitionStanding {
  return {
    topic,
    partition,
    committedOffset: null,
    endOffset: null,
    lag: null,
    member: null,
    clientId: null,
    host: null,
  }
}

function byPartition(a: TopicPartition, b: TopicPartition): number {
  return a.topic === b.topic ? a.partition - b.partition : a.topic < b.topic ? -1 : 1
}
