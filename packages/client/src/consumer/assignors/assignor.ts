/** How the leader of a group shares out partitions among its members. Pure: the same input gives every leader the same result. */
import type { TopicPartition } from '../../topic-partition.ts'

export interface GroupMember {
  readonly memberId: string
  /** group.instance.id of a static member. */
  readonly instanceId: string | null
  readonly rack: string | null
  readonly topics: readonly string[]
  readonly ownedPartitions: readonly TopicPartition[]
  readonly generation: number
  readonly userData: Buffer | null
}

/** A topic that some member subscribes to. */
export interface AssignableTopic {
  readonly name: string
  readonly partitionCount: number
  /** Racks of the replicas, by partition; null when no broker names its rack. */
  readonly racks: readonly (readonly string[])[] | null
}

/** Partitions by member id; every member is in it. */
export type Assignment = Map<string, TopicPartition[]>

/** What a member had when it was last assigned something. */
export interface LastAssignment {
  readonly partitions: readonly TopicPartition[]
  /** -1: never. */
  readonly generation: number
}

export interface Assignor {
  /** As it stands in JoinGroup; members can only work together under one that all have. */
  readonly name: string
  /**
   * Members keep their partitions over a rebalance, and give up only what becomes another's (KIP-429); where one assignor of a member cannot do
   * that, the member gives up all before each. Default: false.
   */
  readonly isCooperative?: boolean
  /** What a member tells the leader beside its subscription. Default: nothing. */
  userData?(last: LastAssignment): Buffer
  assign(topics: readonly AssignableTopic[], members: readonly GroupMember[]): Assignment
}

/** Static members first, by instance id; then the others, by member id. The order is Java's: it decides who gets what. */
export function compareMembers(a: GroupMember, b: GroupMember): number {
  if (a.instanceId !== null && b.instanceId !== null) return compareText(a.instanceId, b.instanceId)
  if (a.instanceId !== null) return -1
  if (b.instanceId !== null) return 1
  return compareText(a.memberId, b.memberId)
}

/** By UTF-16 code units, as Java compares strings. */
export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

export function emptyAssignment(members: readonly GroupMember[]): Assignment {
  return new Map(members.map(({ memberId }) => [memberId, []]))
}
