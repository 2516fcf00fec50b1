/** A share group as one decision is making it: reads what the decision has changed already, and writes the records. */
import { groupMetadataHash } from '@ottla/protocol'
import type { PartitionsByTopic } from '../assignor/assignor.ts'
import type { Turn } from '../turn.ts'
import type { ShareGroup, ShareGroupNotes, ShareGroupState } from './share-group.ts'
import { type ShareMember, topicPartitionsOf } from './share-member.ts'
import { isNone, type SharePartitions, sharePartitionsValue } from './share-partitions.ts'

/** As stored: members of share groups have but one state. */
const STABLE = 0

export class ShareDraft {
  readonly group: ShareGroup
  readonly turn: Turn
  #state: ShareGroupState
  #notes: ShareGroupNotes
  #partitions: SharePartitions
  /** undefined: removed. */
  readonly #members = new Map<string, ShareMember | undefined>()
  readonly #targets = new Map<string, PartitionsByTopic>()

  constructor(group: ShareGroup, turn: Turn) {
    this.group = group
    this.turn = turn
    this.#state = group.state
    this.#notes = group.notes
    this.#partitions = group.partitions
  }

  get groupId(): string {
    return this.group.groupId
  }

  get state(): ShareGroupState {
    return this.#state
  }

  get notes(): ShareGroupNotes {
    return this.#notes
  }

  get partitions(): SharePartitions {
    return this.#partitions
  }

  member(memberId: string): ShareMember | undefined {
    return this.#members.has(memberId) ? this.#members.get(memberId) : this.group.members.get(memberId)
  }

  members(): ShareMember[] {
    const changed = [...this.#members.values()].filter((member) => member !== undefined)
    return [...this.group.members.values()].filter(({ memberId }) => !this.#members.has(memberId)).concat(changed)
  }

  topicNames(): ReadonlySet<string> {
    return new Set(this.members().flatMap(({ topicNames }) => topicNames))
  }

  hasTarget(memberId: string): boolean {
    return this.#targets.has(memberId) || this.group.hasTarget(memberId)
  }

  target(memberId: string): PartitionsByTopic {
    return this.#targets.get(memberId) ?? this.group.target(memberId)
  }

  /** Kafka's hash over the topics that the group reads. */
  metadataHash(): bigint {
    const hashes = new Map<string, bigint>()
    for (const name of this.topicNames()) {
      const topic = this.turn.topics.byName(name)
      if (topic !== undefined) hashes.set(name, topic.hash)
    }
    return groupMetadataHash(hashes)
  }

  /** The member and what it subscribes to. */
  subscribe(member: ShareMember): void {
    this.#members.set(member.memberId, member)
    const { rackId, clientId, clientHost, topicNames } = member
    this.turn.write({
      kind: 'ShareGroupMemberMetadata',
      key: { groupId: this.groupId, memberId: member.memberId },
      value: { rackId, clientId, clientHost, subscribedTopicNames: [...topicNames] },
    })
  }

  /** The next epoch, with the hash that goes with it. */
  bumpEpoch(metadataHash: bigint = this.metadataHash()): void {
    const epoch = this.#state.epoch + 1
    this.#state = { ...this.#state, epoch, metadataHash }
    this.turn.write({ kind: 'ShareGroupMetadata', key: { groupId: this.groupId }, value: { epoch, metadataHash } })
  }

  setPartitions(partitions: SharePartitions): void {
    if (partitions === this.#partitions) return
    this.#partitions = partitions
    const value = isNone(partitions) ? null : sharePartitionsValue(partitions)
    this.turn.write({ kind: 'ShareGroupStatePartitionMetadata', key: { groupId: this.groupId }, value })
  }

  setTarget(memberId: string, target: PartitionsByTopic): void {
    this.#targets.set(memberId, target)
    this.turn.write({
      kind: 'ShareGroupTargetAssignmentMember',
      key: { groupId: this.groupId, memberId },
      value: { topicPartitions: topicPartitionsOf(target) },
    })
  }

  setTargetEpoch(targetEpoch: number, targetTimestampMs: number): void {
    this.#state = { ...this.#state, targetEpoch, targetTimestampMs }
    this.turn.write({
      kind: 'ShareGroupTargetAssignmentMetadata',
      key: { groupId: this.groupId },
      value: { assignmentEpoch: targetEpoch, assignmentTimestamp: targetTimestampMs },
    })
  }

  /** Gives the member what it is to have, in the epoch of the target. */
  assign(member: ShareMember, assigned: PartitionsByTopic): ShareMember {
    const next = { ...member, epoch: this.#state.targetEpoch, previousEpoch: member.epoch, assigned }
    this.#members.set(member.memberId, next)
    this.turn.write({
      kind: 'ShareGroupCurrentMemberAssignment',
      key: { groupId: this.groupId, memberId: member.memberId },
      value: {
        memberEpoch: next.epoch,
        previousMemberEpoch: next.previousEpoch,
        state: STABLE,
        assignedPartitions: topicPartitionsOf(assigned),
      },
    })
    return next
  }

  remove(memberId: string): void {
    const key = { groupId: this.groupId, memberId }
    this.#members.set(memberId, undefined)
    this.turn.write({ kind: 'ShareGroupCurrentMemberAssignment', key, value: null })
    this.turn.write({ kind: 'ShareGroupTargetAssignmentMember', key, value: null })
    this.turn.write({ kind: 'ShareGroupMemberMetadata', key, value: null })
  }

  note(notes: Partial<ShareGroupNotes>): void {
    this.#notes = { ...this.#notes, ...notes }
  }

  /** Call it once, at the end. */
  finish(): void {
    if (this.#notes !== this.group.notes)
      this.turn.change({ kind: 'modern', groupId: this.groupId, change: this.#notes })
  }
}
