/**
 * A working copy of a consumer group: a decision changes it step by step, and each change is a record. Reads see what was changed.
 */
import type { GroupTopics } from '../../ports.ts'
import type { PartitionsByTopic } from '../assignor/assignor.ts'
import type { Turn } from '../turn.ts'
import { modernKey, sessionKey } from '../turn.ts'
import {
  type AskedToJoin,
  type ConsumerGroup,
  hashOfTopics,
  type ResolvedRegex,
  subscribedTopics,
} from './consumer-group.ts'
import { assignmentValue, type ConsumerMember, metadataValue } from './consumer-member.ts'

export class ConsumerDraft {
  readonly group: ConsumerGroup
  readonly turn: Turn
  epoch: number
  targetEpoch: number
  readonly #members = new Map<string, ConsumerMember | null>()
  readonly #targets = new Map<string, PartitionsByTopic | null>()
  readonly #regexes = new Map<string, ResolvedRegex | null>()
  #isSubscriptionChanged = false
  /** A static member took its place under a new id. */
  hasReplaced = false

  constructor(group: ConsumerGroup, turn: Turn) {
    this.group = group
    this.turn = turn
    this.epoch = group.state.epoch
    this.targetEpoch = group.state.targetEpoch
  }

  get groupId(): string {
    return this.group.groupId
  }

  get topics(): GroupTopics {
    return this.turn.topics
  }

  member(memberId: string): ConsumerMember | undefined {
    const changed = this.#members.get(memberId)
    return changed === undefined ? this.group.members.get(memberId) : (changed ?? undefined)
  }

  /** The same order as the group's, those who came last. */
  members(): ConsumerMember[] {
    const members: ConsumerMember[] = []
    for (const [memberId, member] of this.group.members) {
      const changed = this.#members.get(memberId)
      if (changed === undefined) members.push(member)
      else if (changed !== null) members.push(changed)
    }
    for (const [memberId, member] of this.#members)
      if (member !== null && !this.group.members.has(memberId)) members.push(member)
    return members
  }

  target(memberId: string): PartitionsByTopic {
    const changed = this.#targets.get(memberId)
    return changed ?? (changed === null ? NOTHING : this.group.target(memberId))
  }

  hasTarget(memberId: string): boolean {
    const changed = this.#targets.get(memberId)
    return changed === undefined ? this.group.targets.has(memberId) : changed !== null
  }

  regex(pattern: string): ResolvedRegex | undefined {
    const changed = this.#regexes.get(pattern)
    return changed === undefined ? this.group.regex(pattern) : (changed ?? undefined)
  }

  /** How many members subscribe by this expression. */
  subscriberCount(pattern: string): number {
    return this.members().filter(({ topicRegex }) => topicRegex === pattern).length
  }

  topicNames(): ReadonlySet<string> {
    if (!this.#isSubscriptionChanged) return this.group.topicNames
    return subscribedTopics(this.members(), (pattern) => this.regex(pattern))
  }

  metadataHash(): bigint {
    return this.#isSubscriptionChanged
      ? hashOfTopics(this.topicNames(), this.topics)
      : this.group.metadataHashOf(this.topics)
  }

  /** A new or changed subscription. */
  putMetadata(member: ConsumerMember): void {
    this.#members.set(member.memberId, member)
    this.#isSubscriptionChanged = true
    const key = { groupId: this.groupId, memberId: member.memberId }
    this.turn.write({ kind: 'ConsumerGroupMemberMetadata', key, value: metadataValue(member) })
  }

  putAssignment(member: ConsumerMember): void {
    this.#members.set(member.memberId, member)
    const key = { groupId: this.groupId, memberId: member.memberId }
    this.turn.write({ kind: 'ConsumerGroupCurrentMemberAssignment', key, value: assignmentValue(member) })
  }

  remove(memberId: string): void {
    const key = { groupId: this.groupId, memberId }
    this.turn.write({ kind: 'ConsumerGroupCurrentMemberAssignment', key, value: null })
    this.turn.write({ kind: 'ConsumerGroupTargetAssignmentMember', key, value: null })
    this.turn.write({ kind: 'ConsumerGroupMemberMetadata', key, value: null })
    this.#members.set(memberId, null)
    this.#targets.set(memberId, null)
    this.#isSubscriptionChanged = true
  }

  setTarget(memberId: string, target: PartitionsByTopic): void {
    this.#targets.set(memberId, target)
    const topicPartitions = [...target].map(([topicId, partitions]) => ({ topicId, partitions }))
    const key = { groupId: this.groupId, memberId }
    this.turn.write({ kind: 'ConsumerGroupTargetAssignmentMember', key, value: { topicPartitions } })
  }

  setTargetEpoch(assignmentEpoch: number): void {
    this.targetEpoch = assignmentEpoch
    const value = { assignmentEpoch, assignmentTimestamp: this.turn.now.wallMs }
    this.turn.write({ kind: 'ConsumerGroupTargetAssignmentMetadata', key: { groupId: this.groupId }, value })
  }

  putRegex(pattern: string, resolved: ResolvedRegex): void {
    this.#regexes.set(pattern, resolved)
    this.#isSubscriptionChanged = true
    const { topics, version, timestampMs: timestamp } = resolved
    const value = { topics: [...topics].sort(), version, timestamp }
    const key = { groupId: this.groupId, regularExpression: pattern }
    this.turn.write({ kind: 'ConsumerGroupRegularExpression', key, value })
  }

  removeRegex(pattern: string): void {
    if (this.regex(pattern) === undefined) return
    this.#regexes.set(pattern, null)
    this.#isSubscriptionChanged = true
    const key = { groupId: this.groupId, regularExpression: pattern }
    this.turn.write({ kind: 'ConsumerGroupRegularExpression', key, value: null })
  }

  bumpEpoch(): void {
    const { groupId } = this
    this.epoch += 1
    if (this.group.state.hasPartitionMetadata)
      this.turn.write({ kind: 'ConsumerGroupPartitionMetadata', key: { groupId }, value: null })
    const value = { epoch: this.epoch, metadataHash: this.metadataHash() }
    this.turn.write({ kind: 'ConsumerGroupMetadata', key: { groupId }, value })
  }

  /** Whether the member, of the classic protocol, was told to join again and has not yet. */
  askToJoin(memberId: string, isAsked: 'yes' | 'no'): void {
    if ((isAsked === 'yes') === this.group.isAskedToJoin(memberId)) return
    const change: AskedToJoin = { memberId, isAsked }
    this.turn.change({ kind: 'modern', groupId: this.groupId, change })
  }

  /** The member is alive. */
  keepSession(member: ConsumerMember): void {
    const { groupId, turn } = this
    const { memberId, classic } = member
    const timeoutMs = classic?.sessionTimeoutMs ?? turn.groupConfig(groupId)['consumer.session.timeout.ms']
    turn.setTimer({ kind: 'modern', name: 'session', groupId, memberId, epoch: 0 }, timeoutMs)
  }

  cancelTimers(memberId: string): void {
    const { groupId, turn } = this
    turn.cancelTimer(sessionKey(groupId, memberId))
    for (const name of ['rebalance', 'join', 'sync']) turn.cancelTimer(modernKey({ name, groupId, memberId }))
  }
}

const NOTHING: PartitionsByTopic = new Map()
