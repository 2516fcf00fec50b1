/**
 * Java's RangeAssignor: of each topic every member gets a run of neighbouring partitions, the first ones one more when it does
 * not come out even. Where racks are known and differ between partitions, members first get partitions with a replica in their own rack
 * (KIP-881), topics of equal size and equal subscribers alike, so that partitions of one number stay together.
 */
import type { TopicPartition } from '../../topic-partition.ts'
import {
  type AssignableTopic,
  type Assignment,
  type Assignor,
  compareMembers,
  compareText,
  emptyAssignment,
  type GroupMember,
} from './assignor.ts'

export const rangeAssignor: Assignor = {
  name: 'range',
  assign(topics, members) {
    const assignment = emptyAssignment(members)
    const shares = topics
      .filter(({ partitionCount }) => partitionCount > 0)
      .map((topic) => new TopicShare(topic, members, assignment))
      .filter(({ members: subscribers }) => subscribers.length > 0)
    const isRackAware = shares.some((share) => share.isRackAware)
    if (isRackAware) for (const group of coPartitioned(shares)) assignByRack(group)
    for (const share of shares) share.assignRanges(() => true)
    if (isRackAware) for (const partitions of assignment.values()) partitions.sort(comparePartitions)
    return assignment
  },
}

/** One topic while it is shared out. */
class TopicShare {
  readonly topic: AssignableTopic
  /** Subscribers in the order in which they are served. */
  readonly members: readonly GroupMember[]
  readonly isRackAware: boolean
  readonly #assignment: Assignment
  readonly #unassigned: Set<number>
  readonly #assignedCount = new Map<string, number>()
  readonly #perMember: number
  /** Members that may still get one more than the others. */
  #extras: number

  constructor(topic: AssignableTopic, members: readonly GroupMember[], assignment: Assignment) {
    this.topic = topic
    this.members = members.filter(({ topics }) => topics.includes(topic.name)).sort(compareMembers)
    this.#assignment = assignment
    this.#unassigned = new Set(Array.from({ length: topic.partitionCount }, (_, partition) => partition))
    const memberCount = Math.max(1, this.members.length)
    this.#perMember = Math.floor(topic.partitionCount / memberCount)
    this.#extras = topic.partitionCount % memberCount
    this.isRackAware = racksMatter(topic, this.members)
  }

  racksMatch(member: GroupMember, partition: number): boolean {
    return member.rack === null || this.topic.racks?.[partition]?.includes(member.rack) === true
  }

  /** Partitions that the member may still get. */
  room(member: GroupMember): number {
    const limit = this.#perMember + (this.#extras > 0 ? 1 : 0)
    return Math.max(0, limit - (this.#assignedCount.get(member.memberId) ?? 0))
  }

  assign(member: GroupMember, partitions: readonly number[]): void {
    const count = (this.#assignedCount.get(member.memberId) ?? 0) + partitions.length
    this.#assignedCount.set(member.memberId, count)
    if (count > this.#perMember) this.#extras -= 1
    const assigned = this.#assignment.get(member.memberId)!
    for (const partition of partitions) {
      this.#unassigned.delete(partition)
      assigned.push({ topic: this.topic.name, partition })
    }
  }

  assignRanges(isAllowed: (member: GroupMember, partition: number) => boolean): void {
    for (const member of this.members) {
      const allowed = [...this.#unassigned].filter((partition) => isAllowed(member, partition))
      const partitions = allowed.slice(0, this.room(member))
      if (partitions.length > 0) this.assign(member, partitions)
    }
  }
}

/** Topics with the same subscribers and the same number of partitions, together. */
function coPartitioned(shares: readonly TopicShare[]): TopicShare[][] {
  const groups = new Map<string, TopicShare[]>()
  for (const share of shares) {
    const key = JSON.stringify([share.topic.partitionCount, share.members.map(({ memberId }) => memberId)])
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [share])
    else group.push(share)
  }
  return [...groups.values()]
}

function assignByRack(shares: readonly TopicShare[]): void {
  const first = shares[0]!
  if (shares.length === 1) {
    if (first.isRackAware) first.assignRanges((member, partition) => first.racksMatch(member, partition))
    return
  }
  const candidates = new Set(first.members)
  for (let partition = 0; partition < first.topic.partitionCount; partition += 1) {
    const member = [...candidates].find((candidate) =>
      shares.every((share) => share.racksMatch(candidate, partition) && share.room(candidate) > 0),
    )
    if (member === undefined) continue
    for (const share of shares) share.assign(member, [partition])
    if (!shares.some((share) => share.room(member) > 0)) candidates.delete(member)
  }
}

/** Racks matter when members and replicas share some, and not every partition is in all of them. */
function racksMatter(topic: AssignableTopic, members: readonly GroupMember[]): boolean {
  const { racks } = topic
  if (racks === null) return false
  const ofReplicas = new Set(racks.flat())
  if (!members.some(({ rack }) => rack !== null && ofReplicas.has(rack))) return false
  return !racks.every((ofPartition) => new Set(ofPartition).size === ofReplicas.size)
}

function comparePartitions(a: TopicPartition, b: TopicPartition): number {
  return compareText(a.topic, b.topic) || a.partition - b.partition
}
