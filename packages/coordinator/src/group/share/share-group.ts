/** A share group (KIP-932), as its records say, and what is known of it without a record. */
import { type SnapshotRegistry, TimelineMap, TimelineValue } from '@ottla/stdx'
import type { PartitionsByTopic } from '../assignor/assignor.ts'
import type { GroupShard } from '../group-shard.ts'
import type { ModernGroup, ModernTimer } from '../modern/modern-group.ts'
import type { ModernRecord, ShareRecord } from '../modern/modern-record.ts'
import type { Turn } from '../turn.ts'
import { expireMember, setSession } from './expire.ts'
import { ShareDraft } from './share-draft.ts'
import { assignmentOf, NO_PARTITIONS, type ShareMember } from './share-member.ts'
import { isNone, NO_SHARE_PARTITIONS, type SharePartitions, sharePartitionsOf } from './share-partitions.ts'
import { updateTarget } from './target.ts'

/** What the group's records say of itself. */
export interface ShareGroupState {
  readonly epoch: number
  readonly metadataHash: bigint
  readonly targetEpoch: number
  /** Wall time at which the target was worked out; 0: it was not, or not with anything to share out. */
  readonly targetTimestampMs: number
}

/** Soft state. */
export interface ShareGroupNotes {
  /** The version of the cluster's topics that the group is up to date with; -1: none. */
  readonly topicsVersion: number
  /** Monotonic time at which the share coordinator was asked to initialise; null: nobody knows of that. */
  readonly initializingSinceMs: number | null
}

/** As in Kafka, whose groups have this epoch before any record says one. */
const NEW_STATE: ShareGroupState = { epoch: 1, metadataHash: 0n, targetEpoch: 1, targetTimestampMs: 0 }
const NO_NOTES: ShareGroupNotes = { topicsVersion: -1, initializingSinceMs: null }

export class ShareGroup implements ModernGroup {
  readonly kind = 'share'
  readonly type = 'share'
  readonly protocolType = 'share'
  readonly groupId: string
  readonly members: TimelineMap<string, ShareMember>
  readonly #state: TimelineValue<ShareGroupState>
  readonly #targets: TimelineMap<string, PartitionsByTopic>
  readonly #partitions: TimelineValue<SharePartitions>
  readonly #notes: TimelineValue<ShareGroupNotes>

  constructor(registry: SnapshotRegistry, groupId: string) {
    this.groupId = groupId
    this.members = new TimelineMap(registry)
    this.#state = new TimelineValue(registry, NEW_STATE)
    this.#targets = new TimelineMap(registry)
    this.#partitions = new TimelineValue(registry, NO_SHARE_PARTITIONS)
    this.#notes = new TimelineValue(registry, NO_NOTES)
  }

  get isEmpty(): boolean {
    return this.members.size === 0
  }

  get state(): ShareGroupState {
    return this.#state.get()
  }

  get notes(): ShareGroupNotes {
    return this.#notes.get()
  }

  /** Share partitions that have state, or are about to. */
  get partitions(): SharePartitions {
    return this.#partitions.get()
  }

  partitionsAt(offset: number): SharePartitions {
    return this.#partitions.getAt(offset)
  }

  groupStateAt(offset: number): ShareGroupState {
    return this.#state.getAt(offset)
  }

  hasTarget(memberId: string): boolean {
    return this.#targets.has(memberId)
  }

  target(memberId: string): PartitionsByTopic {
    return this.#targets.get(memberId) ?? NO_PARTITIONS
  }

  stateAt(offset: number): string {
    return this.members.sizeAt(offset) === 0 ? 'Empty' : 'Stable'
  }

  /** Share groups commit no offsets. */
  isSubscribedTo(_topic: string): boolean {
    return false
  }

  replay(record: ModernRecord): void {
    this.#replay(record as ShareRecord)
  }

  apply(change: object): void {
    this.#notes.set(change as ShareGroupNotes)
  }

  fire(timer: ModernTimer, turn: Turn, _shard: GroupShard): void {
    if (timer.name === 'session' && timer.memberId !== null) {
      expireMember(this, timer.memberId, turn)
      return
    }
    if (timer.name !== 'assignment' || this.isEmpty) return
    const draft = new ShareDraft(this, turn)
    updateTarget(draft)
    draft.finish()
  }

  loaded(turn: Turn): void {
    for (const memberId of this.members.keys()) setSession(this.groupId, memberId, turn)
  }

  delete(turn: Turn): void {
    const key = { groupId: this.groupId }
    if (!isNone(this.partitions)) turn.write({ kind: 'ShareGroupStatePartitionMetadata', key, value: null })
    turn.write({ kind: 'ShareGroupTargetAssignmentMetadata', key, value: null })
    turn.write({ kind: 'ShareGroupMetadata', key, value: null })
  }

  #replay(record: ShareRecord): void {
    switch (record.kind) {
      case 'ShareGroupMetadata':
        if (record.value !== null) this.#state.set({ ...this.state, ...record.value })
        break
      case 'ShareGroupMemberMetadata':
        this.#replayMember(record)
        break
      case 'ShareGroupTargetAssignmentMetadata': {
        const { assignmentEpoch = NEW_STATE.targetEpoch, assignmentTimestamp = 0 } = record.value ?? {}
        this.#state.set({ ...this.state, targetEpoch: assignmentEpoch, targetTimestampMs: assignmentTimestamp })
        break
      }
      case 'ShareGroupTargetAssignmentMember':
        if (record.value === null) this.#targets.delete(record.key.memberId)
        else this.#targets.set(record.key.memberId, assignmentOf(record.value.topicPartitions))
        break
      case 'ShareGroupCurrentMemberAssignment':
        this.#replayAssignment(record)
        break
      case 'ShareGroupStatePartitionMetadata':
        this.#partitions.set(record.value === null ? NO_SHARE_PARTITIONS : sharePartitionsOf(record.value))
        break
    }
  }

  #replayMember({ key, value }: Extract<ShareRecord, { kind: 'ShareGroupMemberMetadata' }>): void {
    const { memberId } = key
    if (value === null) {
      this.members.delete(memberId)
      return
    }
    const { rackId, clientId, clientHost, subscribedTopicNames } = value
    const topicNames = [...new Set(subscribedTopicNames)].sort()
    const known = this.members.get(memberId) ?? { memberId, epoch: 0, previousEpoch: 0, assigned: NO_PARTITIONS }
    this.members.set(memberId, { ...known, rackId, clientId, clientHost, topicNames })
  }

  /** A member that is not there any more had a tombstone for each of its records; one of them may be gone already. */
  #replayAssignment({ key, value }: Extract<ShareRecord, { kind: 'ShareGroupCurrentMemberAssignment' }>): void {
    const known = this.members.get(key.memberId)
    if (value === null) {
      if (known !== undefined)
        this.members.set(key.memberId, { ...known, epoch: 0, previousEpoch: 0, assigned: NO_PARTITIONS })
      return
    }
    const { memberEpoch: epoch, previousMemberEpoch: previousEpoch, assignedPartitions } = value
    const none = { memberId: key.memberId, rackId: null, clientId: '', clientHost: '', topicNames: [] }
    this.members.set(key.memberId, {
      ...(known ?? none),
      epoch,
      previousEpoch,
      assigned: assignmentOf(assignedPartitions),
    })
  }
}
