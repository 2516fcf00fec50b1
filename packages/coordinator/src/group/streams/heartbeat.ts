/**
 * StreamsGroupHeartbeat: a member joins, lives, takes over tasks and gives them up, leaves.
 *
 * 1. The member is found, made, or takes the place of a static one.
 * 2. What it says of itself, and the topology, become part of the group.
 * 3. What the topology needs of the cluster's topics is worked out.
 * 4. When something changed that an assignment depends on, there is a new group epoch and, unless it is too early, a new target.
 * 5. The member takes a step towards its target.
 */
import { ErrorCode, type StreamsGroupHeartbeatRequest } from '@ottla/protocol'
import { type ConfiguredTopology, type Status, StatusCode } from './configure-topics.ts'
import { type HeartbeatAnswer, heartbeatAnswer, leaveAnswer } from './heartbeat-answer.ts'
import { type Found, findMember, type Refused, refused } from './membership.ts'
import { MemberState, reconcile } from './reconcile.ts'
import type { StreamsDraft } from './streams-draft.ts'
import { isReconciledTo } from './streams-group.ts'
import { AWAY_EPOCH, JOIN_EPOCH, type StreamsMember, sameMetadata, sameTags, withoutEpochs } from './streams-member.ts'
import { fence } from './streams-timers.ts'
import { assignmentConfigs, isTooSoon, updateTarget } from './target-assignment.ts'
import { NO_TASKS, type Tasks, tasksFrom } from './tasks.ts'
import { sameTopology, topologyOf } from './topology.ts'

export interface Heartbeat {
  readonly request: StreamsGroupHeartbeatRequest
  readonly apiVersion: number
  readonly clientId: string
  readonly clientHost: string
}

export type HeartbeatOutcome = { readonly kind: 'answered'; readonly answer: HeartbeatAnswer } | Refused

/** What was decided of a refused heartbeat must be thrown away, draft and turn. */
export function decideStreamsHeartbeat(draft: StreamsDraft, heartbeat: Heartbeat): HeartbeatOutcome {
  const found = findMember(draft, heartbeat.request)
  if (found.kind === 'refused') return found
  const outcome =
    heartbeat.request.memberEpoch < JOIN_EPOCH ? leave(draft, found.member, heartbeat) : beat(draft, found, heartbeat)
  draft.finish()
  return outcome
}

function leave(draft: StreamsDraft, member: StreamsMember, { request }: Heartbeat): HeartbeatOutcome {
  requestShutdown(draft, request)
  if (request.memberEpoch !== AWAY_EPOCH) {
    fence(draft, member.memberId, 'it left')
  } else {
    const { assigned } = member
    draft.putProgress({
      ...member,
      memberEpoch: AWAY_EPOCH,
      assigned: withoutEpochs(assigned),
      pendingRevocation: NO_TASKS,
    })
    draft.cancelTimer('rebalance', member.memberId)
  }
  return { kind: 'answered', answer: leaveAnswer(request) }
}

function beat(draft: StreamsDraft, { member: before, isNew }: Found, heartbeat: Heartbeat): HeartbeatOutcome {
  const { request } = heartbeat
  const described = withRequest(before, heartbeat)
  const isDescribedAnew = isNew || !sameMetadata(before, described)
  if (isDescribedAnew) draft.putMetadata(described)
  const refusal = takeTopology(draft, request)
  if (refusal !== null) return refusal
  const onCluster = draft.onCluster()
  if (onCluster === undefined)
    return refused(ErrorCode.FENCED_MEMBER_EPOCH, 'The topology of the group is not known. The member must rejoin.')
  const { configured, metadataHash } = onCluster
  if (configured.kind === 'invalid') return refused(configured.errorCode, configured.message)
  const taskProblem = unknownTask(configured, request)
  if (taskProblem !== null) return refused(ErrorCode.INVALID_REQUEST, taskProblem)

  const isReassigned = isNew || (isDescribedAnew && countsForAssignment(before, described))
  advanceEpoch(draft, { configured, metadataHash, isReassigned })
  if (draft.group.isEmpty) gather(draft)
  const { targetEpoch, target, statuses } = chooseTarget(draft, described.memberId)
  const owned = ownedTasks(request)
  const member = step(draft, described, { targetEpoch, target, owned })
  if (member === 'fenced')
    return refused(ErrorCode.FENCED_MEMBER_EPOCH, 'The member must abandon all its tasks and rejoin.')

  keepOffsets(draft, request)
  requestShutdown(draft, request)
  draft.setTimer('session', member.memberId, {
    afterMs: draft.turn.groupConfig(draft.groupId)['streams.session.timeout.ms'],
  })
  const answer = heartbeatAnswer(draft, {
    before: isNew ? null : before,
    member,
    owned,
    heartbeat,
    configured,
    delays: statuses,
  })
  return { kind: 'answered', answer }
}

function withRequest(member: StreamsMember, { request, clientId, clientHost }: Heartbeat): StreamsMember {
  const { topology, clientTags, userEndpoint, rebalanceTimeoutMs } = request
  const endpoint = userEndpoint === null ? null : { host: userEndpoint.host, port: userEndpoint.port }
  return {
    ...member,
    instanceId: request.instanceId ?? member.instanceId,
    rackId: request.rackId ?? member.rackId,
    clientId,
    clientHost,
    rebalanceTimeoutMs: rebalanceTimeoutMs === -1 ? member.rebalanceTimeoutMs : rebalanceTimeoutMs,
    topologyEpoch: topology?.epoch ?? member.topologyEpoch,
    processId: request.processId ?? member.processId,
    userEndpoint: request.memberEpoch === JOIN_EPOCH ? endpoint : (endpoint ?? member.userEndpoint),
    clientTags: clientTags === null ? member.clientTags : new Map(clientTags.map(({ key, value }) => [key, value])),
  }
}

/** A static member that comes back from elsewhere keeps its assignment, unless it is not the same for the assignor. */
function countsForAssignment(before: StreamsMember, after: StreamsMember): boolean {
  if (after.instanceId === null) return true
  return (
    before.topologyEpoch !== after.topologyEpoch ||
    before.rackId !== after.rackId ||
    before.processId !== after.processId ||
    !sameTags(before.clientTags, after.clientTags)
  )
}

/** The first member brings the topology; the others have to bring the same, or an older one. */
function takeTopology(draft: StreamsDraft, { topology }: StreamsGroupHeartbeatRequest): Refused | null {
  if (topology === null) return null
  const { topology: known } = draft.state
  const asked = topologyOf(topology)
  if (known === null) draft.setTopology(asked)
  else if (known.epoch <= asked.epoch && !sameTopology(known, asked))
    return refused(ErrorCode.INVALID_REQUEST, 'Topology updates are not supported yet.')
  return null
}

function unknownTask(configured: ConfiguredTopology, request: StreamsGroupHeartbeatRequest): string | null {
  if (configured.kind !== 'ready') return null
  for (const tasks of [request.activeTasks, request.standbyTasks, request.warmupTasks]) {
    for (const { subtopologyId, partitions } of tasks ?? []) {
      const subtopology = configured.subtopologies.get(subtopologyId)
      if (subtopology === undefined) return `Subtopology ${subtopologyId} does not exist in the topology.`
      const { taskCount } = subtopology
      const wrong = partitions.find((partition) => partition < 0 || partition >= taskCount)
      if (wrong !== undefined)
        return `Task ${wrong} for subtopology ${subtopologyId} is invalid. Number of tasks for this subtopology: ${taskCount}`
    }
  }
  return null
}

interface Circumstances {
  readonly configured: ConfiguredTopology
  readonly metadataHash: bigint
  readonly isReassigned: boolean
}

function advanceEpoch(draft: StreamsDraft, { configured, metadataHash, isReassigned }: Circumstances): void {
  const { state } = draft
  const validatedTopologyEpoch = configured.kind === 'ready' ? (state.topology?.epoch ?? -1) : -1
  const configs = assignmentConfigs(draft.turn.groupConfig(draft.groupId))
  const isChanged =
    isReassigned ||
    metadataHash !== state.metadataHash ||
    validatedTopologyEpoch !== state.validatedTopologyEpoch ||
    state.lastAssignmentConfigs === null ||
    !sameTags(configs, state.lastAssignmentConfigs)
  if (isChanged) draft.bumpEpoch({ metadataHash, validatedTopologyEpoch, lastAssignmentConfigs: configs })
}

/** The first member of a group is hardly ever the only one. */
function gather(draft: StreamsDraft): void {
  const afterMs = draft.turn.groupConfig(draft.groupId)['streams.initial.rebalance.delay.ms']
  if (afterMs <= 0) return
  draft.setSoft({ isGathering: true })
  draft.setTimer('gathering', null, { afterMs })
}

interface Target {
  readonly targetEpoch: number
  readonly target: Tasks
  readonly statuses: readonly Status[]
}

function chooseTarget(draft: StreamsDraft, memberId: string): Target {
  const intervalMs = draft.turn.groupConfig(draft.groupId)['streams.assignment.interval.ms']
  const { groupEpoch, assignmentEpoch } = draft.state
  const isDue = groupEpoch > assignmentEpoch
  if (isDue && draft.soft.isGathering)
    return {
      targetEpoch: Math.max(1, assignmentEpoch),
      target: NO_TASKS,
      statuses: [delayed('initial rebalance delay')],
    }
  const mustWait = isDue && isTooSoon(draft.state, intervalMs, draft.turn.now.wallMs)
  if (isDue && !mustWait) updateTarget(draft)
  return {
    targetEpoch: draft.state.assignmentEpoch,
    target: draft.target(memberId) ?? NO_TASKS,
    statuses: mustWait ? [delayed('assignment interval')] : [],
  }
}

function delayed(by: string): Status {
  return { statusCode: StatusCode.ASSIGNMENT_DELAYED, statusDetail: `Assignment delayed due to the configured ${by}.` }
}

function ownedTasks({ activeTasks, standbyTasks, warmupTasks }: StreamsGroupHeartbeatRequest): Tasks | null {
  if (activeTasks === null || standbyTasks === null || warmupTasks === null) return null
  return { active: tasksFrom(activeTasks), standby: tasksFrom(standbyTasks), warmup: tasksFrom(warmupTasks) }
}

function step(
  draft: StreamsDraft,
  member: StreamsMember,
  { targetEpoch, target, owned }: { targetEpoch: number; target: Tasks; owned: Tasks | null },
): StreamsMember | 'fenced' {
  if (isReconciledTo(member, targetEpoch)) return member
  const { processId } = member
  const { holders } = draft.group
  const progress = reconcile({ progress: member, processId, targetEpoch, target, holders, owned })
  if (progress === 'fenced') return progress
  if (progress === member) return member
  const moved = draft.progress(member, progress)
  const { memberId, memberEpoch, rebalanceTimeoutMs } = moved
  if (moved.state === MemberState.UNREVOKED_TASKS)
    draft.setTimer('rebalance', memberId, { epoch: memberEpoch, afterMs: rebalanceTimeoutMs })
  else draft.cancelTimer('rebalance', memberId)
  return moved
}

function keepOffsets(
  draft: StreamsDraft,
  { memberId, taskOffsets, taskEndOffsets }: StreamsGroupHeartbeatRequest,
): void {
  if (taskOffsets === null && taskEndOffsets === null) return
  const { memberOffsets } = draft.soft
  const known = memberOffsets.get(memberId)
  const offsets = taskOffsets === null ? (known?.offsets ?? new Map()) : offsetMap(taskOffsets)
  const endOffsets = taskEndOffsets === null ? (known?.endOffsets ?? new Map()) : offsetMap(taskEndOffsets)
  draft.setSoft({ memberOffsets: new Map([...memberOffsets, [memberId, { offsets, endOffsets }]]) })
}

function offsetMap(
  list: readonly { readonly subtopologyId: string; readonly partition: number; readonly offset: number }[],
): Map<string, Map<number, number>> {
  const offsets = new Map<string, Map<number, number>>()
  for (const { subtopologyId, partition, offset } of list) {
    const known = offsets.get(subtopologyId)
    if (known === undefined) offsets.set(subtopologyId, new Map([[partition, offset]]))
    else known.set(partition, offset)
  }
  return offsets
}

/** The first who asks is remembered until the group is empty. */
function requestShutdown(draft: StreamsDraft, { memberId, shutdownApplication }: StreamsGroupHeartbeatRequest): void {
  if (shutdownApplication && draft.soft.shutdownRequestedBy === null) draft.setSoft({ shutdownRequestedBy: memberId })
}
