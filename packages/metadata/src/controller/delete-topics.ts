/** DeleteTopics (20), by name and, from version 6 on, by id. A topic's settings go with it. */
import {
  type DeleteTopicsRequest,
  type DeleteTopicsResponse,
  ErrorCode,
  errorOf,
  type MetadataRecord,
  ZERO_UUID,
} from '@ottla/protocol'
import type { TopicImage } from '../image/topics-image.ts'
import { removeTopicRecord } from '../records/make-record.ts'
import type { ControllerView, Outcome } from './controller-view.ts'

type TopicResult = DeleteTopicsResponse['responses'][number]

/** A topic as the request names it: by name, by id, or wrongly by both. */
interface NamedTopic {
  readonly name: string | null
  readonly topicId: string
}

export function deleteTopics(view: ControllerView, request: DeleteTopicsRequest): Outcome<DeleteTopicsResponse> {
  const named: NamedTopic[] = [...request.topics, ...request.topicNames.map((name) => ({ name, topicId: ZERO_UUID }))]
  const repeated = repeatedTopics(view, named)
  const records: MetadataRecord[] = []
  const responses: TopicResult[] = []
  const answered = new Set<string>()
  for (const topic of named) {
    const key = `${topic.name}\u0000${topic.topicId}`
    if (answered.has(key)) continue
    answered.add(key)
    const found = repeated.get(key) ?? find(view, topic)
    if ('errorCode' in found) {
      responses.push(found)
      continue
    }
    records.push(removeTopicRecord(found.id))
    responses.push({ name: found.name, topicId: found.id, errorCode: ErrorCode.NONE, errorMessage: null })
  }
  return { response: { throttleTimeMs: 0, responses }, records }
}

/** Names and ids that are given twice, also one as name and once as id. */
function repeatedTopics({ image }: ControllerView, named: readonly NamedTopic[]): Map<string, TopicResult> {
  const errors = new Map<string, TopicResult>()
  const seen = new Set<string>()
  const ids = new Set<string>()
  for (const topic of named) {
    const key = `${topic.name}\u0000${topic.topicId}`
    const id = topic.topicId === ZERO_UUID ? image.topics.byName(topic.name ?? '')?.id : topic.topicId
    if (seen.has(key)) {
      errors.set(
        key,
        failed(topic, ErrorCode.INVALID_REQUEST, `Duplicate topic ${topic.name === null ? 'id' : 'name'}.`),
      )
    } else if (id !== undefined && ids.has(id)) {
      const message = 'The provided topic name maps to an ID that was already supplied.'
      errors.set(key, failed(topic, ErrorCode.INVALID_REQUEST, message))
    }
    seen.add(key)
    if (id !== undefined) ids.add(id)
  }
  return errors
}

function find({ image, config }: ControllerView, topic: NamedTopic): TopicImage | TopicResult {
  if (!config.boolean('delete.topic.enable')) return failed(topic, ErrorCode.TOPIC_DELETION_DISABLED)
  if (topic.name !== null && topic.topicId !== ZERO_UUID) {
    return failed(topic, ErrorCode.INVALID_REQUEST, 'You may not specify both topic name and topic id.')
  }
  if (topic.name !== null) {
    return image.topics.byName(topic.name) ?? failed(topic, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
  }
  if (topic.topicId === ZERO_UUID) {
    return failed(topic, ErrorCode.INVALID_REQUEST, 'Neither topic name nor id were specified.')
  }
  return image.topics.byId(topic.topicId) ?? failed(topic, ErrorCode.UNKNOWN_TOPIC_ID)
}

function failed({ name, topicId }: NamedTopic, code: number, message = errorOf(code).message): TopicResult {
  return { name, topicId, errorCode: code, errorMessage: message }
}
