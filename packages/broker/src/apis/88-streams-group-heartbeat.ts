/**
 * StreamsGroupHeartbeat (key 88), versions 0 and 1.
 *
 * A member of a streams group (KIP-1071) joins with its topology, lives, takes tasks over and gives them up, leaves. Internal topics that the topology needs
 * are made on its behalf. v1: the recovery lag as 64 bits, and the status that client tags are missing.
 */

import { streamsTopicNames } from '@ottla/coordinator'
import { topicNameProblem } from '@ottla/metadata'
import { ErrorCode, type Init, StreamsGroupHeartbeatRequest, StreamsGroupHeartbeatResponse } from '@ottla/protocol'
import { groupRequest } from '../groups/group-request.ts'
import { INTERNAL_TOPICS } from '../internal-topics.ts'
import { requireStreamsGroups } from '../streams/streams-groups-enabled.ts'
import { defineApi } from './handler.ts'

type Response = Init<typeof StreamsGroupHeartbeatResponse>

/** Of a status: internal topics are missing. */
const MISSING_INTERNAL_TOPICS = 3

export const streamsGroupHeartbeat = defineApi({
  key: 88,
  request: StreamsGroupHeartbeatRequest,
  response: StreamsGroupHeartbeatResponse,
  async handle(context, request) {
    const { broker } = context
    requireStreamsGroups(broker)
    const problem = request.topology === null ? null : topicProblem(streamsTopicNames(request.topology))
    if (problem !== null) return { errorCode: ErrorCode.STREAMS_INVALID_TOPOLOGY, errorMessage: problem, status: [] }
    const { response, missingTopics } = await broker.groups.coordinator.streamsGroupHeartbeat(
      request,
      groupRequest(context),
    )
    if (missingTopics.length === 0) return response
    return withFailures(response, broker.streamsTopics.create(context, missingTopics))
  },
})

function topicProblem(names: readonly string[]): string | null {
  const internal = names.filter((name) => INTERNAL_TOPICS.has(name))
  if (internal.length > 0)
    return `Use of Kafka internal topics ${internal.join(',')} in a Kafka Streams topology is prohibited.`
  const invalid = names.filter((name) => topicNameProblem(name) !== null)
  return invalid.length > 0 ? `Topic names ${invalid.join(',')} are not valid topic names.` : null
}

function withFailures(response: Response, failures: ReadonlyMap<string, string>): Response {
  if (failures.size === 0) return response
  const reasons = [...failures].map(([topic, reason]) => `${topic} (${reason})`).join(', ')
  const status = (response.status ?? []).map((each) =>
    each.statusCode === MISSING_INTERNAL_TOPICS
      ? { ...each, statusDetail: `${each.statusDetail}; Creation failed: ${reasons}.` }
      : each,
  )
  return { ...response, status }
}
