/** What kafka-configs is about: `--entity-type topics --entity-name T`, or `--topic T`. */
import { ConfigResourceType } from '@ottla/client'
import type { ParsedOptions } from '../options/parse-options.ts'
import { UsageError } from '../options/usage-error.ts'

export interface ConfigEntity {
  readonly kind: EntityKind
  /** Null: all of the kind. The empty text: what holds for all brokers. */
  readonly name: string | null
}

export interface EntityKind {
  /** As `--entity-type` takes it. */
  readonly plural: string
  /** As messages say it. */
  readonly singular: string
  readonly resourceType: ConfigResourceType
  /** Where the settings come from that are the entity's own. Null: all are. */
  readonly source: string | null
}

const KINDS: readonly EntityKind[] = [
  { plural: 'topics', singular: 'topic', resourceType: ConfigResourceType.topic, source: 'DYNAMIC_TOPIC_CONFIG' },
  { plural: 'brokers', singular: 'broker', resourceType: ConfigResourceType.broker, source: 'DYNAMIC_BROKER_CONFIG' },
  {
    plural: 'broker-loggers',
    singular: 'broker-logger',
    resourceType: ConfigResourceType.brokerLogger,
    source: null,
  },
  { plural: 'groups', singular: 'group', resourceType: ConfigResourceType.group, source: 'DYNAMIC_GROUP_CONFIG' },
  {
    plural: 'client-metrics',
    singular: 'client-metric',
    resourceType: ConfigResourceType.clientMetrics,
    source: 'DYNAMIC_CLIENT_METRICS_CONFIG',
  },
]
/** Options that name kind and entity at once. */
const SHORT: Readonly<Record<string, string>> = {
  topic: 'topics',
  broker: 'brokers',
  'broker-logger': 'broker-loggers',
  group: 'groups',
  'client-metrics': 'client-metrics',
}
const ALL_SHORT: Readonly<Record<string, string>> = { ...SHORT, client: 'clients', user: 'users', ip: 'ips' }
const ALL_KINDS = 'topics, clients, users, brokers, ips, client-metrics, groups, broker-loggers'

/** Throws UsageError for types that do not go together, of whatever kind. */
export function checkEntityTypes(options: ParsedOptions): void {
  const short = Object.entries(ALL_SHORT).flatMap(([option, type]) => [
    ...options.values(option).map(() => type),
    ...(options.has(`${option}-defaults`) ? [type] : []),
  ])
  const types = [...options.values('entity-type'), ...short]
  const duplicate = types.find((type, index) => types.indexOf(type) !== index)
  if (duplicate !== undefined) throw refusal(`Duplicate entity type(s) specified: ${duplicate}`)
  if (short.length > 0 && ['entity-type', 'entity-name', 'entity-default'].some((name) => options.has(name))) {
    throw refusal('--entity-{type,name,default} should not be used in conjunction with specific entity flags')
  }
  if (types.length > 1 && types.some((type) => type !== 'users' && type !== 'clients')) {
    throw refusal("Only 'users' and 'clients' entity types may be specified together")
  }
  const names = options.values('entity-name').length + (options.has('entity-default') ? 1 : 0)
  if (options.has('alter') && names > types.length) {
    throw refusal('An entity name must be specified for every entity type')
  }
}

/** Throws UsageError. */
export function configEntity(options: ParsedOptions): ConfigEntity {
  const type = options.value('entity-type')
  const short = Object.keys(SHORT).find((name) => options.has(name))
  const plural = type ?? (short === undefined ? undefined : SHORT[short])
  if (plural === undefined) {
    if (options.has('broker-defaults')) return { kind: kindOf('brokers'), name: '' }
    throw refusal('At least one entity type must be specified')
  }
  const kind = kindOf(plural)
  const name = (short === undefined ? undefined : options.value(short)) ?? options.value('entity-name')
  const isDefault = options.has('entity-default') || options.has('broker-defaults')
  if (isDefault && plural === 'brokers') return { kind, name: '' }
  if (isDefault && options.has('describe')) {
    throw refusal(`--entity-default must not be specified with --describe of ${plural}`)
  }
  if (name === undefined && options.has('alter')) {
    const message =
      plural === 'brokers'
        ? 'An entity-name or default entity must be specified with --alter of users, clients, brokers or ips'
        : `An entity name must be specified with --alter of ${plural}`
    throw refusal(message)
  }
  if (name === undefined && plural === 'broker-loggers') {
    throw refusal(`An entity name must be specified with --describe of ${plural}`)
  }
  const isBroker = plural === 'brokers' || plural === 'broker-loggers'
  if (isBroker && name !== undefined && !/^\d+$/.test(name)) {
    throw refusal(`The entity name for ${plural} must be a valid integer broker id, but it is: ${name}`)
  }
  return { kind, name: name ?? null }
}

function kindOf(plural: string): EntityKind {
  const kind = KINDS.find((one) => one.plural === plural)
  if (kind !== undefined) return kind
  throw refusal(
    `Invalid entity type ${plural}, the entity type must be one of ${ALL_KINDS} with a --bootstrap-server or --bootstrap-controller argument`,
  )
}

function refusal(message: string): UsageError {
  return new UsageError(message, { showsOptions: false })
}
