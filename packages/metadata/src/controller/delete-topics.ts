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
import type { ControllerView, Outcome, RequestInput } from './controller-view.ts'
import { isOverQuota, OVER_QUOTA } from './mutation-quota.ts'

type TopicResult = DeleteTopicsResponse['responses'][number]

/** A topic as the request names it: by name, by id, or wrongly by both. */
interface NamedTopic {
  readonly name: string | null
  readonly topicId: string
}

export function deleteTopics(
  view: ControllerView,
  request: DeleteTopicsRequest,
  input: RequestInput,
): Outcome<DeleteTopicsResponse> {
  const named: NamedTopic[] = [...request.topics, ...request.topicNames.map((name) => ({ name, topicId: ZERO_UUID }))]
  const repeated = repeatedTopics(view, named)
  const records: MetadataRecord[] = []
  const responses: TopicResult[] = []
  const answered = new Set<string>()
  for (const topic of named) {
    const key = keyOf(topic)
    if (answered.has(key)) continue
    answered.add(key)
    const found = repeated.has(key) ? repeated.get(key) : find(view, topic)
    if (found === undefined) continue
    if ('errorCode' in found) {
      responses.push(found)
      continue
    }
    if (isOverQuota(input, found.partitions.length)) {
      const { code: errorCode, message: errorMessage } = OVER_QUOTA
      responses.push({ name: found.name, topicId: found.id, errorCode, errorMessage })
      continue
    }
    records.push(removeTopicRecord(found.id))
    responses.push({ name: found.name, topicId: found.id, errorCode: ErrorCode.NONE, errorMessage: null })
  }
  return { response: { throttleTimeMs: 0, responses }, records }
}

function keyOf({ name, topicId }: NamedTopic): string {
  return `${name}\u0000${topicId}`
}

/**
 * Answers for topics that are named twice. One that is named by name and by id is not deleted, and answered once: under its name;
 * nothing (undefined) is answered under its id.
 */
function repeatedTopics({ image }: ControllerView, named: readonly NamedTopic[]): Map<string, TopicResult | undefined> {
  const results = new Map<string, TopicResult | undefined>()
  const seen = new Set<string>()
  for (const topic of named) {
    const key = keyOf(topic)
    if (seen.has(key)) {
      const message = `Duplicate topic ${topic.name === null ? 'id' : 'name'}.`
      results.set(key, failed(topic, ErrorCode.INVALID_REQUEST, message))
    }
    seen.add(key)
  }
  for (const { name, topicId } of named) {
    const id = name === null || topicId !== ZERO_UUID ? undefined : image.topics.byName(name)?.id
    const byId = { name: null, topicId: id ?? ZERO_UUID }
    if (id === undefined || !seen.has(keyOf(byId))) continue
    const message = 'The provided topic name maps to an ID that was already supplied.'
    results.set(keyOf({ name, topicId }), failed({ name, topicId: id }, ErrorCode.INVALID_REQUEST, message))
    results.set(keyOf(byId), undefined)
  }
  return results
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
