/**
 * The groups whose ids fall on one partition of `__consumer_offsets`: what is known of them, what becomes of it by
 * records and soft changes, and which timers bring about what. Decisions about requests are in `group-requests.ts`.
 *
 * A group is here as long as the log holds a record of it, or offsets, or members gather in it.
 */
import type { Instant, Shard } from '@ottla/runtime'
import { SnapshotRegistry, TimelineMap } from '@ottla/stdx'
import { ClassicDraft } from './classic/classic-draft.ts'
import { ClassicGroup } from './classic/classic-group.ts'
import { sessionTimeout } from './classic/expire.ts'
import { completeJoin, initialDelayOver, keepAlive, prepareRebalance } from './classic/rebalance.ts'
import { syncTimeout } from './classic/sync.ts'
import type { ConsumerGroup } from './consumer/consumer-group.ts'
import type { Group } from './group.ts'
import type { GroupPorts } from './group-ports.ts'
import type { GroupRecord } from './group-record.ts'
import { GROUP_TYPES } from './group-types.ts'
import type { ModernGroup, ModernTimer } from './modern/modern-group.ts'
import { GROUP_RECORD_OF, GROUP_TYPE_OF, type ModernRecord } from './modern/modern-record.ts'
import { expireOffsets } from './offsets/offset-expiry.ts'
import { OffsetStore } from './offsets/offset-store.ts'
import { type GroupChange, type GroupDecision, type GroupMessage, type GroupTimer, Turn } from './turn.ts'

/** So many offsets are looked at in one decision when expired ones are searched for. */
const OFFSETS_PER_SWEEP = 5_000

type OffsetRecord = Extract<GroupRecord, { kind: 'offset' }>
type ClassicTimer = Exclude<GroupTimer, { kind: 'expire-offsets' | 'modern' }>

export class GroupShard implements Shard<GroupRecord, GroupChange, GroupTimer, GroupMessage> {
  readonly registry = new SnapshotRegistry()
  readonly groups: TimelineMap<string, Group>
  readonly offsets: OffsetStore
  readonly #ports: GroupPorts

  constructor(ports: GroupPorts) {
    this.groups = new TimelineMap(this.registry)
    this.offsets = new OffsetStore(this.registry)
    this.#ports = ports
  }

  turn(now: Instant): Turn {
    return new Turn(now, this.#ports)
  }

  classicGroup(groupId: string): ClassicGroup | undefined {
    const group = this.groups.get(groupId)
    return group?.kind === 'classic' ? group : undefined
  }

  consumerGroup(groupId: string): ConsumerGroup | undefined {
    const group = this.groups.get(groupId)
    return group?.kind === 'consumer' ? group : undefined
  }

  replay(record: GroupRecord, offset: number): void {
    switch (record.kind) {
      case 'offset':
        this.#replayOffset(record, offset)
        break
      case 'group':
        if (record.group === null) this.#replayGroupTombstone(record.groupId)
        else this.#classic(record.groupId).replay(record.group)
        break
      case 'marker':
        this.offsets.endTransaction(record.producerId, record.outcome)
        break
      default:
        this.#replayModern(record, offset)
    }
  }

  apply(change: GroupChange): void {
    if (change.kind === 'modern') {
      const changed = this.groups.get(change.groupId)
      if (changed !== undefined && changed.kind !== 'classic') (changed as ModernGroup).apply?.(change.change)
      return
    }
    const group = this.#classic(change.groupId)
    group.apply(change)
    this.#dropIfBlank(group)
  }

  fire(timer: GroupTimer, now: Instant): GroupDecision {
    const turn = this.turn(now)
    if (timer.kind === 'expire-offsets') this.#sweep(turn, timer.sweep)
    else if (timer.kind === 'modern') this.#fireModern(timer, turn)
    else this.#fireClassic(timer, turn)
    return turn.decision()
  }

  /** Those who were members when the log was written have one session's time to be heard of. */
  loaded(now: Instant): GroupDecision {
    const turn = this.turn(now)
    for (const group of this.groups.values()) {
      if (group.kind !== 'classic') {
        const modern: ModernGroup = group
        modern.loaded(turn, this)
        continue
      }
      if (group.members.size === 0) continue
      const draft = new ClassicDraft(group, turn)
      for (const memberId of group.members.keys()) keepAlive(draft, memberId)
      if (group.members.size > turn.config.maxGroupSize) prepareRebalance(draft, 'the group is larger than allowed')
      draft.finish()
    }
    turn.setTimer({ kind: 'expire-offsets', sweep: null }, turn.config.offsetsRetentionCheckIntervalMs)
    return turn.decision()
  }

  #fireModern(timer: ModernTimer, turn: Turn): void {
    const group = this.groups.get(timer.groupId)
    if (group !== undefined && group.kind !== 'classic') (group as ModernGroup).fire(timer, turn, this)
  }

  #fireClassic(timer: ClassicTimer, turn: Turn): void {
    const group = this.classicGroup(timer.groupId)
    if (group === undefined) return
    const draft = new ClassicDraft(group, turn)
    if (timer.kind === 'session') sessionTimeout(draft, timer.memberId)
    else if (timer.kind === 'sync') syncTimeout(draft, timer.generationId)
    else if (draft.phase !== 'PreparingRebalance') return
    else if (timer.kind === 'join') completeJoin(draft)
    else initialDelayOver(draft, timer.delayMs, timer.remainingMs)
    draft.finish()
  }

  /** Looks through the groups in slices, each its own decision, and begins again after the interval. */
  #sweep(turn: Turn, sweep: { readonly groupIds: readonly string[]; readonly index: number } | null): void {
    const groupIds = sweep?.groupIds ?? [...this.groups.keys()]
    let index = sweep?.index ?? 0
    let seen = 0
    while (index < groupIds.length && seen < OFFSETS_PER_SWEEP) {
      const group = this.groups.get(groupIds[index] as string)
      const outcome = group === undefined ? { seen: 0, isDone: true } : expireOffsets(group, this.offsets, turn)
      seen += outcome.seen + 1
      if (!outcome.isDone) break
      index += 1
    }
    if (index < groupIds.length) turn.setTimer({ kind: 'expire-offsets', sweep: { groupIds, index } }, 0)
    else turn.setTimer({ kind: 'expire-offsets', sweep: null }, turn.config.offsetsRetentionCheckIntervalMs)
  }

  #replayOffset(record: OffsetRecord, recordOffset: number): void {
    const { groupId, offset, producer } = record
    if (offset === null) {
      this.offsets.delete(record)
      const group = this.classicGroup(groupId)
      if (group !== undefined) this.#dropIfBlank(group)
      return
    }
    if (!this.groups.has(groupId)) this.#classic(groupId)
    const key = { groupId, topic: record.topic, partition: record.partition }
    // Of one shape, and field by field: a million of them are made when a log is loaded.
    const stored = {
      offset: offset.offset,
      leaderEpoch: offset.leaderEpoch,
      metadata: offset.metadata,
      commitTimestampMs: offset.commitTimestampMs,
      expireTimestampMs: offset.expireTimestampMs,
      topicId: offset.topicId,
      recordOffset,
    }
    if (producer === undefined) this.offsets.set(key, stored)
    else this.offsets.addPending(producer.id, key, stored)
  }

  /** Offsets that are left are those of a group that only commits. */
  #replayGroupTombstone(groupId: string): void {
    if (this.classicGroup(groupId) === undefined) return
    this.groups.delete(groupId)
    if (this.offsets.has(groupId)) this.#classic(groupId)
  }

  /** A value makes the group when it is not there, whichever of its records comes first: a compacted log keeps no order between keys. */
  #replayModern(record: ModernRecord, offset: number): void {
    const type = GROUP_TYPE_OF[record.kind]
    const { groupId } = record.key
    let group = this.groups.get(groupId)
    if (group?.kind === 'classic' || group?.type !== type) {
      if (record.value === null) return
      group = GROUP_TYPES[type](this.registry, groupId)
      this.groups.set(groupId, group)
    }
    if (record.kind !== GROUP_RECORD_OF[type] || record.value !== null) {
      ;(group as ModernGroup).replay(record, offset)
      return
    }
    this.groups.delete(groupId)
    if (this.offsets.has(groupId)) this.#classic(groupId)
  }

  /** The classic group of that id; a new one in place of what else there may be. */
  #classic(groupId: string): ClassicGroup {
    const known = this.classicGroup(groupId)
    if (known !== undefined) return known
    const group = new ClassicGroup(this.registry, groupId)
    this.groups.set(groupId, group)
    return group
  }

  #dropIfBlank(group: ClassicGroup): void {
    const { groupId } = group
    if (group.isBlank && !this.offsets.has(groupId) && !this.offsets.hasPending(groupId)) this.groups.delete(groupId)
  }
}
