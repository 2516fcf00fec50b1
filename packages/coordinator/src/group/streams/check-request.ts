/** StreamsGroupHeartbeat: what can be said against a request before anybody looks at the group. */
import { ErrorCode, type StreamsGroupHeartbeatRequest } from '@ottla/protocol'
import { AWAY_EPOCH, JOIN_EPOCH } from './streams-member.ts'

export interface Refusal {
  readonly errorCode: number
  readonly errorMessage: string
}

export function refusalOf(request: StreamsGroupHeartbeatRequest): Refusal | null {
  const problem = requestProblem(request)
  if (problem !== null) return { errorCode: ErrorCode.INVALID_REQUEST, errorMessage: problem }
  for (const { stateChangelogTopics } of request.topology?.subtopologies ?? [])
    for (const { name, partitions } of stateChangelogTopics)
      if (partitions !== 0)
        return {
          errorCode: ErrorCode.STREAMS_INVALID_TOPOLOGY,
          errorMessage: `Changelog topic ${name} must have an undefined partition count, but it is set to ${partitions}.`,
        }
  return null
}

function requestProblem(request: StreamsGroupHeartbeatRequest): string | null {
  const { topology, memberEpoch } = request
  if (topology?.subtopologies.some(({ sourceTopicRegex }) => sourceTopicRegex.length > 0) === true)
    return 'Regular expressions for source topics are not supported yet.'
  if (isBlank(request.memberId)) return "MemberId can't be empty."
  if (isBlank(request.groupId)) return "GroupId can't be empty."
  if (request.instanceId !== null && isBlank(request.instanceId)) return "InstanceId can't be empty."
  if (request.rackId !== null && isBlank(request.rackId)) return "RackId can't be empty."
  if (memberEpoch === JOIN_EPOCH) return joinProblem(request)
  if (memberEpoch === AWAY_EPOCH && request.instanceId === null) return "InstanceId can't be null."
  if (memberEpoch < AWAY_EPOCH) return `MemberEpoch is ${memberEpoch}, but must be greater than or equal to -2.`
  const tasks = [request.activeTasks, request.standbyTasks, request.warmupTasks]
  if (tasks.some((each) => each !== null) && tasks.some((each) => each === null))
    return 'If one task-type is non-null, all must be non-null.'
  return topology === null ? null : 'Topology can only be provided when (re-)joining.'
}

function joinProblem(request: StreamsGroupHeartbeatRequest): string | null {
  if (request.rebalanceTimeoutMs === -1) return 'RebalanceTimeoutMs must be provided in first request.'
  if (request.activeTasks?.length !== 0) return 'ActiveTasks must be empty when (re-)joining.'
  if (request.standbyTasks?.length !== 0) return 'StandbyTasks must be empty when (re-)joining.'
  if (request.warmupTasks?.length !== 0) return 'WarmupTasks must be empty when (re-)joining.'
  return request.topology === null ? 'Topology must be non-null when (re-)joining.' : null
}

function isBlank(text: string): boolean {
  return text.trim() === ''
}
