/** StreamsGroupHeartbeat and StreamsGroupDescribe, from the request to the answer. */
import {
  ErrorCode,
  type Init,
  type StreamsGroupDescribeRequest,
  type StreamsGroupDescribeResponse,
  type StreamsGroupHeartbeatRequest,
} from '@ottla/protocol'
import type { GroupTopics } from '../../ports.ts'
import { ask } from '../ask.ts'
import type { Group } from '../group.ts'
import type { Asked } from '../group-requests.ts'
import type { GroupShard } from '../group-shard.ts'
import type { Route } from '../membership.ts'
import type { RequestContext } from '../request-context.ts'
import type { GroupDecision, Turn } from '../turn.ts'
import { refusalOf } from './check-request.ts'
import { describeStreamsGroup, type StreamsDescription } from './describe.ts'
import { decideStreamsHeartbeat, type Heartbeat } from './heartbeat.ts'
import type { HeartbeatAnswer } from './heartbeat-answer.ts'
import { StreamsDraft } from './streams-draft.ts'
import { StreamsGroup } from './streams-group.ts'
import { JOIN_EPOCH } from './streams-member.ts'

export interface StreamsRequestsOptions {
  readonly route: Route
  readonly topics: () => GroupTopics
}

export class StreamsRequests {
  readonly #options: StreamsRequestsOptions

  constructor(options: StreamsRequestsOptions) {
    this.#options = options
  }

  async heartbeat(request: StreamsGroupHeartbeatRequest, context: RequestContext): Promise<HeartbeatAnswer> {
    const refusal = refusalOf(request)
    if (refusal !== null) return refusedAnswer(refusal.errorCode, refusal.errorMessage)
    const { apiVersion, clientId, clientHost } = context
    const heartbeat = { request, apiVersion, clientId, clientHost }
    const asked = await ask<HeartbeatAnswer>(this.#options.route, request.groupId, (asked) =>
      streamsHeartbeat(asked, heartbeat),
    )
    return 'errorCode' in asked ? refusedAnswer(asked.errorCode, null) : asked.value
  }

  describe(request: StreamsGroupDescribeRequest): Init<typeof StreamsGroupDescribeResponse> {
    const description = request.includeTopologyDescription ? 'wanted' : 'not wanted'
    return { groups: request.groupIds.map((groupId) => this.#describe(groupId, description)) }
  }

  #describe(groupId: string, description: 'wanted' | 'not wanted'): StreamsDescription {
    if (groupId === '') return { groupId, errorCode: ErrorCode.INVALID_GROUP_ID }
    const found = this.#options.route(groupId)
    if ('errorCode' in found) return { groupId, errorCode: found.errorCode }
    const topics = this.#options.topics()
    return found.partition.query((shard, offset) => {
      const group = shard.groups.getAt(groupId, offset)
      if (group?.kind === 'streams') return describeStreamsGroup(group, { offset, topics, description })
      return { groupId, errorCode: ErrorCode.GROUP_ID_NOT_FOUND, errorMessage: notFound(groupId, group) }
    })
  }
}

/** `other`: the group of another type that has the id. */
function notFound(groupId: string, other: Group | undefined): string {
  return other === undefined ? `Group ${groupId} not found.` : `Group ${groupId} is not a streams group.`
}

function notThere({ groupId, memberEpoch }: StreamsGroupHeartbeatRequest, other: Group | undefined): string {
  return other === undefined && memberEpoch > JOIN_EPOCH
    ? `Streams group ${groupId} not found.`
    : notFound(groupId, other)
}

function refusedAnswer(errorCode: number, errorMessage: string | null): HeartbeatAnswer {
  return { response: { errorCode, errorMessage, status: [] }, missingTopics: [] }
}

/** Replies a {@link HeartbeatAnswer}. A refused heartbeat changes nothing. */
function streamsHeartbeat({ shard, token, now }: Asked, heartbeat: Heartbeat): GroupDecision {
  const { groupId } = heartbeat.request
  const turn = shard.turn(now)
  const group = groupOf(shard, heartbeat.request, turn)
  const outcome =
    group === undefined
      ? {
          errorCode: ErrorCode.GROUP_ID_NOT_FOUND,
          errorMessage: notThere(heartbeat.request, shard.groups.get(groupId)),
        }
      : decideStreamsHeartbeat(new StreamsDraft(group, turn), heartbeat)
  if ('answer' in outcome) {
    turn.reply(token, outcome.answer)
    return turn.decision()
  }
  const unchanged = shard.turn(now)
  unchanged.reply(token, refusedAnswer(outcome.errorCode, outcome.errorMessage))
  return unchanged.decision()
}

/** Who joins makes the group, also in place of a classic one without members: its offsets stay. */
function groupOf(
  shard: GroupShard,
  { groupId, memberEpoch }: StreamsGroupHeartbeatRequest,
  turn: Turn,
): StreamsGroup | undefined {
  const group = shard.groups.get(groupId)
  if (group?.kind === 'streams') return group
  if (memberEpoch !== JOIN_EPOCH) return undefined
  if (group === undefined) return new StreamsGroup(shard.registry, groupId)
  if (group.kind !== 'classic' || !group.isEmpty) return undefined
  turn.write({ kind: 'group', groupId, group: null })
  return new StreamsGroup(shard.registry, groupId)
}
