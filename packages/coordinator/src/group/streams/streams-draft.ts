/**
 * A working copy of a streams group: a decision changes it step by step, each step writes its records, and the next step sees it.
 */
import type { ModernTimer } from '../modern/modern-group.ts'
import { modernKey, type Turn } from '../turn.ts'
import type { TopologyOnCluster } from './configured-topology-cache.ts'
import type { MemberProgress } from './reconcile.ts'
import type { SoftState, StreamsChange, StreamsGroup, StreamsGroupState } from './streams-group.ts'
import { metadataValue, progressValue, type StreamsMember, tagList } from './streams-member.ts'
import { sameTasks, type Tasks, taskIdsOf } from './tasks.ts'
import type { Topology } from './topology.ts'

/** What a group's first epoch is: the epoch of its first members is below that of their first assignment. */
const FIRST_EPOCH = 2

export type StreamsTimerName = 'session' | 'rebalance' | 'gathering'

export class StreamsDraft {
  readonly turn: Turn
  readonly group: StreamsGroup
  readonly #members = new Map<string, StreamsMember | null>()
  readonly #targets = new Map<string, Tasks | null>()
  #state: StreamsGroupState
  #soft: StreamsChange = {}

  constructor(group: StreamsGroup, turn: Turn) {
    this.turn = turn
    this.group = group
    this.#state = group.state
  }

  get groupId(): string {
    return this.group.groupId
  }

  get state(): StreamsGroupState {
    return this.#state
  }

  get soft(): SoftState {
    return { ...this.group.soft, ...this.#soft }
  }

  get memberCount(): number {
    let count = this.group.members.size
    for (const [memberId, member] of this.#members) {
      if (member === null) count -= Number(this.group.members.has(memberId))
      else count += Number(!this.group.members.has(memberId))
    }
    return count
  }

  member(memberId: string): StreamsMember | undefined {
    const changed = this.#members.get(memberId)
    return changed === undefined ? this.group.members.get(memberId) : (changed ?? undefined)
  }

  *members(): IterableIterator<StreamsMember> {
    for (const [memberId, member] of this.group.members) if (!this.#members.has(memberId)) yield member
    for (const member of this.#members.values()) if (member !== null) yield member
  }

  target(memberId: string): Tasks | undefined {
    const changed = this.#targets.get(memberId)
    return changed === undefined ? this.group.targets.get(memberId) : (changed ?? undefined)
  }

  /** The topology with what the cluster has for it; undefined before there is one. */
  onCluster(): TopologyOnCluster | undefined {
    const { topology } = this.#state
    return topology === null ? undefined : this.group.configured.of(topology, this.turn.topics)
  }

  setSoft(change: StreamsChange): void {
    this.#soft = { ...this.#soft, ...change }
  }

  setTopology(topology: Topology): void {
    this.#state = { ...this.#state, topology }
    this.turn.write({ kind: 'StreamsGroupTopology', key: { groupId: this.groupId }, value: topology })
  }

  putMetadata(member: StreamsMember): void {
    this.#members.set(member.memberId, member)
    this.turn.write({ kind: 'StreamsGroupMemberMetadata', key: this.#key(member), value: metadataValue(member) })
  }

  putProgress(member: StreamsMember): void {
    this.#members.set(member.memberId, member)
    this.turn.write({
      kind: 'StreamsGroupCurrentMemberAssignment',
      key: this.#key(member),
      value: progressValue(member),
    })
  }

  /** Takes note of what needs no record. */
  progress(member: StreamsMember, progress: MemberProgress): StreamsMember {
    const moved = { ...member, ...progress }
    this.putProgress(moved)
    return moved
  }

  putTarget(memberId: string, target: Tasks): void {
    const known = this.target(memberId)
    this.#targets.set(memberId, target)
    if (known !== undefined && sameTasks(known, target)) return
    this.turn.write({
      kind: 'StreamsGroupTargetAssignmentMember',
      key: this.#key({ memberId }),
      value: {
        activeTasks: taskIdsOf(target.active),
        standbyTasks: taskIdsOf(target.standby),
        warmupTasks: taskIdsOf(target.warmup),
      },
    })
  }

  /** Writes off all that the log has of the member, and its timers. */
  remove(memberId: string): void {
    const key = this.#key({ memberId })
    // Nobody is to be asked there any more.
    if (this.member(memberId)?.userEndpoint != null) this.setSoft({ endpointEpoch: this.soft.endpointEpoch + 1 })
    this.turn.write({ kind: 'StreamsGroupCurrentMemberAssignment', key, value: null })
    this.turn.write({ kind: 'StreamsGroupTargetAssignmentMember', key, value: null })
    this.turn.write({ kind: 'StreamsGroupMemberMetadata', key, value: null })
    this.#members.set(memberId, null)
    this.#targets.set(memberId, null)
    this.cancelTimer('session', memberId)
    this.cancelTimer('rebalance', memberId)
    const { memberOffsets } = this.soft
    if (!memberOffsets.has(memberId)) return
    const left = new Map(memberOffsets)
    left.delete(memberId)
    this.setSoft({ memberOffsets: left })
  }

  /** The next group epoch, with what it is made of. */
  bumpEpoch(
    changes: Partial<Pick<StreamsGroupState, 'metadataHash' | 'validatedTopologyEpoch' | 'lastAssignmentConfigs'>>,
  ): void {
    const { groupEpoch: before } = this.#state
    const groupEpoch = before === 0 ? FIRST_EPOCH : before + 1
    this.#state = { ...this.#state, ...changes, groupEpoch }
    const { metadataHash, validatedTopologyEpoch, lastAssignmentConfigs } = this.#state
    this.turn.write({
      kind: 'StreamsGroupMetadata',
      key: { groupId: this.groupId },
      value: {
        epoch: groupEpoch,
        metadataHash,
        validatedTopologyEpoch,
        lastAssignmentConfigs: lastAssignmentConfigs === null ? null : tagList(lastAssignmentConfigs),
        storedDescriptionTopologyEpoch: this.#state.storedDescriptionTopologyEpoch,
        failedDescriptionTopologyEpoch: this.#state.failedDescriptionTopologyEpoch,
      },
    })
  }

  /** The target assignment is now that of the group epoch. */
  setAssignmentEpoch(): void {
    const { groupEpoch: assignmentEpoch } = this.#state
    const assignmentTimestamp = this.turn.now.wallMs
    this.#state = { ...this.#state, assignmentEpoch, assignmentTimestampMs: assignmentTimestamp }
    this.turn.write({
      kind: 'StreamsGroupTargetAssignmentMetadata',
      key: { groupId: this.groupId },
      value: { assignmentEpoch, assignmentTimestamp },
    })
  }

  setTimer(
    name: StreamsTimerName,
    memberId: string | null,
    { epoch = 0, afterMs }: { epoch?: number; afterMs: number },
  ): void {
    const timer: ModernTimer = { kind: 'modern', name, groupId: this.groupId, memberId, epoch }
    this.turn.setTimer(timer, afterMs)
  }

  cancelTimer(name: StreamsTimerName, memberId: string | null): void {
    this.turn.cancelTimer(modernKey({ name, groupId: this.groupId, memberId }))
  }

  /** Hands over what is not in records. Call it once, at the end. */
  finish(): void {
    if (Object.keys(this.#soft).length === 0) return
    this.turn.change({ kind: 'modern', groupId: this.groupId, change: this.#soft })
  }

  #key({ memberId }: Pick<StreamsMember, 'memberId'>): { groupId: string; memberId: string } {
    return { groupId: this.groupId, memberId }
  }
}
