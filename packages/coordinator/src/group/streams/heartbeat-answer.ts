/** What a member is told: its tasks when they changed, where others are to be asked, what is wrong with the group. */
import type { Init, StreamsGroupHeartbeatRequest, StreamsGroupHeartbeatResponse } from '@ottla/protocol'
import { type ConfiguredTopology, type InternalTopic, type Status, StatusCode } from './configure-topics.ts'
import { type EndpointPartitions, partitionsOfEndpoint } from './endpoints.ts'
import type { Heartbeat } from './heartbeat.ts'
import type { StreamsDraft } from './streams-draft.ts'
import { JOIN_EPOCH, type StreamsMember, sameEndpoint } from './streams-member.ts'
import { sameTasks, type Tasks, taskIdsOf } from './tasks.ts'

export type HeartbeatResponse = Init<typeof StreamsGroupHeartbeatResponse>

export interface HeartbeatAnswer {
  readonly response: HeartbeatResponse
  /** Internal topics that the group waits for. */
  readonly missingTopics: readonly InternalTopic[]
}

const INT32_MAX = 2_147_483_647
/** The version that has a status for missing client tags: before it, clients fail on what they do not know. */
const KNOWS_CLIENT_TAGS = 1

export function leaveAnswer({ memberId, memberEpoch }: StreamsGroupHeartbeatRequest): HeartbeatAnswer {
  return { response: { memberId, memberEpoch, status: [] }, missingTopics: [] }
}

export interface Beaten {
  /** null: the member is new. */
  readonly before: StreamsMember | null
  readonly member: StreamsMember
  /** What the member says that it has; null: it does not say. */
  readonly owned: Tasks | null
  readonly heartbeat: Heartbeat
  readonly configured: ConfiguredTopology
  readonly delays: readonly Status[]
}

export function heartbeatAnswer(draft: StreamsDraft, beaten: Beaten): HeartbeatAnswer {
  const { before, member, owned, heartbeat, configured } = beaten
  const { request } = heartbeat
  const config = draft.turn.groupConfig(draft.groupId)
  const acceptableLag = config['streams.acceptable.recovery.lag']
  const isMoved = before === null || !sameTasks(before.assigned, member.assigned)
  // Who comes with an old epoch, or says that it has other tasks, may not have got the last answer.
  const isBehind =
    request.memberEpoch !== (before?.memberEpoch ?? -1) || (owned !== null && !sameTasks(owned, member.assigned))
  const isTold = request.memberEpoch === JOIN_EPOCH || isMoved || isBehind
  const { assigned } = member
  const { endpointEpoch, partitions } = endpointInformation(draft, beaten, isTold ? 'moved' : 'stayed')
  return {
    response: {
      memberId: member.memberId,
      memberEpoch: member.memberEpoch,
      heartbeatIntervalMs: config['streams.heartbeat.interval.ms'],
      ...(heartbeat.apiVersion === 0
        ? { acceptableRecoveryLagLegacy: Math.min(acceptableLag, INT32_MAX) }
        : { acceptableRecoveryLag: acceptableLag }),
      taskOffsetIntervalMs: config['streams.task.offset.interval.ms'],
      status: statusesOf(draft, beaten),
      activeTasks: isTold ? taskIdsOf(assigned.active) : null,
      standbyTasks: isTold ? taskIdsOf(assigned.standby) : null,
      warmupTasks: isTold ? taskIdsOf(assigned.warmup) : null,
      endpointInformationEpoch: endpointEpoch,
      partitionsByUserEndpoint: partitions,
    },
    missingTopics: configured.kind === 'incomplete' ? configured.missing : [],
  }
}

function statusesOf(draft: StreamsDraft, { member, configured, delays, heartbeat }: Beaten): Status[] {
  const statuses: Status[] = []
  const epoch = draft.state.topology?.epoch ?? -1
  if (member.topologyEpoch < epoch)
    statuses.push({
      statusCode: StatusCode.STALE_TOPOLOGY,
      statusDetail: `The member's topology epoch ${member.topologyEpoch} is behind the group's topology epoch ${epoch}.`,
    })
  statuses.push(...delays)
  if (configured.kind === 'incomplete' || configured.kind === 'unfit') statuses.push(configured.status)
  const { shutdownRequestedBy } = draft.soft
  if (shutdownRequestedBy !== null)
    statuses.push({
      statusCode: StatusCode.SHUTDOWN_APPLICATION,
      statusDetail: `Streams group member ${shutdownRequestedBy} encountered a fatal error and requested a shutdown for the entire application.`,
    })
  const tags = draft.turn.groupConfig(draft.groupId)['streams.rack.aware.assignment.tags']
  const missing = tags.filter((tag) => !member.clientTags.has(tag))
  if (missing.length > 0 && heartbeat.apiVersion >= KNOWS_CLIENT_TAGS)
    statuses.push({
      statusCode: StatusCode.MISSING_CLIENT_TAGS,
      statusDetail: `The member does not have the client tags that rack-aware assignment goes by: [${missing.join(', ')}].`,
    })
  return statuses
}

/** Whether it is known where to ask for what changes with the member; and all of it, when the member knows an older state. */
function endpointInformation(
  draft: StreamsDraft,
  { before, member, heartbeat, configured }: Beaten,
  tasks: 'moved' | 'stayed',
): { endpointEpoch: number; partitions: EndpointPartitions[] | null } {
  const is = member.userEndpoint
  if (!sameEndpoint(before?.userEndpoint ?? null, is) || (tasks === 'moved' && is !== null))
    draft.setSoft({ endpointEpoch: draft.soft.endpointEpoch + 1 })
  const { endpointEpoch } = draft.soft
  if (heartbeat.request.endpointInformationEpoch === endpointEpoch) return { endpointEpoch, partitions: null }
  if (!('subtopologies' in configured)) return { endpointEpoch, partitions: [] }
  const { subtopologies } = configured
  const cluster = { partitionCount: (topic: string) => draft.turn.topics.byName(topic)?.partitionCount }
  const partitions: EndpointPartitions[] = []
  for (const { userEndpoint, assigned } of draft.members())
    if (userEndpoint !== null) partitions.push(partitionsOfEndpoint(userEndpoint, assigned, { subtopologies, cluster }))
  return { endpointEpoch, partitions }
}
