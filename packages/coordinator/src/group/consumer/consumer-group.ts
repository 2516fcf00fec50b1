/**
 * The state of a consumer group (KIP-848): all of it is in records. What can be worked out of them (subscribed topics, the hash over
 * them) is kept until something it is made of changes.
 */
import { groupMetadataHash } from '@ottla/protocol'
import { type SnapshotRegistry, TimelineMap, TimelineSet, TimelineValue } from '@ottla/stdx'
import type { GroupTopics } from '../../ports.ts'
import type { PartitionsByTopic } from '../assignor/assignor.ts'
import type { GroupShard } from '../group-shard.ts'
import type { ModernGroup, ModernTimer } from '../modern/modern-group.ts'
import type { ConsumerRecord, ModernRecord } from '../modern/modern-record.ts'
import type { Turn } from '../turn.ts'
import {
  type ConsumerMember,
  isReconciledTo,
  newMember,
  type OwnedPartitions,
  withAssignment,
  withMetadata,
} from './consumer-member.ts'
import { fireConsumerTimer, watchLoadedMembers } from './timers.ts'

/** What is one per group. */
export interface ConsumerGroupState {
  readonly epoch: number
  readonly metadataHash: bigint
  readonly targetEpoch: number
  /** Wall time at which the target was worked out; 0: never, or by a release that does not say. */
  readonly targetTimestampMs: number
  /** The log holds the kind of record that the hash took the place of. */
  readonly hasPartitionMetadata: boolean
}

export interface ResolvedRegex {
  readonly topics: ReadonlySet<string>
  /** `GroupTopics.namesVersion` that it was resolved against, or what another broker took for that. */
  readonly version: number
  readonly timestampMs: number
}

/** Soft: a member of the classic protocol was told to join again. */
export interface AskedToJoin {
  readonly memberId: string
  readonly isAsked: 'yes' | 'no'
}

interface Derived {
  readonly stamp: object
  readonly topicNames: ReadonlySet<string>
  topicsVersion: number
  metadataHash: bigint
}

/** Epoch 0 is that of a member that joins: groups begin above it. */
const NEW: ConsumerGroupState = {
  epoch: 1,
  metadataHash: 0n,
  targetEpoch: 1,
  targetTimestampMs: 0,
  hasPartitionMetadata: false,
}

export class ConsumerGroup implements ModernGroup {
  readonly kind = 'consumer'
  readonly type = 'consumer'
  readonly protocolType = 'consumer'
  readonly groupId: string
  readonly members: TimelineMap<string, ConsumerMember>
  readonly targets: TimelineMap<string, PartitionsByTopic>
  readonly #registry: SnapshotRegistry
  readonly #state: TimelineValue<ConsumerGroupState>
  /** Replaced with each change of a subscription; goes back with it. */
  readonly #stamp: TimelineValue<object>
  /** Epoch of the member that has a partition, or has not given it up. */
  readonly #owners: TimelineMap<string, TimelineMap<number, number>>
  /** Few groups have static members or regular expressions. */
  #staticMembers: TimelineMap<string, string> | undefined
  #regexes: TimelineMap<string, ResolvedRegex> | undefined
  #askedToJoin: TimelineSet<string> | undefined
  #derived: Derived | undefined

  constructor(registry: SnapshotRegistry, groupId: string) {
    this.groupId = groupId
    this.#registry = registry
    this.members = new TimelineMap(registry)
    this.targets = new TimelineMap(registry)
    this.#state = new TimelineValue(registry, NEW)
    this.#stamp = new TimelineValue<object>(registry, {})
    this.#owners = new TimelineMap(registry)
  }

  get state(): ConsumerGroupState {
    return this.#state.get()
  }

  infoAt(offset: number): ConsumerGroupState {
    return this.#state.getAt(offset)
  }

  get isEmpty(): boolean {
    return this.members.size === 0
  }

  get topicNames(): ReadonlySet<string> {
    return this.#derive().topicNames
  }

  isSubscribedTo(topic: string): boolean {
    return this.topicNames.has(topic)
  }

  stateAt(offset: number): 'Empty' | 'Assigning' | 'Reconciling' | 'Stable' {
    const { epoch, targetEpoch } = this.infoAt(offset)
    let isEmpty = true
    let isSettled = true
    for (const member of this.members.valuesAt(offset)) {
      isEmpty = false
      if (!isReconciledTo(member, targetEpoch)) isSettled = false
    }
    if (isEmpty) return 'Empty'
    if (epoch > targetEpoch) return 'Assigning'
    return isSettled ? 'Stable' : 'Reconciling'
  }

  staticMember(instanceId: string): ConsumerMember | undefined {
    const memberId = this.#staticMembers?.get(instanceId)
    return memberId === undefined ? undefined : this.members.get(memberId)
  }

  target(memberId: string): PartitionsByTopic {
    return this.targets.get(memberId) ?? NO_PARTITIONS
  }

  /** -1: free. */
  ownerEpoch(topicId: string, partition: number): number {
    return this.#owners.get(topicId)?.get(partition) ?? -1
  }

  regex(pattern: string): ResolvedRegex | undefined {
    return this.#regexes?.get(pattern)
  }

  regexes(): Iterable<readonly [pattern: string, resolved: ResolvedRegex]> {
    return this.#regexes?.entries() ?? []
  }

  /** Hash over the topics that the members are subscribed to, as they are now. */
  metadataHashOf(topics: GroupTopics): bigint {
    const derived = this.#derive()
    if (derived.topicsVersion !== topics.version) {
      derived.topicsVersion = topics.version
      derived.metadataHash = hashOfTopics(derived.topicNames, topics)
    }
    return derived.metadataHash
  }

  replay(record: ModernRecord): void {
    const consumerRecord = record as ConsumerRecord
    switch (consumerRecord.kind) {
      case 'ConsumerGroupMetadata':
        this.#replayGroup(consumerRecord)
        break
      case 'ConsumerGroupPartitionMetadata':
        this.#state.set({ ...this.state, hasPartitionMetadata: consumerRecord.value !== null })
        break
      case 'ConsumerGroupMemberMetadata':
        this.#replayMember(consumerRecord)
        break
      case 'ConsumerGroupTargetAssignmentMetadata':
        this.#replayTargetEpoch(consumerRecord)
        break
      case 'ConsumerGroupTargetAssignmentMember':
        this.#replayTarget(consumerRecord)
        break
      case 'ConsumerGroupCurrentMemberAssignment':
        this.#replayCurrent(consumerRecord)
        break
      case 'ConsumerGroupRegularExpression':
        this.#replayRegex(consumerRecord)
    }
  }

  isAskedToJoin(memberId: string): boolean {
    return this.#askedToJoin?.has(memberId) === true
  }

  apply(change: object): void {
    const { memberId, isAsked } = change as AskedToJoin
    this.#askedToJoin ??= new TimelineSet(this.#registry)
    if (isAsked === 'yes') this.#askedToJoin.add(memberId)
    else this.#askedToJoin.delete(memberId)
  }

  fire(timer: ModernTimer, turn: Turn, shard: GroupShard): void {
    fireConsumerTimer(this, timer, { turn, shard })
  }

  loaded(turn: Turn): void {
    watchLoadedMembers(this, turn)
  }

  delete(turn: Turn): void {
    const { groupId } = this
    const ids = [...this.members.keys()]
    for (const memberId of ids)
      turn.write({ kind: 'ConsumerGroupCurrentMemberAssignment', key: { groupId, memberId }, value: null })
    for (const memberId of new Set([...ids, ...this.targets.keys()]))
      turn.write({ kind: 'ConsumerGroupTargetAssignmentMember', key: { groupId, memberId }, value: null })
    turn.write({ kind: 'ConsumerGroupTargetAssignmentMetadata', key: { groupId }, value: null })
    for (const memberId of ids)
      turn.write({ kind: 'ConsumerGroupMemberMetadata', key: { groupId, memberId }, value: null })
    for (const [regularExpression] of this.regexes())
      turn.write({ kind: 'ConsumerGroupRegularExpression', key: { groupId, regularExpression }, value: null })
    turn.write({ kind: 'ConsumerGroupPartitionMetadata', key: { groupId }, value: null })
    turn.write({ kind: 'ConsumerGroupMetadata', key: { groupId }, value: null })
  }

  #derive(): Derived {
    const stamp = this.#stamp.get()
    if (this.#derived?.stamp !== stamp) {
      const topicNames = subscribedTopics(this.members.values(), (pattern) => this.regex(pattern))
      this.#derived = { stamp, topicNames, topicsVersion: -1, metadataHash: 0n }
    }
    return this.#derived
  }

  /** Its tombstone, with which the group ends, does not come here. */
  #replayGroup({ value }: Extract<ConsumerRecord, { kind: 'ConsumerGroupMetadata' }>): void {
    if (value !== null) this.#state.set({ ...this.state, epoch: value.epoch, metadataHash: value.metadataHash })
  }

  #replayMember({ key, value }: Extract<ConsumerRecord, { kind: 'ConsumerGroupMemberMetadata' }>): void {
    const { memberId } = key
    const before = this.members.get(memberId)
    this.#stamp.set({})
    if (value === null) {
      if (before === undefined) return
      this.members.delete(memberId)
      this.#release(before)
      if (before.instanceId !== null && this.#staticMembers?.get(before.instanceId) === memberId)
        this.#staticMembers.delete(before.instanceId)
      return
    }
    const member = withMetadata(before ?? newMember(memberId), value)
    this.members.set(memberId, member)
    if (member.instanceId === null) return
    this.#staticMembers ??= new TimelineMap(this.#registry)
    this.#staticMembers.set(member.instanceId, memberId)
  }

  #replayTargetEpoch({ value }: Extract<ConsumerRecord, { kind: 'ConsumerGroupTargetAssignmentMetadata' }>): void {
    const targetEpoch = value?.assignmentEpoch ?? -1
    this.#state.set({ ...this.state, targetEpoch, targetTimestampMs: value?.assignmentTimestamp ?? 0 })
  }

  #replayTarget({ key, value }: Extract<ConsumerRecord, { kind: 'ConsumerGroupTargetAssignmentMember' }>): void {
    if (value === null) {
      this.targets.delete(key.memberId)
      return
    }
    const partitions = value.topicPartitions.map(({ topicId, partitions }) => [topicId, partitions] as const)
    this.targets.set(key.memberId, new Map(partitions))
  }

  #replayCurrent({ key, value }: Extract<ConsumerRecord, { kind: 'ConsumerGroupCurrentMemberAssignment' }>): void {
    const { memberId } = key
    const before = this.members.get(memberId)
    if (value === null) {
      if (before === undefined) return
      this.#release(before)
      const { memberEpoch, previousMemberEpoch, state, assigned, pendingRevocation } = newMember(memberId)
      this.members.set(memberId, { ...before, memberEpoch, previousMemberEpoch, state, assigned, pendingRevocation })
      return
    }
    if (before !== undefined) this.#release(before)
    const member = withAssignment(before ?? newMember(memberId), value)
    this.members.set(memberId, member)
    this.#own(member.assigned, member.memberEpoch)
    this.#own(member.pendingRevocation, member.memberEpoch)
  }

  #replayRegex({ key, value }: Extract<ConsumerRecord, { kind: 'ConsumerGroupRegularExpression' }>): void {
    this.#stamp.set({})
    if (value === null) {
      this.#regexes?.delete(key.regularExpression)
      return
    }
    this.#regexes ??= new TimelineMap(this.#registry)
    const { topics, version, timestamp } = value
    this.#regexes.set(key.regularExpression, { topics: new Set(topics), version, timestampMs: timestamp })
  }

  #own(owned: OwnedPartitions, epoch: number): void {
    for (const [topicId, partitions] of owned) {
      let ofTopic = this.#owners.get(topicId)
      if (ofTopic === undefined) this.#owners.set(topicId, (ofTopic = new TimelineMap(this.#registry)))
      for (const partition of partitions.keys()) ofTopic.set(partition, epoch)
    }
  }

  /** Only what is the member's: a partition may be another's by now when records of a compacted log come in another order. */
  #release({ assigned, pendingRevocation, memberEpoch }: ConsumerMember): void {
    for (const owned of [assigned, pendingRevocation]) {
      for (const [topicId, partitions] of owned) {
        const ofTopic = this.#owners.get(topicId)
        if (ofTopic === undefined) continue
        for (const partition of partitions.keys()) if (ofTopic.get(partition) === memberEpoch) ofTopic.delete(partition)
        if (ofTopic.size === 0) this.#owners.delete(topicId)
      }
    }
  }
}

const NO_PARTITIONS: PartitionsByTopic = new Map()

/** The topics that members subscribe to by name or regular expression. */
export function subscribedTopics(
  members: Iterable<ConsumerMember>,
  regex: (pattern: string) => ResolvedRegex | undefined,
): ReadonlySet<string> {
  const names = new Set<string>()
  const patterns = new Set<string>()
  for (const { topicNames, topicRegex } of members) {
    for (const name of topicNames) names.add(name)
    if (topicRegex !== '') patterns.add(topicRegex)
  }
  for (const pattern of patterns) for (const name of regex(pattern)?.topics ?? []) names.add(name)
  return names
}

/** Topics that are not there have no part in it. */
export function hashOfTopics(names: Iterable<string>, topics: GroupTopics): bigint {
  const hashes = new Map<string, bigint>()
  for (const name of names) {
    const topic = topics.byName(name)
    if (topic !== undefined) hashes.set(name, topic.hash)
  }
  return groupMetadataHash(hashes)
}
