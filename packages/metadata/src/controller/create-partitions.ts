/** CreatePartitions (37): a topic gets more partitions, on brokers of the controller's choice or of the request's. */
import {
  type CreatePartitionsRequest,
  type CreatePartitionsResponse,
  ErrorCode,
  errorOf,
  type MetadataRecord,
} from '@ottla/protocol'
import type { TopicImage } from '../image/topics-image.ts'
import { partitionRecord } from '../records/make-record.ts'
import { ITEMS_PER_STEP, type Steps } from '../steps.ts'
import { assignedPartitions, type NewPartitions, placedPartitions } from './assignment.ts'
import { type ControllerView, levelOf, type Outcome, type RequestInput } from './controller-view.ts'
import { PARTITIONS_PER_REQUEST_MAX } from './create-topics.ts'
import { isOverQuota, OVER_QUOTA } from './mutation-quota.ts'

type TopicRequest = CreatePartitionsRequest['topics'][number]

export function* createPartitions(
  view: ControllerView,
  request: CreatePartitionsRequest,
  input: RequestInput,
): Steps<Outcome<CreatePartitionsResponse>> {
  const counts = new Map<string, number>()
  for (const { name } of request.topics) counts.set(name, (counts.get(name) ?? 0) + 1)
  const records: MetadataRecord[] = []
  const results: CreatePartitionsResponse['results'][number][] = []
  for (const [index, topicRequest] of request.topics.entries()) {
    const { name } = topicRequest
    if (results.some((result) => result.name === name)) continue
    const outcome =
      (counts.get(name) ?? 0) > 1
        ? refuse(ErrorCode.INVALID_REQUEST, 'Duplicate topic name.')
        : yield* addPartitions(view, topicRequest, {
            seed: input.seed + index,
            room: PARTITIONS_PER_REQUEST_MAX - records.length,
          })
    if ('error' in outcome) {
      results.push({ name, errorCode: outcome.error.code, errorMessage: outcome.error.message })
      continue
    }
    if (isOverQuota(input, outcome.partitions.length)) {
      results.push({ name, errorCode: OVER_QUOTA.code, errorMessage: OVER_QUOTA.message })
      continue
    }
    results.push({ name, errorCode: ErrorCode.NONE, errorMessage: null })
    const { topic, partitions } = outcome
    for (const [offset, partition] of partitions.entries()) {
      if (offset > 0 && offset % ITEMS_PER_STEP === 0) yield
      records.push(partitionRecord(levelOf(view), topic.id, topic.partitions.length + offset, partition))
    }
  }
  return { response: { throttleTimeMs: 0, results }, records: request.validateOnly ? [] : records }
}

type Refusal = Extract<NewPartitions, { readonly error: unknown }>

function refuse(code: number, message = errorOf(code).message): Refusal {
  return { error: { code, message } }
}

function* addPartitions(
  view: ControllerView,
  { name, count, assignments }: TopicRequest,
  { seed, room }: { readonly seed: number; readonly room: number },
): Steps<
  | Refusal
  | {
      readonly topic: TopicImage
      readonly partitions: Extract<NewPartitions, { readonly partitions: unknown }>['partitions']
    }
> {
  const topic = view.image.topics.byName(name)
  if (topic === undefined) return refuse(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
  const existing = topic.partitions.length
  const additional = count - existing
  if (additional === 0) return refuse(ErrorCode.INVALID_PARTITIONS, `Topic already has ${existing} partition(s).`)
  if (additional < 0) {
    const message = `The topic ${name} currently has ${existing} partition(s); ${count} would not be an increase.`
    return refuse(ErrorCode.INVALID_PARTITIONS, message)
  }
  if (additional > room)
    return refuse(ErrorCode.POLICY_VIOLATION, 'Excessively large number of partitions per request.')
  if (assignments !== null && assignments.length !== additional) {
    const message = `Attempted to add ${additional} additional partition(s), but only ${assignments.length} assignment(s) were specified.`
    return refuse(ErrorCode.INVALID_REPLICA_ASSIGNMENT, message)
  }
  const replicationFactor = topic.partitions[0]?.replicas.length ?? 1
  const place = { firstPartition: existing, replicationFactor }
  const created =
    assignments === null
      ? yield* placedPartitions(view, { ...place, partitions: additional, seed })
      : yield* assignedPartitions(
          view,
          assignments.map(({ brokerIds }) => brokerIds),
          place,
        )
  return 'error' in created ? created : { topic, partitions: created.partitions }
}
