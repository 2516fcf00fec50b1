/**
 * The state of a streams group (KIP-1071).
 *
 * The group epoch grows with each change that an assignment depends on: members, topology, topics, settings. The target assignment is made
 * for one group epoch. Members follow it one by one, each at its own pace: its epoch is the target's when it is there.
 *
 *     Empty        no member
 *     NotReady     topics that the topology needs are missing, or are not as it needs them
 *     Assigning    the target assignment is older than the group
 *     Reconciling  some member is not where the target wants it
 *     Stable
 *
 * All of it is in records, but for what is soft: where to ask, who wants all to end, how far the state of the tasks is.
 */
import { type SnapshotRegistry, TimelineMap, TimelineValue } from '@ottla/stdx'
import type { GroupShard } from '../group-shard.ts'
import type { ModernGroup, ModernTimer } from '../modern/modern-group.ts'
import type { ModernRecord } from '../modern/modern-record.ts'
import type { Turn } from '../turn.ts'
import { ConfiguredTopologyCache } from './configured-topology-cache.ts'
import { MemberState } from './reconcile.ts'
import { metadataFrom, newMember, progressFrom, type StreamsMember } from './streams-member.ts'
import { fireStreams, loadedStreams } from './streams-timers.ts'
import { TaskHolderCounts } from './task-holder-counts.ts'
import { NO_TASKS, type Tasks, tasksFrom } from './tasks.ts'
import { subtopologyReading, type Topology, topologyOf } from './topology.ts'

/** What is one per group and in records. Replaced as a whole. */
export interface StreamsGroupState {
  readonly groupEpoch: number
  readonly metadataHash: bigint
  /** Epoch of the topology that was found to have all it needs; -1: none. */
  readonly validatedTopologyEpoch: number
  /** The settings that the last epoch was made under; null: not known. */
  readonly lastAssignmentConfigs: ReadonlyMap<string, string> | null
  readonly storedDescriptionTopologyEpoch: number
  readonly failedDescriptionTopologyEpoch: number
  readonly topology: Topology | null
  readonly assignmentEpoch: number
  /** Wall time, milliseconds; 0: unknown. */
  readonly assignmentTimestampMs: number
}

/** How far the state of a member's tasks is, by subtopology and partition, as it last said. */
export interface MemberOffsets {
  readonly offsets: ReadonlyMap<string, ReadonlyMap<number, number>>
  readonly endOffsets: ReadonlyMap<string, ReadonlyMap<number, number>>
}

/** Gone with a restart. */
export interface SoftState {
  /** Grows when it changes where to ask. Members begin with -1, so that each is told once. */
  readonly endpointEpoch: number
  /** The member that wants the whole application to end. */
  readonly shutdownRequestedBy: string | null
  /** The first members of a group are given time to gather. */
  readonly isGathering: boolean
  readonly memberOffsets: ReadonlyMap<string, MemberOffsets>
}

/** Replaces what it names. */
export type StreamsChange = Partial<SoftState>

const INITIAL_STATE: StreamsGroupState = {
  groupEpoch: 0,
  metadataHash: 0n,
  validatedTopologyEpoch: -1,
  lastAssignmentConfigs: null,
  storedDescriptionTopologyEpoch: -1,
  failedDescriptionTopologyEpoch: -1,
  topology: null,
  assignmentEpoch: 0,
  assignmentTimestampMs: 0,
}

const INITIAL_SOFT: SoftState = {
  endpointEpoch: 0,
  shutdownRequestedBy: null,
  isGathering: false,
  memberOffsets: new Map(),
}

export type StreamsGroupPhase = 'Empty' | 'NotReady' | 'Assigning' | 'Reconciling' | 'Stable'

export class StreamsGroup implements ModernGroup {
  readonly kind = 'streams'
  readonly type = 'streams'
  readonly protocolType = 'streams'
  readonly groupId: string
  readonly members: TimelineMap<string, StreamsMember>
  readonly targets: TimelineMap<string, Tasks>
  readonly holders: TaskHolderCounts
  /** Not state: worked out of the topology and the cluster's topics. */
  readonly configured = new ConfiguredTopologyCache()
  readonly #state: TimelineValue<StreamsGroupState>
  readonly #soft: TimelineValue<SoftState>
  readonly #staticMembers: TimelineMap<string, string>

  constructor(registry: SnapshotRegistry, groupId: string) {
    this.groupId = groupId
    this.members = new TimelineMap(registry)
    this.targets = new TimelineMap(registry)
    this.holders = new TaskHolderCounts(registry)
    this.#state = new TimelineValue(registry, INITIAL_STATE)
    this.#soft = new TimelineValue(registry, INITIAL_SOFT)
    this.#staticMembers = new TimelineMap(registry)
  }

  get state(): StreamsGroupState {
    return this.#state.get()
  }

  dataAt(offset: number): StreamsGroupState {
    return this.#state.getAt(offset)
  }

  get soft(): SoftState {
    return this.#soft.get()
  }

  get isEmpty(): boolean {
    return this.members.size === 0
  }

  stateAt(offset: number): StreamsGroupPhase {
    return phaseOf(this.#state.getAt(offset), [...this.members.valuesAt(offset)])
  }

  /** The member of that instance id. */
  staticMemberId(instanceId: string): string | undefined {
    return this.#staticMembers.get(instanceId)
  }

  staticEntries(): Iterable<readonly [string, string]> {
    return this.#staticMembers.entries()
  }

  isSubscribedTo(topic: string): boolean {
    const { topology } = this.state
    return !this.isEmpty && topology !== null && subtopologyReading(topology, topic) !== undefined
  }

  replay(record: ModernRecord): void {
    switch (record.kind) {
      case 'StreamsGroupMetadata':
        if (record.value !== null) this.#replayGroup(record.value)
        break
      case 'StreamsGroupTopology':
        this.#set({ topology: record.value === null ? null : topologyOf(record.value) })
        break
      case 'StreamsGroupTargetAssignmentMetadata':
        this.#set({
          assignmentEpoch: record.value?.assignmentEpoch ?? 0,
          assignmentTimestampMs: record.value?.assignmentTimestamp ?? 0,
        })
        break
      case 'StreamsGroupTargetAssignmentMember':
        this.#replayTarget(record)
        break
      case 'StreamsGroupMemberMetadata':
        this.#replayMember(record)
        break
      case 'StreamsGroupCurrentMemberAssignment':
        this.#replayProgress(record)
        break
    }
  }

  apply(change: StreamsChange): void {
    this.#soft.set({ ...this.soft, ...change })
  }

  fire(timer: ModernTimer, turn: Turn, shard: GroupShard): void {
    fireStreams(this, timer, turn, shard)
  }

  loaded(turn: Turn): void {
    loadedStreams(this, turn)
  }

  delete(turn: Turn): void {
    const key = { groupId: this.groupId }
    turn.write({ kind: 'StreamsGroupTargetAssignmentMetadata', key, value: null })
    turn.write({ kind: 'StreamsGroupMetadata', key, value: null })
    turn.write({ kind: 'StreamsGroupTopology', key, value: null })
  }

  #set(changes: Partial<StreamsGroupState>): void {
    this.#state.set({ ...this.state, ...changes })
  }

  #replayGroup(value: NonNullable<Extract<ModernRecord, { kind: 'StreamsGroupMetadata' }>['value']>): void {
    const { lastAssignmentConfigs } = value
    this.#set({
      groupEpoch: value.epoch,
      metadataHash: value.metadataHash,
      validatedTopologyEpoch: value.validatedTopologyEpoch,
      lastAssignmentConfigs:
        lastAssignmentConfigs === null
          ? null
          : new Map(lastAssignmentConfigs.map(({ key, value: setting }) => [key, setting])),
      storedDescriptionTopologyEpoch: value.storedDescriptionTopologyEpoch,
      failedDescriptionTopologyEpoch: value.failedDescriptionTopologyEpoch,
    })
  }

  #replayTarget({ key, value }: Extract<ModernRecord, { kind: 'StreamsGroupTargetAssignmentMember' }>): void {
    if (value === null) {
      this.targets.delete(key.memberId)
      return
    }
    const { activeTasks, standbyTasks, warmupTasks } = value
    const [active, standby, warmup] = [tasksFrom(activeTasks), tasksFrom(standbyTasks), tasksFrom(warmupTasks)]
    this.targets.set(key.memberId, { active, standby, warmup })
  }

  #replayMember({ key, value }: Extract<ModernRecord, { kind: 'StreamsGroupMemberMetadata' }>): void {
    if (value === null) {
      this.#remove(key.memberId)
      return
    }
    this.#put({ ...(this.members.get(key.memberId) ?? newMember(key.memberId)), ...metadataFrom(value) })
  }

  /** A tombstone comes with that of the member: then the member is new again, until it is gone. */
  #replayProgress({ key, value }: Extract<ModernRecord, { kind: 'StreamsGroupCurrentMemberAssignment' }>): void {
    const known = this.members.get(key.memberId)
    if (value !== null) this.#put({ ...(known ?? newMember(key.memberId)), ...progressFrom(value) })
    else if (known !== undefined)
      this.#put({ ...known, memberEpoch: 0, previousMemberEpoch: 0, assigned: NO_TASKS, pendingRevocation: NO_TASKS })
  }

  #put(member: StreamsMember): void {
    const before = this.members.get(member.memberId)
    this.members.set(member.memberId, member)
    this.holders.replace(before, member)
    if (before !== undefined && before.instanceId !== member.instanceId) this.#dropStatic(before)
    if (member.instanceId !== null) this.#staticMembers.set(member.instanceId, member.memberId)
  }

  #remove(memberId: string): void {
    const member = this.members.get(memberId)
    if (member === undefined) return
    this.members.delete(memberId)
    this.holders.replace(member, undefined)
    this.#dropStatic(member)
    if (this.isEmpty) this.apply({ shutdownRequestedBy: null, isGathering: false, memberOffsets: new Map() })
  }

  #dropStatic({ instanceId, memberId }: StreamsMember): void {
    if (instanceId !== null && this.staticMemberId(instanceId) === memberId) this.#staticMembers.delete(instanceId)
  }
}

function phaseOf(state: StreamsGroupState, members: readonly StreamsMember[]): StreamsGroupPhase {
  const { topology, validatedTopologyEpoch, groupEpoch, assignmentEpoch } = state
  if (members.length === 0) return 'Empty'
  if (topology === null || topology.epoch !== validatedTopologyEpoch) return 'NotReady'
  if (groupEpoch > assignmentEpoch) return 'Assigning'
  return members.every((member) => isReconciledTo(member, assignmentEpoch)) ? 'Stable' : 'Reconciling'
}

export function isReconciledTo({ state, memberEpoch }: StreamsMember, epoch: number): boolean {
  return state === MemberState.STABLE && memberEpoch === epoch
}
