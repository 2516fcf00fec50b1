/** Settings of topics, brokers, loggers, groups and metrics subscriptions. */
import { DESCRIBE_CONFIGS, INCREMENTAL_ALTER_CONFIGS, LIST_CONFIG_RESOURCES } from '../apis.ts'
import type { CallContext, Cluster, Target } from '../cluster/cluster.ts'
import { throwBrokerError } from '../errors.ts'
import { type Outcome, outcomeOf } from './outcome.ts'
import { checkController, type ValidateOnly } from './topics.ts'

/** Kinds of things that have settings, with their numbers on the wire. */
export const ConfigResourceType = {
  topic: 2,
  broker: 4,
  brokerLogger: 8,
  clientMetrics: 16,
  group: 32,
} as const

export type ConfigResourceType = (typeof ConfigResourceType)[keyof typeof ConfigResourceType]

export interface ConfigResource {
  readonly type: ConfigResourceType
  /** A broker's is its id; the empty text stands for all brokers. */
  readonly name: string
}

/** Where a value is from, in Kafka's words. */
export const CONFIG_SOURCES: Readonly<Record<number, string>> = {
  1: 'DYNAMIC_TOPIC_CONFIG',
  2: 'DYNAMIC_BROKER_CONFIG',
  3: 'DYNAMIC_DEFAULT_BROKER_CONFIG',
  4: 'STATIC_BROKER_CONFIG',
  5: 'DEFAULT_CONFIG',
  6: 'DYNAMIC_BROKER_LOGGER_CONFIG',
  7: 'DYNAMIC_CLIENT_METRICS_CONFIG',
  8: 'DYNAMIC_GROUP_CONFIG',
}

export interface ConfigSynonym {
  readonly name: string
  readonly value: string | null
  /** One of {@link CONFIG_SOURCES}, or UNKNOWN. */
  readonly source: string
}

export interface ConfigEntry extends ConfigSynonym {
  readonly isReadOnly: boolean
  /** The value of a sensitive setting is not told. */
  readonly isSensitive: boolean
  /** Where else the value could come from, best first. */
  readonly synonyms: readonly ConfigSynonym[]
  /** In Kafka's words: BOOLEAN, STRING, INT, …; UNKNOWN when the broker does not say. */
  readonly type: string
  /** Null when it was not asked for, or there is none. */
  readonly documentation: string | null
}

export interface DescribeConfigsOptions {
  /** Default: all settings. */
  readonly keys?: readonly string[] | undefined
  readonly includeSynonyms?: boolean | undefined
  readonly includeDocumentation?: boolean | undefined
}

export type ConfigChange =
  | { readonly kind: 'set'; readonly name: string; readonly value: string }
  /** Back to what lies below. */
  | { readonly kind: 'delete'; readonly name: string }
  /** To lists: adds elements. */
  | { readonly kind: 'append'; readonly name: string; readonly value: string }
  /** From lists: takes elements out. */
  | { readonly kind: 'subtract'; readonly name: string; readonly value: string }

/** By number on the wire. */
const CONFIG_TYPES = ['UNKNOWN', 'BOOLEAN', 'STRING', 'INT', 'SHORT', 'LONG', 'DOUBLE', 'LIST', 'CLASS', 'PASSWORD']
const DOCUMENTATION_SINCE = 3
const OPERATIONS = { set: 0, delete: 1, append: 2, subtract: 3 } as const

/** Key of a resource in the results: `type name`. */
export function resourceKey({ type, name }: ConfigResource): string {
  return `${type} ${name}`
}

/** Settings by {@link resourceKey}. */
export async function describeConfigs(
  cluster: Cluster,
  resources: readonly ConfigResource[],
  context: CallContext & DescribeConfigsOptions,
): Promise<Map<string, Outcome<ConfigEntry[]>>> {
  const results = new Map<string, Outcome<ConfigEntry[]>>()
  for (const [target, ofTarget] of byTarget(resources)) {
    const answer = await cluster.call(
      {
        target,
        api: DESCRIBE_CONFIGS,
        init: (version) => ({
          resources: ofTarget.map(({ type, name }) => ({
            resourceType: type,
            resourceName: name,
            configurationKeys: context.keys ?? null,
          })),
          includeSynonyms: context.includeSynonyms ?? false,
          ...(version >= DOCUMENTATION_SINCE ? { includeDocumentation: context.includeDocumentation ?? false } : {}),
        }),
        what: 'describe configs',
      },
      context,
    )
    for (const result of answer.results) {
      const type = result.resourceType as ConfigResourceType
      const entries = () =>
        result.configs.map((config) => ({
          name: config.name,
          value: config.value,
          source: sourceName(config.configSource),
          isReadOnly: config.readOnly,
          isSensitive: config.isSensitive,
          type: CONFIG_TYPES[config.configType] ?? 'UNKNOWN',
          documentation: config.documentation,
          synonyms: config.synonyms.map(({ name, value, source }) => ({ name, value, source: sourceName(source) })),
        }))
      results.set(resourceKey({ type, name: result.resourceName }), outcomeOf(result, {}, entries))
    }
  }
  return results
}

/** Changes single settings and leaves the others (KIP-339). Outcomes by {@link resourceKey}. */
export async function incrementalAlterConfigs(
  cluster: Cluster,
  changes: readonly { readonly resource: ConfigResource; readonly changes: readonly ConfigChange[] }[],
  context: CallContext & ValidateOnly,
): Promise<Map<string, Outcome<void>>> {
  const results = new Map<string, Outcome<void>>()
  const byKey = new Map(changes.map((change) => [resourceKey(change.resource), change.changes]))
  for (const [target, ofTarget] of byTarget(changes.map(({ resource }) => resource))) {
    const answer = await cluster.call(
      {
        target,
        api: INCREMENTAL_ALTER_CONFIGS,
        init: {
          resources: ofTarget.map((resource) => ({
            resourceType: resource.type,
            resourceName: resource.name,
            configs: byKey.get(resourceKey(resource))!.map((change) => ({
              name: change.name,
              configOperation: OPERATIONS[change.kind],
              value: change.kind === 'delete' ? null : change.value,
            })),
          })),
          validateOnly: context.validateOnly ?? false,
        },
        what: 'alter configs',
        check: ({ responses }) => checkController(responses),
      },
      context,
    )
    for (const result of answer.responses) {
      const resource = { type: result.resourceType as ConfigResourceType, name: result.resourceName }
      results.set(
        resourceKey(resource),
        outcomeOf(result, {}, () => undefined),
      )
    }
  }
  return results
}

/** Settings of one broker are told and changed by that broker alone; all others by any. */
function byTarget(resources: readonly ConfigResource[]): Map<Target, ConfigResource[]> {
  const elsewhere: ConfigResource[] = []
  const groups = new Map<Target, ConfigResource[]>()
  const byBroker = new Map<string, ConfigResource[]>()
  for (const resource of resources) {
    const isOfBroker = resource.type === ConfigResourceType.broker || resource.type === ConfigResourceType.brokerLogger
    if (!isOfBroker || resource.name === '') elsewhere.push(resource)
    else byBroker.set(resource.name, [...(byBroker.get(resource.name) ?? []), resource])
  }
  if (elsewhere.length > 0) groups.set({ kind: 'any' }, elsewhere)
  for (const [id, ofBroker] of byBroker) groups.set({ kind: 'broker', id: Number(id) }, ofBroker)
  return groups
}

function sourceName(source: number): string {
  return CONFIG_SOURCES[source] ?? 'UNKNOWN'
}

/** Before this version only names of client metrics are told. */
const ALL_TYPES_SINCE = 1

export async function listConfigResources(
  cluster: Cluster,
  types: readonly ConfigResourceType[],
  context: CallContext,
): Promise<ConfigResource[]> {
  const { configResources } = await cluster.call(
    {
      target: { kind: 'any' },
      api: LIST_CONFIG_RESOURCES,
      init: (version) => (version >= ALL_TYPES_SINCE ? { resourceTypes: [...types] } : {}),
      what: 'list what has settings',
      check: ({ errorCode }) => throwBrokerError(errorCode),
    },
    context,
  )
  return configResources.map(({ resourceType: type, resourceName: name }) => ({
    type: type as ConfigResourceType,
    name,
  }))
}
