/** A member of a streams group: what it said of itself, and where it stands. */
import type { StreamsGroupCurrentMemberAssignmentValue, StreamsGroupMemberMetadataValue } from '@ottla/protocol'
import { compareText } from '../assignor/assignor.ts'
import type { Endpoint } from './endpoints.ts'
import { type MemberProgress, MemberState } from './reconcile.ts'
import { type EpochTasks, type HeldTasks, NO_TASKS, type TaskSet, taskIdsOf, tasksFrom } from './tasks.ts'

/** What a member says of itself. */
export interface MemberMetadata {
  /** Of a static member; null: a dynamic one. */
  readonly instanceId: string | null
  readonly rackId: string | null
  readonly clientId: string
  readonly clientHost: string
  readonly rebalanceTimeoutMs: number
  readonly topologyEpoch: number
  /** The process, as all members (threads) of one application instance give it. */
  readonly processId: string
  readonly userEndpoint: Endpoint | null
  readonly clientTags: ReadonlyMap<string, string>
}

export interface StreamsMember extends MemberMetadata, MemberProgress {
  readonly memberId: string
}

/** Epochs of members that mean something else than how far they are. */
export const JOIN_EPOCH = 0
export const LEAVE_EPOCH = -1
/** A static member is away, and keeps its place. */
export const AWAY_EPOCH = -2

const NEW_PROGRESS: MemberProgress = {
  memberEpoch: JOIN_EPOCH,
  previousMemberEpoch: JOIN_EPOCH,
  state: MemberState.STABLE,
  assigned: NO_TASKS,
  pendingRevocation: NO_TASKS,
}

export function newMember(memberId: string): StreamsMember {
  return {
    memberId,
    instanceId: null,
    rackId: null,
    clientId: '',
    clientHost: '',
    rebalanceTimeoutMs: -1,
    topologyEpoch: -1,
    processId: '',
    userEndpoint: null,
    clientTags: new Map(),
    ...NEW_PROGRESS,
  }
}

export function metadataFrom(value: StreamsGroupMemberMetadataValue): MemberMetadata {
  const { userEndpoint, clientTags, ...same } = value
  return {
    instanceId: same.instanceId,
    rackId: same.rackId,
    clientId: same.clientId,
    clientHost: same.clientHost,
    rebalanceTimeoutMs: same.rebalanceTimeoutMs,
    topologyEpoch: same.topologyEpoch,
    processId: same.processId,
    userEndpoint: userEndpoint === null ? null : { host: userEndpoint.host, port: userEndpoint.port },
    clientTags: new Map(clientTags.map(({ key, value }) => [key, value])),
  }
}

export function metadataValue(member: MemberMetadata): StreamsGroupMemberMetadataValue {
  const { userEndpoint } = member
  return {
    instanceId: member.instanceId,
    rackId: member.rackId,
    clientId: member.clientId,
    clientHost: member.clientHost,
    rebalanceTimeoutMs: member.rebalanceTimeoutMs,
    topologyEpoch: member.topologyEpoch,
    processId: member.processId,
    userEndpoint: userEndpoint === null ? null : { host: userEndpoint.host, port: userEndpoint.port },
    clientTags: tagList(member.clientTags),
  }
}

export function tagList(tags: ReadonlyMap<string, string>): { key: string; value: string }[] {
  return [...tags].sort(([a], [b]) => compareText(a, b)).map(([key, value]) => ({ key, value }))
}

/** Asked with each heartbeat, most of which say nothing new. */
export function sameMetadata(a: MemberMetadata, b: MemberMetadata): boolean {
  return (
    a.instanceId === b.instanceId &&
    a.rackId === b.rackId &&
    a.clientId === b.clientId &&
    a.clientHost === b.clientHost &&
    a.rebalanceTimeoutMs === b.rebalanceTimeoutMs &&
    a.topologyEpoch === b.topologyEpoch &&
    a.processId === b.processId &&
    sameEndpoint(a.userEndpoint, b.userEndpoint) &&
    sameTags(a.clientTags, b.clientTags)
  )
}

export function sameEndpoint(a: Endpoint | null, b: Endpoint | null): boolean {
  return a === b || (a?.host === b?.host && a?.port === b?.port)
}

export function sameTags(a: ReadonlyMap<string, string>, b: ReadonlyMap<string, string>): boolean {
  return a === b || (a.size === b.size && [...a].every(([key, value]) => b.get(key) === value))
}

type StoredTasks = StreamsGroupCurrentMemberAssignmentValue['activeTasks']

export function progressFrom(value: StreamsGroupCurrentMemberAssignmentValue): MemberProgress {
  const { memberEpoch, previousMemberEpoch, state } = value
  const isKnown = state >= MemberState.STABLE && state <= MemberState.UNRELEASED_TASKS
  return {
    memberEpoch,
    previousMemberEpoch,
    state: isKnown ? state : MemberState.UNKNOWN,
    assigned: {
      active: epochTasks(value.activeTasks, memberEpoch),
      standby: tasksFrom(value.standbyTasks),
      warmup: tasksFrom(value.warmupTasks),
    },
    pendingRevocation: {
      active: epochTasks(value.activeTasksPendingRevocation, memberEpoch),
      standby: tasksFrom(value.standbyTasksPendingRevocation),
      warmup: tasksFrom(value.warmupTasksPendingRevocation),
    },
  }
}

/** Before KIP-1251 records had no epochs of tasks: then the member's own counts. */
function epochTasks(ids: StoredTasks, memberEpoch: number): EpochTasks {
  return new Map(
    ids
      .filter(({ partitions }) => partitions.length > 0)
      .map(({ subtopologyId, partitions, assignmentEpochs }) => {
        const epochs = assignmentEpochs?.length === partitions.length ? assignmentEpochs : null
        return [
          subtopologyId,
          new Map(partitions.map((partition, index) => [partition, epochs?.[index] ?? memberEpoch])),
        ]
      }),
  )
}

export function progressValue(progress: MemberProgress): StreamsGroupCurrentMemberAssignmentValue {
  const { memberEpoch, previousMemberEpoch, state, assigned, pendingRevocation } = progress
  return {
    memberEpoch,
    previousMemberEpoch,
    state,
    activeTasks: storedWithEpochs(assigned.active),
    standbyTasks: stored(assigned.standby),
    warmupTasks: stored(assigned.warmup),
    activeTasksPendingRevocation: storedWithEpochs(pendingRevocation.active),
    standbyTasksPendingRevocation: stored(pendingRevocation.standby),
    warmupTasksPendingRevocation: stored(pendingRevocation.warmup),
  }
}

function stored(tasks: TaskSet): StoredTasks {
  return taskIdsOf(tasks).map((ids) => ({ ...ids, assignmentEpochs: null }))
}

function storedWithEpochs(tasks: EpochTasks): StoredTasks {
  return taskIdsOf(tasks).map(({ subtopologyId, partitions }) => ({
    subtopologyId,
    partitions,
    assignmentEpochs: partitions.map((partition) => tasks.get(subtopologyId)?.get(partition) as number),
  }))
}

/** What a static member that is away has on its return: its tasks, as of no epoch, so that nothing it once sent counts. */
export function withoutEpochs({ active, standby, warmup }: HeldTasks): HeldTasks {
  const forgotten = [...active].map(
    ([subtopologyId, partitions]) =>
      [subtopologyId, new Map([...partitions.keys()].map((partition) => [partition, 0]))] as const,
  )
  return { active: new Map(forgotten), standby, warmup }
}
