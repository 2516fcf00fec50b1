/** CreateTopics (19): names, settings and replica lists are checked topic by topic; the good ones are created in one batch. */
import { type BrokerConfig, describeTopic, effectiveTopicConfig, topicConfigProblem } from '@ottla/config'
import {
  type CreateTopicsRequest,
  type CreateTopicsResponse,
  ErrorCode,
  type MetadataRecord,
  ZERO_UUID,
} from '@ottla/protocol'
import { assert } from '@ottla/stdx'
import { ConfigResourceType } from '../image/configs-image.ts'
import { configRecord, partitionRecord, topicRecord } from '../records/make-record.ts'
import { ITEMS_PER_STEP, type Steps } from '../steps.ts'
import { assignedPartitions, type NewPartitions, placedPartitions, type TopicError } from './assignment.ts'
import { type ControllerView, levelOf, type Outcome, type RequestInput } from './controller-view.ts'
import { isOverQuota, OVER_QUOTA } from './mutation-quota.ts'
import { collisionKey, topicNameProblem } from './topic-name.ts'

type CreatableTopic = CreateTopicsRequest['topics'][number]
type TopicResult = CreateTopicsResponse['topics'][number]

/** More at once would make a batch that takes too long to write and to read. */
export const PARTITIONS_PER_REQUEST_MAX = 10_000

const METADATA_TOPIC = '__cluster_metadata'

export function* createTopics(
  view: ControllerView,
  request: CreateTopicsRequest,
  input: RequestInput,
): Steps<Outcome<CreateTopicsResponse>> {
  const nameErrors = findNameErrors(view, request.topics)
  const records: MetadataRecord[] = []
  const results: TopicResult[] = []
  let partitions = 0
  const answered = new Set<string>()
  for (const [index, topic] of request.topics.entries()) {
    if (answered.has(topic.name)) continue
    answered.add(topic.name)
    const outcome = nameErrors.get(topic.name) ?? (yield* createTopic(view, topic, { input, index, partitions }))
    if ('code' in outcome) {
      results.push(failed(topic.name, outcome))
      continue
    }
    partitions += outcome.result.numPartitions
    for (const record of outcome.records) records.push(record)
    results.push(request.validateOnly ? { ...outcome.result, topicId: ZERO_UUID } : outcome.result)
  }
  return { response: { throttleTimeMs: 0, topics: results }, records: request.validateOnly ? [] : records }
}

/** Errors that are seen before a topic is looked at by itself: duplicates, illegal names, collisions, existing topics. */
function findNameErrors(view: ControllerView, topics: readonly CreatableTopic[]): Map<string, TopicError> {
  const errors = new Map<string, TopicError>()
  const seen = new Set<string>()
  const collisions = topics.some(({ name }) => /[._]/.test(name)) ? collisionNames(view) : new Map<string, string>()
  for (const { name } of topics) {
    if (seen.has(name)) errors.set(name, { code: ErrorCode.INVALID_REQUEST, message: 'Duplicate topic name.' })
    if (seen.has(name)) continue
    seen.add(name)
    const error = nameError(view, name, collisions)
    if (error !== null) errors.set(name, error)
    else if (!collisions.has(collisionKey(name))) collisions.set(collisionKey(name), name)
  }
  return errors
}

function nameError(view: ControllerView, name: string, collisions: ReadonlyMap<string, string>): TopicError | null {
  if (name === METADATA_TOPIC) {
    return { code: ErrorCode.TOPIC_AUTHORIZATION_FAILED, message: 'Authorization failed.' }
  }
  const problem = topicNameProblem(name)
  if (problem !== null) return { code: ErrorCode.INVALID_TOPIC_EXCEPTION, message: problem }
  if (view.image.topics.byName(name) !== undefined) {
    return { code: ErrorCode.TOPIC_ALREADY_EXISTS, message: `Topic '${name}' already exists.` }
  }
  const other = collisions.get(collisionKey(name))
  if (other === undefined || other === name) return null
  return { code: ErrorCode.INVALID_TOPIC_EXCEPTION, message: `Topic '${name}' collides with existing topic: ${other}` }
}

function collisionNames({ image }: ControllerView): Map<string, string> {
  const names = new Map<string, string>()
  for (const { name } of image.topics.all()) if (/[._]/.test(name)) names.set(collisionKey(name), name)
  return names
}

interface Place {
  readonly input: RequestInput
  /** Of the topic in the request. */
  readonly index: number
  /** That the topics before it have. */
  readonly partitions: number
}

function* createTopic(
  view: ControllerView,
  topic: CreatableTopic,
  { input, index, partitions: before }: Place,
): Steps<
  TopicError | typeof OVER_QUOTA | { readonly records: readonly MetadataRecord[]; readonly result: TopicResult }
> {
  const configs = readConfigs(view, topic)
  if ('code' in configs) return configs
  const created = yield* partitionsOf(view, topic, input.seed + index)
  if ('error' in created) return created.error
  const { partitions } = created
  if (before + partitions.length > PARTITIONS_PER_REQUEST_MAX) {
    return { code: ErrorCode.POLICY_VIOLATION, message: 'Excessively large number of partitions per request.' }
  }
  if (isOverQuota(input, partitions.length)) return OVER_QUOTA
  const topicId = input.uuids[index]
  assert(topicId !== undefined, 'there is a uuid for each topic')
  const resource = { type: ConfigResourceType.TOPIC, name: topic.name }
  const records = [topicRecord(topic.name, topicId)]
  for (const [name, value] of configs) records.push(configRecord(resource, name, value))
  for (const [id, partition] of partitions.entries()) {
    if (id > 0 && id % ITEMS_PER_STEP === 0) yield
    records.push(partitionRecord(levelOf(view), topicId, id, partition))
  }
  const replicationFactor = partitions[0]?.replicas.length ?? 0
  return {
    records,
    result: {
      name: topic.name,
      topicId,
      errorCode: ErrorCode.NONE,
      errorMessage: null,
      topicConfigErrorCode: ErrorCode.NONE,
      numPartitions: partitions.length,
      replicationFactor,
      configs: describedConfigs(view, configs),
    },
  }
}

function readConfigs(view: ControllerView, topic: CreatableTopic): Map<string, string> | TopicError {
  const texts = new Map<string, string>()
  const nulls = topic.configs.filter(({ value }) => value === null).map(({ name }) => name)
  if (nulls.length > 0) {
    return { code: ErrorCode.INVALID_CONFIG, message: `Null value not supported for topic configs: ${nulls.join(',')}` }
  }
  for (const { name, value } of topic.configs) if (value !== null) texts.set(name, value)
  const problem = topicConfigProblem(texts, view.config)
  return problem === null ? texts : { code: ErrorCode.INVALID_CONFIG, message: problem }
}

function partitionsOf(view: ControllerView, topic: CreatableTopic, seed: number): Steps<NewPartitions> {
  return topic.assignments.length > 0 ? manualPartitions(view, topic) : chosenPartitions(view, topic, seed)
}

function* manualPartitions(view: ControllerView, topic: CreatableTopic): Steps<NewPartitions> {
  const error = (code: number, message: string) => ({ error: { code, message } })
  if (topic.replicationFactor !== -1) {
    const message = 'A manual partition assignment was specified, but replication factor was not set to -1.'
    return error(ErrorCode.INVALID_REQUEST, message)
  }
  if (topic.numPartitions !== -1) {
    const message = 'A manual partition assignment was specified, but numPartitions was not set to -1.'
    return error(ErrorCode.INVALID_REQUEST, message)
  }
  const byIndex = new Map<number, readonly number[]>()
  for (const { partitionIndex, brokerIds } of topic.assignments) {
    if (byIndex.has(partitionIndex)) {
      const message = `Found multiple manual partition assignments for partition ${partitionIndex}`
      return error(ErrorCode.INVALID_REPLICA_ASSIGNMENT, message)
    }
    byIndex.set(partitionIndex, brokerIds)
  }
  const assignments: (readonly number[])[] = []
  for (let index = 0; index < byIndex.size; index += 1) {
    const replicas = byIndex.get(index)
    if (replicas === undefined) {
      const message = 'partitions should be a consecutive 0-based integer sequence'
      return error(ErrorCode.INVALID_REPLICA_ASSIGNMENT, message)
    }
    assignments.push(replicas)
  }
  return yield* assignedPartitions(view, assignments, { firstPartition: 0 })
}

function* chosenPartitions(view: ControllerView, topic: CreatableTopic, seed: number): Steps<NewPartitions> {
  if (topic.replicationFactor < -1 || topic.replicationFactor === 0) {
    const message = 'Replication factor must be larger than 0, or -1 to use the default value.'
    return { error: { code: ErrorCode.INVALID_REPLICATION_FACTOR, message } }
  }
  if (topic.numPartitions < -1 || topic.numPartitions === 0) {
    const message = 'Number of partitions was set to an invalid non-positive value.'
    return { error: { code: ErrorCode.INVALID_PARTITIONS, message } }
  }
  const partitions = topic.numPartitions === -1 ? view.config.int('num.partitions') : topic.numPartitions
  if (partitions > PARTITIONS_PER_REQUEST_MAX) {
    const message = 'Excessively large number of partitions per request.'
    return { error: { code: ErrorCode.POLICY_VIOLATION, message } }
  }
  const replicationFactor =
    topic.replicationFactor === -1 ? view.config.int('default.replication.factor') : topic.replicationFactor
  return yield* placedPartitions(view, { firstPartition: 0, partitions, replicationFactor, seed })
}

/** Most topics set nothing, and their answers list the same settings. */
const describedDefaults = new WeakMap<BrokerConfig, TopicResult['configs']>()

function describedConfigs({ config }: ControllerView, texts: ReadonlyMap<string, string>): TopicResult['configs'] {
  const known = texts.size === 0 ? describedDefaults.get(config) : undefined
  if (known !== undefined) return known
  const described = describeTopic(config, effectiveTopicConfig(config, texts))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map(({ name, value, readOnly, source, isSensitive }) => ({
      name,
      value,
      readOnly,
      configSource: source,
      isSensitive,
    }))
  if (texts.size === 0) describedDefaults.set(config, described)
  return described
}

function failed(
  name: string,
  { code, message }: { readonly code: number; readonly message: string | null },
): TopicResult {
  return {
    name,
    topicId: ZERO_UUID,
    errorCode: code,
    errorMessage: message,
    topicConfigErrorCode: ErrorCode.NONE,
    numPartitions: -1,
    replicationFactor: -1,
    configs: [],
  }
}
