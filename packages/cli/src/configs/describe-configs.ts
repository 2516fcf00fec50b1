/** kafka-configs --describe: a title per entity, then its settings by name. */
import {
  type Admin,
  type ConfigEntry,
  ConfigResourceType,
  isBrokerError,
  resourceKey,
  type TopicListing,
  unwrap,
} from '@ottla/client'
import { ErrorCode } from '@ottla/protocol'
import { type Io, printLine } from '../io.ts'
import type { ParsedOptions } from '../options/parse-options.ts'
import { UsageError } from '../options/usage-error.ts'
import { javaMapOrder, stringHash } from '../shared/java-map-order.ts'
import type { ConfigEntity } from './config-entity.ts'

export interface ConfigCommand {
  readonly admin: Admin
  readonly options: ParsedOptions
  readonly io: Io
  readonly entity: ConfigEntity
}

const DEFAULTS_SOURCE = 'DYNAMIC_DEFAULT_BROKER_CONFIG'

export async function describeConfigs(command: ConfigCommand): Promise<void> {
  for (const name of await entityNames(command)) await describe(name, command)
}

/** The entity itself, or all of its kind. */
async function entityNames({ admin, entity }: ConfigCommand): Promise<string[]> {
  if (entity.name !== null) return [entity.name]
  switch (entity.kind.resourceType) {
    case ConfigResourceType.topic: {
      const names = (await admin.listTopics()).map(({ name }: TopicListing) => name)
      return javaMapOrder(names, stringHash)
    }
    case ConfigResourceType.broker:
    case ConfigResourceType.brokerLogger: {
      const ids = (await admin.describeCluster()).brokers.map(({ id }) => String(id))
      return entity.kind.resourceType === ConfigResourceType.broker ? [...ids, ''] : ids
    }
    case ConfigResourceType.group:
      return (await admin.listGroups()).map(({ group }) => group)
    default:
      return []
  }
}

async function describe(name: string, command: ConfigCommand): Promise<void> {
  const { admin, options, io, entity } = command
  const resource = { type: entity.kind.resourceType, name }
  if (await isMissingBroker(name, command)) {
    tellMissing(name, command)
    return
  }
  const outcomes = await admin.describeConfigs([resource], { includeSynonyms: true })
  const outcome = outcomes.get(resourceKey(resource))
  if (outcome?.kind === 'failed' && isBrokerError(outcome.error, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)) {
    tellMissing(name, command)
    return
  }
  if (outcome?.kind === 'failed' && isBrokerError(outcome.error, ErrorCode.INVALID_TOPIC_EXCEPTION)) {
    throw new UsageError(outcome.error.message, { showsOptions: false })
  }
  const entries = unwrap(outcome)
  const isAll = options.has('all') || entity.kind.source === null
  const source = name === '' ? DEFAULTS_SOURCE : entity.kind.source
  const shown = isAll ? entries : entries.filter((entry) => entry.source === source)
  const isNamedSubscription = entity.kind.resourceType === ConfigResourceType.clientMetrics && entity.name !== null
  if ((isNamedSubscription && shown.length === 0) || (await isMissingGroup(name, shown, command))) {
    tellMissing(name, command)
    return
  }
  printLine(io.stdout, title(name, command))
  for (const entry of [...shown].sort((a, b) => (a.name < b.name ? -1 : 1))) printLine(io.stdout, entryLine(entry))
}

/** It would have to answer for itself. */
async function isMissingBroker(name: string, { admin, entity }: ConfigCommand): Promise<boolean> {
  if (entity.kind.resourceType !== ConfigResourceType.broker || entity.name === null || name === '') return false
  return !(await admin.describeCluster()).brokers.some(({ id }) => String(id) === name)
}

/** Groups have settings before they have members: only one with neither is not there. */
async function isMissingGroup(name: string, shown: readonly ConfigEntry[], command: ConfigCommand): Promise<boolean> {
  const { admin, entity, options } = command
  if (entity.kind.resourceType !== ConfigResourceType.group || entity.name === null) return false
  if (options.has('all')) return false
  if (shown.some((entry) => entry.source === entity.kind.source)) return false
  return !(await admin.listGroups()).some(({ group }) => group === name)
}

function tellMissing(name: string, { io, entity }: ConfigCommand): void {
  printLine(io.stdout, `The ${entity.kind.singular} '${name}' doesn't exist and doesn't have dynamic config.`)
}

function title(name: string, { options, entity }: ConfigCommand): string {
  if (name === '') return `Default configs for ${entity.kind.plural} in the cluster are:`
  const which = options.has('all') ? 'All' : 'Dynamic'
  return `${which} configs for ${entity.kind.singular} ${name} are:`
}

function entryLine({ name, value, isSensitive, synonyms }: ConfigEntry): string {
  const list = synonyms.map((synonym) => `${synonym.source}:${synonym.name}=${synonym.value}`).join(', ')
  return `  ${name}=${value} sensitive=${isSensitive} synonyms={${list}}`
}
