/**
 * How a coordinator shares out the partitions of a group (KIP-848, KIP-932): members and topics in, a target assignment out. Pure.
 * Where members are equal, the order in which they are handed over decides, and the same for topics; Kafka has the order of a hash
 * table there. For groups of the types consumer and share; the classic protocol leaves it to the members.
 */
import { assert } from '@ottla/stdx'

/** Partition numbers by topic id. */
export type PartitionsByTopic = ReadonlyMap<string, readonly number[]>

export interface SubscribedMember {
  readonly memberId: string
  /** group.instance.id of a static member. */
  readonly instanceId: string | null
  /** `range`, `uniform` and `simple` do not look at racks, as Kafka's do not. */
  readonly rack: string | null
  readonly topicIds: ReadonlySet<string>
  /** What the member has, or was promised, so far. May name topics and partitions that are no more. */
  readonly assigned: PartitionsByTopic
}

export interface SubscribedTopic {
  readonly topicId: string
  readonly partitionCount: number
  /** Racks of the replicas, by partition; null when they are not known. */
  readonly racks: readonly (readonly string[])[] | null
}

export interface AssignorInput {
  readonly members: readonly SubscribedMember[]
  /** Topics that exist. What a member subscribes to beyond them is passed over. */
  readonly topics: readonly SubscribedTopic[]
}

/** Partitions by member id and topic id, in ascending order. Every member is in it; a topic only when it gives the member something. */
export type GroupAssignment = Map<string, Map<string, number[]>>

export interface PartitionAssignor {
  /** As in group.consumer.assignors, ConsumerGroupHeartbeat and the stored member records. */
  readonly name: string
  assign(input: AssignorInput): GroupAssignment
}

/** By UTF-16 code units. */
export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/**
 * Topics and partitions as numbers, for loops over many of them. The index of a partition counts on from topic to topic; topics without
 * a subscriber have no indexes.
 */
export interface PartitionTable {
  readonly topics: readonly SubscribedTopic[]
  /** Index of partition 0, by topic. */
  readonly starts: readonly number[]
  readonly partitionCount: number
  /** Position in `topics`, by topic id. */
  readonly positions: ReadonlyMap<string, number>
}

export function partitionTable({ members, topics }: AssignorInput): PartitionTable {
  const subscribed = new Set<string>()
  for (const { topicIds } of members) for (const topicId of topicIds) subscribed.add(topicId)
  const ofGroup = topics.filter(({ topicId }) => subscribed.has(topicId))
  const starts: number[] = []
  let partitionCount = 0
  for (const topic of ofGroup) {
    starts.push(partitionCount)
    partitionCount += topic.partitionCount
  }
  const positions = new Map(ofGroup.map(({ topicId }, position) => [topicId, position]))
  return { topics: ofGroup, starts, partitionCount, positions }
}

/** Positions of the members that subscribe, by topic of the table. */
export function subscribersByTopic(members: readonly SubscribedMember[], table: PartitionTable): number[][] {
  const subscribers: number[][] = table.topics.map(() => [])
  members.forEach(({ topicIds }, at) => {
    for (const topicId of topicIds) {
      const position = table.positions.get(topicId)
      if (position !== undefined) subscribers[position]!.push(at)
    }
  })
  return subscribers
}

/** Position in `table.topics` of the topic of every partition. */
function topicOfEach(table: PartitionTable): Int32Array {
  const topicOf = new Int32Array(table.partitionCount)
  table.topics.forEach(({ partitionCount }, position) => {
    const start = table.starts[position]!
    topicOf.fill(position, start, start + partitionCount)
  })
  return topicOf
}

/** Indexes of what the member has of partitions that exist and whose topics it still subscribes to. */
export function stillAssigned(member: SubscribedMember, table: PartitionTable): number[] {
  const indexes: number[] = []
  for (const [topicId, partitions] of member.assigned) {
    const position = table.positions.get(topicId)
    if (position === undefined || !member.topicIds.has(topicId)) continue
    const { partitionCount } = table.topics[position]!
    for (const partition of partitions) {
      if (partition < partitionCount) indexes.push(table.starts[position]! + partition)
    }
  }
  return indexes.sort((a, b) => a - b)
}

/** The answer, from partition indexes by member. */
export function toAssignment(
  members: readonly SubscribedMember[],
  indexesOf: readonly (readonly number[])[],
  table: PartitionTable,
): GroupAssignment {
  const topicOf = topicOfEach(table)
  return new Map(
    members.map(({ memberId }, at) => {
      const topics = new Map<string, number[]>()
      for (const index of [...indexesOf[at]!].sort((a, b) => a - b)) {
        const position = topicOf[index]
        assert(position !== undefined, 'a partition that is not in the table was assigned')
        const { topicId } = table.topics[position]!
        const partition = index - table.starts[position]!
        const ofTopic = topics.get(topicId)
        if (ofTopic === undefined) topics.set(topicId, [partition])
        else ofTopic.push(partition)
      }
      return [memberId, topics]
    }),
  )
}
