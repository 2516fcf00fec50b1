/**
 * A group as the sticky assignors see it: members and partitions as numbers, who had what, and whose racks fit. Partitions count on from
 * topic to topic; topics stand in the order in which they are shared out.
 */
import type { TopicPartition } from '../../topic-partition.ts'
import { type AssignableTopic, type Assignment, compareText, type GroupMember } from './assignor.ts'

/** What a member says that it has, and since when. */
export interface Claim {
  readonly partitions: readonly TopicPartition[]
  /** -1 when the member does not know. */
  readonly generation: number
}

export const NOBODY = -1

export interface StickyGroup {
  /** By member id. */
  readonly members: readonly GroupMember[]
  /** Positions in `members`, in the order in which they were handed over. */
  readonly arrivals: readonly number[]
  readonly topics: readonly StickyTopic[]
  /** Position in `topics`, by partition. */
  readonly topicOf: Int32Array
  /** Sorted partitions that each member has, of those that exist; every partition has one owner at most. */
  readonly owned: readonly (readonly number[])[]
  /** Owner in a generation before the last, by partition. */
  readonly earlierOwner: Int32Array
  readonly racks: RackMatch
}

export interface StickyTopic {
  readonly name: string
  /** Its first partition. */
  readonly start: number
  readonly partitionCount: number
  /** Positions of the members that subscribe, in ascending order. */
  readonly subscribers: readonly number[]
}

export function stickyGroup(
  topics: readonly AssignableTopic[],
  members: readonly GroupMember[],
  claimOf: (member: GroupMember) => Claim,
): StickyGroup {
  const sorted = [...members].sort((a, b) => compareText(a.memberId, b.memberId))
  const positions = new Map(sorted.map(({ memberId }, at) => [memberId, at]))
  const placed = placeTopics(topics, sorted)
  const partitionCount = placed.reduce((sum, topic) => sum + topic.partitionCount, 0)
  const topicOf = new Int32Array(partitionCount)
  placed.forEach((topic, at) => {
    topicOf.fill(at, topic.start, topic.start + topic.partitionCount)
  })
  const byName = new Map(placed.map((topic) => [topic.name, topic]))
  const claims = sorted.map((member) => {
    const { partitions, generation } = claimOf(member)
    return { generation, partitions: indexesOf(partitions, byName) }
  })
  return {
    members: sorted,
    arrivals: members.map(({ memberId }) => positions.get(memberId)!),
    topics: placed,
    topicOf,
    ...settleClaims(claims, partitionCount),
    racks: new RackMatch({ topics, members: sorted, placed, partitionCount }),
  }
}

export function toPartition({ topics, topicOf }: StickyGroup, index: number): TopicPartition {
  const { name, start } = topics[topicOf[index]!]!
  return { topic: name, partition: index - start }
}

export function toAssignment(group: StickyGroup, indexes: readonly (readonly number[])[]): Assignment {
  return new Map(
    group.members.map(({ memberId }, at) => [memberId, indexes[at]!.map((index) => toPartition(group, index))]),
  )
}

/** Topics with the fewest subscribers first: there is least choice. */
function placeTopics(topics: readonly AssignableTopic[], members: readonly GroupMember[]): StickyTopic[] {
  const subscribersOf = new Map<string, number[]>(topics.map(({ name }) => [name, []]))
  members.forEach((member, at) => {
    for (const name of new Set(member.topics)) subscribersOf.get(name)?.push(at)
  })
  const subscribed = topics
    .map(({ name, partitionCount }) => ({ name, partitionCount, subscribers: subscribersOf.get(name)! }))
    .filter(({ subscribers }) => subscribers.length > 0)
    .sort((a, b) => a.subscribers.length - b.subscribers.length || compareText(a.name, b.name))
  let start = 0
  return subscribed.map((topic) => {
    const placed = { ...topic, start }
    start += topic.partitionCount
    return placed
  })
}

function indexesOf(partitions: readonly TopicPartition[], topics: ReadonlyMap<string, StickyTopic>): number[] {
  const indexes: number[] = []
  for (const { topic: name, partition } of partitions) {
    const topic = topics.get(name)
    if (topic !== undefined && partition < topic.partitionCount) indexes.push(topic.start + partition)
  }
  return indexes
}

/**
 * Of several that claim a partition, the one of the newest generation has it; of equals nobody, since one of them is wrong and none can
 * know. What members of older generations claim is remembered: a partition that has to move had better go back.
 */
function settleClaims(
  claims: readonly { readonly generation: number; readonly partitions: readonly number[] }[],
  partitionCount: number,
): Pick<StickyGroup, 'owned' | 'earlierOwner'> {
  const owner = new Int32Array(partitionCount).fill(NOBODY)
  const isDisputed = new Uint8Array(partitionCount)
  const earlierOwner = new Int32Array(partitionCount).fill(NOBODY)
  const newest = claims.reduce((max, { generation }) => Math.max(max, generation), -1)
  claims.forEach(({ generation, partitions }, member) => {
    for (const index of partitions) {
      const rival = owner[index]!
      const rivalGeneration = rival === NOBODY ? Number.NEGATIVE_INFINITY : claims[rival]!.generation
      if (generation > rivalGeneration) {
        owner[index] = member
        isDisputed[index] = 0
      } else if (generation === rivalGeneration && rival !== member) isDisputed[index] = 1
      if (generation >= newest) continue
      const earlier = earlierOwner[index]!
      if (earlier === NOBODY || generation > claims[earlier]!.generation) earlierOwner[index] = member
    }
  })
  const owned: number[][] = claims.map(() => [])
  owner.forEach((member, index) => {
    if (member !== NOBODY && isDisputed[index] === 0) owned[member]!.push(index)
  })
  return { owned, earlierOwner }
}

/** Which members are in a rack with a replica (KIP-881). All fit when racks are not known, not shared, or the same for every partition. */
export class RackMatch {
  readonly isAware: boolean
  readonly #rackOf: readonly (string | null)[]
  readonly #racks: readonly ReadonlySet<string>[]
  readonly #memberCounts: readonly number[]

  constructor({
    topics,
    members,
    placed,
    partitionCount,
  }: {
    readonly topics: readonly AssignableTopic[]
    readonly members: readonly GroupMember[]
    readonly placed: readonly StickyTopic[]
    readonly partitionCount: number
  }) {
    const byName = new Map(topics.map((topic) => [topic.name, topic]))
    const racks: ReadonlySet<string>[] = new Array(partitionCount)
    const all = new Set<string>()
    for (const { name, start, partitionCount: count } of placed) {
      for (let partition = 0; partition < count; partition += 1) {
        const ofPartition = new Set(byName.get(name)?.racks?.[partition])
        for (const rack of ofPartition) all.add(rack)
        racks[start + partition] = ofPartition
      }
    }
    this.#rackOf = members.map(({ rack }) => rack)
    this.#racks = racks
    this.isAware =
      this.#rackOf.some((rack) => rack !== null && all.has(rack)) && racks.some(({ size }) => size < all.size)
    const membersIn = new Map<string, number>()
    for (const { rack } of members) if (rack !== null) membersIn.set(rack, (membersIn.get(rack) ?? 0) + 1)
    this.#memberCounts = racks.map((ofPartition) =>
      [...ofPartition].reduce((sum, rack) => sum + (membersIn.get(rack) ?? 0), 0),
    )
  }

  /** The member has a rack and the partition a replica in it. */
  isNear(member: number, index: number): boolean {
    const rack = this.#rackOf[member]!
    return rack !== null && this.#racks[index]!.has(rack)
  }

  /** The member has a rack and the partition no replica in it. */
  isFar(member: number, index: number): boolean {
    if (!this.isAware) return false
    const rack = this.#rackOf[member]!
    return rack !== null && !this.#racks[index]!.has(rack)
  }

  /** Those with the fewest near members first. */
  inOrder(indexes: readonly number[]): number[] {
    if (!this.isAware) return [...indexes]
    return [...indexes].sort((a, b) => this.#memberCounts[a]! - this.#memberCounts[b]!)
  }
}
