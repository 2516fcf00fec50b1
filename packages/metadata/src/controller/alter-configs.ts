/**
 * AlterConfigs (33) and IncrementalAlterConfigs (44): dynamic settings of topics, brokers, the brokers' common default,
 * groups and client metrics subscriptions. Every resource stands for itself: one that fails keeps no other back.
 */
import {
  brokerKeys,
  type ConfigKey,
  clientMetricsConfigProblem,
  clientMetricsKeys,
  dynamicBrokerConfigProblem,
  formatValue,
  groupConfigProblem,
  groupKeys,
  topicConfigProblem,
  topicKeys,
} from '@ottla/config'
import {
  type AlterConfigsRequest,
  type AlterConfigsResponse,
  ErrorCode,
  type IncrementalAlterConfigsRequest,
  type IncrementalAlterConfigsResponse,
  type MetadataRecord,
} from '@ottla/protocol'
import { type ConfigResource, ConfigResourceType, type ConfigTexts } from '../image/configs-image.ts'
import { resourceKey } from '../image/metadata-delta.ts'
import { configRecord } from '../records/make-record.ts'
import type { ControllerView, Outcome } from './controller-view.ts'
import { topicNameProblem } from './topic-name.ts'

/** What a request does to one setting, as the protocol numbers it. */
export const AlterConfigOp = { SET: 0, DELETE: 1, APPEND: 2, SUBTRACT: 3 } as const

interface Change {
  readonly name: string
  readonly operation: number
  readonly value: string | null
}

interface Alteration {
  readonly resource: ConfigResource
  readonly changes: readonly Change[]
  /** `replace`: what is not named goes back to its default. */
  readonly kind: 'incremental' | 'replace'
}

interface ConfigError {
  readonly code: number
  readonly message: string
}

export function incrementalAlterConfigs(
  view: ControllerView,
  request: IncrementalAlterConfigsRequest,
): Outcome<IncrementalAlterConfigsResponse> {
  const alterations = request.resources.map(({ resourceType, resourceName, configs }) => ({
    resource: { type: resourceType, name: resourceName },
    changes: configs.map(({ name, configOperation, value }) => ({ name, operation: configOperation, value })),
    kind: 'incremental' as const,
  }))
  return alter(view, alterations, request.validateOnly ? 'validate' : 'write')
}

export function alterConfigs(view: ControllerView, request: AlterConfigsRequest): Outcome<AlterConfigsResponse> {
  const alterations = request.resources.map(({ resourceType, resourceName, configs }) => ({
    resource: { type: resourceType, name: resourceName },
    changes: configs.map(({ name, value }) => ({ name, operation: AlterConfigOp.SET, value })),
    kind: 'replace' as const,
  }))
  return alter(view, alterations, request.validateOnly ? 'validate' : 'write')
}

function alter(
  view: ControllerView,
  alterations: readonly Alteration[],
  effect: 'write' | 'validate',
): Outcome<IncrementalAlterConfigsResponse> {
  const counts = new Map<string, number>()
  for (const { resource } of alterations) {
    counts.set(resourceKey(resource), (counts.get(resourceKey(resource)) ?? 0) + 1)
  }
  const records: MetadataRecord[] = []
  const responses: IncrementalAlterConfigsResponse['responses'][number][] = []
  for (const alteration of alterations) {
    const { resource } = alteration
    const isRepeated = (counts.get(resourceKey(resource)) ?? 0) > 1
    const outcome = isRepeated
      ? { code: ErrorCode.INVALID_REQUEST, message: 'Each resource must appear at most once.' }
      : alterOne(view, alteration)
    const isError = 'code' in outcome
    if (!isError) records.push(...outcome.records)
    responses.push({
      errorCode: isError ? outcome.code : ErrorCode.NONE,
      errorMessage: isError ? outcome.message : null,
      resourceType: resource.type,
      resourceName: resource.name,
    })
  }
  return { response: { throttleTimeMs: 0, responses }, records: effect === 'write' ? records : [] }
}

function alterOne(
  view: ControllerView,
  alteration: Alteration,
): ConfigError | { readonly records: readonly MetadataRecord[] } {
  const { resource, changes } = alteration
  const error = resourceError(view, resource) ?? changesError(changes)
  if (error !== null) return error
  const before = view.image.configs.of(resource.type, resource.name)
  const after = alteration.kind === 'replace' ? replaced(changes) : incremented(resource, before, changes)
  if ('code' in after) return after
  const problem = textsError(view, resource, after)
  if (problem !== null) return problem
  const records: MetadataRecord[] = []
  for (const name of before.keys()) if (!after.has(name)) records.push(configRecord(resource, name, null))
  for (const [name, text] of after) if (before.get(name) !== text) records.push(configRecord(resource, name, text))
  return { records }
}

function resourceError({ image }: ControllerView, { type, name }: ConfigResource): ConfigError | null {
  const invalid = (message: string): ConfigError => ({ code: ErrorCode.INVALID_REQUEST, message })
  switch (type) {
    case ConfigResourceType.TOPIC: {
      if (name === '') return invalid('Default topic resources are not allowed.')
      const problem = topicNameProblem(name)
      if (problem !== null) return { code: ErrorCode.INVALID_TOPIC_EXCEPTION, message: problem }
      if (image.topics.byName(name) !== undefined) return null
      return { code: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, message: `The topic '${name}' does not exist.` }
    }
    case ConfigResourceType.BROKER:
      if (name === '') return null
      if (!/^-?[0-9]+$/.test(name)) return invalid(`Node id must be an integer, but it is: ${name}`)
      if (image.brokers.has(Number(name))) return null
      return { code: ErrorCode.BROKER_ID_NOT_REGISTERED, message: `No node with id ${name} found.` }
    case ConfigResourceType.GROUP:
      return name === '' ? invalid('Default group resources are not allowed.') : null
    case ConfigResourceType.CLIENT_METRICS:
      return name === '' ? invalid("Subscription name can't be empty") : null
    default:
      return invalid(`Unknown resource type ${type}`)
  }
}

function changesError(changes: readonly Change[]): ConfigError | null {
  const names = new Set(changes.map(({ name }) => name))
  if (names.size !== changes.length) {
    return { code: ErrorCode.INVALID_REQUEST, message: 'Error due to duplicate config keys' }
  }
  const nulls = changes.filter(({ operation, value }) => operation !== AlterConfigOp.DELETE && value === null)
  if (nulls.length === 0) return null
  const message = `Null value not supported for : ${nulls.map(({ name }) => name).join(', ')}`
  return { code: ErrorCode.INVALID_REQUEST, message }
}

function replaced(changes: readonly Change[]): ConfigTexts {
  return new Map(changes.map(({ name, value }) => [name, value ?? '']))
}

function incremented(
  resource: ConfigResource,
  before: ConfigTexts,
  changes: readonly Change[],
): ConfigTexts | ConfigError {
  const after = new Map(before)
  for (const { name, operation, value } of changes) {
    const key = keyOf(resource, name)
    if (operation === AlterConfigOp.SET) after.set(name, value ?? '')
    else if (operation === AlterConfigOp.DELETE) after.delete(name)
    else if (operation !== AlterConfigOp.APPEND && operation !== AlterConfigOp.SUBTRACT) {
      const word = resource.type === ConfigResourceType.BROKER ? 'operations' : 'config operation'
      return { code: ErrorCode.INVALID_REQUEST, message: `Unknown ${word} type ${operation}` }
    } else if (key?.type !== 'list' || resource.type === ConfigResourceType.CLIENT_METRICS) {
      return { code: ErrorCode.INVALID_CONFIG, message: notListMessage(resource, name, operation) }
    } else {
      const items = itemsOf(after.get(name) ?? formatValue('list', key.default) ?? '')
      const given = itemsOf(value ?? '')
      const result =
        operation === AlterConfigOp.APPEND
          ? [...items, ...given.filter((item) => !items.includes(item))]
          : items.filter((item) => !given.includes(item))
      after.set(name, result.join(','))
    }
  }
  return after
}

/** Kafka takes the lists of client metrics for no lists. */
function notListMessage({ type }: ConfigResource, name: string, operation: number): string {
  const word = operation === AlterConfigOp.APPEND ? 'append' : 'subtract'
  if (type !== ConfigResourceType.BROKER)
    return `Can't ${word.toUpperCase()} to key ${name} because its type is not LIST.`
  return brokerKeys.has(name)
    ? `Config value ${word} is not allowed for config key: ${name}`
    : `Unknown config name: ${name}`
}

function clientMetricsError(texts: ConfigTexts): ConfigError | null {
  const problem = clientMetricsConfigProblem(texts)
  if (problem === null) return null
  const code = problem.kind === 'request' ? ErrorCode.INVALID_REQUEST : ErrorCode.INVALID_CONFIG
  return { code, message: problem.message }
}

function itemsOf(text: string): string[] {
  return text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '')
}

function keyOf({ type }: ConfigResource, name: string): ConfigKey | undefined {
  if (type === ConfigResourceType.TOPIC) return topicKeys.get(name)
  if (type === ConfigResourceType.BROKER) return brokerKeys.get(name)
  return type === ConfigResourceType.GROUP ? groupKeys.get(name) : clientMetricsKeys.get(name)
}

function textsError(
  { config }: ControllerView,
  { type, name }: ConfigResource,
  texts: ConfigTexts,
): ConfigError | null {
  const refuse = (message: string | null, code: number = ErrorCode.INVALID_CONFIG): ConfigError | null =>
    message === null ? null : { code, message }
  switch (type) {
    case ConfigResourceType.TOPIC:
      return refuse(topicConfigProblem(texts, config))
    case ConfigResourceType.GROUP:
      return refuse(groupConfigProblem(texts, config))
    case ConfigResourceType.CLIENT_METRICS:
      return clientMetricsError(texts)
    default: {
      const problem = dynamicBrokerConfigProblem(texts, { scope: name === '' ? 'cluster-default' : 'broker', config })
      return refuse(problem, ErrorCode.INVALID_REQUEST)
    }
  }
}
