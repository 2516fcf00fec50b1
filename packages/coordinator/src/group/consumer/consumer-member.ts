/** A member of a consumer group, as its two records say: what it subscribes to, and what it has. */
import type { ConsumerGroupCurrentMemberAssignmentValue, ConsumerGroupMemberMetadataValue } from '@ottla/protocol'
import type { PartitionsByTopic } from '../assignor/assignor.ts'

/** By topic id and partition the epoch in which the member got it (KIP-1251). */
export type OwnedPartitions = ReadonlyMap<string, ReadonlyMap<number, number>>

/**
 * - stable: has all that it can have in its epoch;
 * - unrevoked: has been told to give partitions up, and has not confirmed it;
 * - unreleased: waits for partitions that others have not given up yet;
 * - unknown: written by a later release.
 */
export type MemberState = 'stable' | 'unrevoked' | 'unreleased' | 'unknown'

/** What a member of the classic protocol has beside (KIP-848, migration). */
export interface ClassicPart {
  readonly sessionTimeoutMs: number
  readonly protocols: readonly { readonly name: string; readonly metadata: Buffer }[]
}

export interface ConsumerMember {
  readonly memberId: string
  readonly instanceId: string | null
  readonly rackId: string | null
  readonly clientId: string
  readonly clientHost: string
  /** -1: not known. */
  readonly rebalanceTimeoutMs: number
  /** The assignor that it asks for. */
  readonly serverAssignor: string | null
  /** Sorted. */
  readonly topicNames: readonly string[]
  /** The empty string: none. */
  readonly topicRegex: string
  /** null: speaks the consumer protocol. */
  readonly classic: ClassicPart | null
  /** -2: a static member that is away for a while. */
  readonly memberEpoch: number
  readonly previousMemberEpoch: number
  readonly state: MemberState
  readonly assigned: OwnedPartitions
  readonly pendingRevocation: OwnedPartitions
}

/** Epochs with a meaning of their own in requests; -2 in records too. */
export const JOIN_EPOCH = 0
export const LEAVE_EPOCH = -1
export const STATIC_LEAVE_EPOCH = -2

const STATES: readonly MemberState[] = ['stable', 'unrevoked', 'unreleased']
const UNKNOWN_STATE = 127

export const NOTHING: OwnedPartitions = new Map()

export function newMember(memberId: string): ConsumerMember {
  return {
    memberId,
    instanceId: null,
    rackId: null,
    clientId: '',
    clientHost: '',
    rebalanceTimeoutMs: -1,
    serverAssignor: null,
    topicNames: [],
    topicRegex: '',
    classic: null,
    memberEpoch: 0,
    previousMemberEpoch: -1,
    state: 'stable',
    assigned: NOTHING,
    pendingRevocation: NOTHING,
  }
}

/** The member has all that the target of that epoch gives it. */
export function isReconciledTo({ state, memberEpoch }: ConsumerMember, targetEpoch: number): boolean {
  return state === 'stable' && memberEpoch === targetEpoch
}

/** The parts that the record of the subscription holds are the same. */
export function hasSameMetadata(a: ConsumerMember, b: ConsumerMember): boolean {
  return (
    a.instanceId === b.instanceId &&
    a.rackId === b.rackId &&
    a.clientId === b.clientId &&
    a.clientHost === b.clientHost &&
    a.rebalanceTimeoutMs === b.rebalanceTimeoutMs &&
    a.serverAssignor === b.serverAssignor &&
    a.topicRegex === b.topicRegex &&
    hasSameTopics(a, b) &&
    hasSameClassicPart(a.classic, b.classic)
  )
}

export function hasSameTopics(a: ConsumerMember, b: ConsumerMember): boolean {
  if (a.topicNames === b.topicNames) return true
  return a.topicNames.length === b.topicNames.length && a.topicNames.every((name, at) => name === b.topicNames[at])
}

function hasSameClassicPart(a: ClassicPart | null, b: ClassicPart | null): boolean {
  if (a === b) return true
  if (a === null || b === null || a.sessionTimeoutMs !== b.sessionTimeoutMs) return false
  if (a.protocols.length !== b.protocols.length) return false
  return a.protocols.every(({ name, metadata }, at) => {
    const other = b.protocols[at]!
    return name === other.name && metadata.equals(other.metadata)
  })
}

/** The same partitions, whatever the epochs. */
export function holdsSame(a: OwnedPartitions, b: OwnedPartitions): boolean {
  if (a === b) return true
  if (a.size !== b.size) return false
  for (const [topicId, partitions] of a) {
    const others = b.get(topicId)
    if (others === undefined || others.size !== partitions.size) return false
    for (const partition of partitions.keys()) if (!others.has(partition)) return false
  }
  return true
}

export function partitionsOf(owned: OwnedPartitions): { topicId: string; partitions: number[] }[] {
  return [...owned].map(([topicId, partitions]) => ({ topicId, partitions: [...partitions.keys()] }))
}

export function metadataValue(member: ConsumerMember): ConsumerGroupMemberMetadataValue {
  const { classic } = member
  return {
    instanceId: member.instanceId,
    rackId: member.rackId,
    clientId: member.clientId,
    clientHost: member.clientHost,
    subscribedTopicNames: member.topicNames,
    subscribedTopicRegex: member.topicRegex,
    rebalanceTimeoutMs: member.rebalanceTimeoutMs,
    serverAssignor: member.serverAssignor,
    classicMemberMetadata:
      classic === null ? null : { sessionTimeoutMs: classic.sessionTimeoutMs, supportedProtocols: classic.protocols },
  }
}

/** The buffers of a record live only as long as its batch. */
export function withMetadata(member: ConsumerMember, value: ConsumerGroupMemberMetadataValue): ConsumerMember {
  const { classicMemberMetadata: classic } = value
  return {
    ...member,
    instanceId: value.instanceId,
    rackId: value.rackId,
    clientId: value.clientId,
    clientHost: value.clientHost,
    topicNames: value.subscribedTopicNames,
    topicRegex: value.subscribedTopicRegex ?? '',
    rebalanceTimeoutMs: value.rebalanceTimeoutMs,
    serverAssignor: value.serverAssignor,
    classic:
      classic === null
        ? null
        : {
            sessionTimeoutMs: classic.sessionTimeoutMs,
            protocols: classic.supportedProtocols.map(({ name, metadata }) => ({
              name,
              metadata: Buffer.from(metadata),
            })),
          },
  }
}

export function assignmentValue(member: ConsumerMember): ConsumerGroupCurrentMemberAssignmentValue {
  return {
    memberEpoch: member.memberEpoch,
    previousMemberEpoch: member.previousMemberEpoch,
    state: member.state === 'unknown' ? UNKNOWN_STATE : STATES.indexOf(member.state),
    assignedPartitions: stored(member.assigned),
    partitionsPendingRevocation: stored(member.pendingRevocation),
  }
}

export function withAssignment(
  member: ConsumerMember,
  value: ConsumerGroupCurrentMemberAssignmentValue,
): ConsumerMember {
  return {
    ...member,
    memberEpoch: value.memberEpoch,
    previousMemberEpoch: value.previousMemberEpoch,
    state: STATES[value.state] ?? 'unknown',
    assigned: loaded(value.assignedPartitions, value.memberEpoch),
    pendingRevocation: loaded(value.partitionsPendingRevocation, value.memberEpoch),
  }
}

type StoredPartitions = ConsumerGroupCurrentMemberAssignmentValue['assignedPartitions']

function stored(owned: OwnedPartitions): StoredPartitions {
  return [...owned].map(([topicId, partitions]) => ({
    topicId,
    partitions: [...partitions.keys()],
    assignmentEpochs: [...partitions.values()],
  }))
}

/** Before the records told, a partition counted as assigned in the epoch of the member. */
function loaded(topics: StoredPartitions, memberEpoch: number): OwnedPartitions {
  // Mostly nothing is pending, and an empty map weighs as much as one of four.
  if (topics.length === 0) return NOTHING
  return new Map(
    topics.map(({ topicId, partitions, assignmentEpochs }) => [
      topicId,
      new Map(partitions.map((partition, at) => [partition, assignmentEpochs?.[at] ?? memberEpoch])),
    ]),
  )
}

/** As assignors want it. */
export function byTopic(owned: OwnedPartitions): PartitionsByTopic {
  return new Map([...owned].map(([topicId, partitions]) => [topicId, [...partitions.keys()]]))
}
