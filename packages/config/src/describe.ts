/** Settings as DescribeConfigs shows them: effective value, where it comes from, what else would give it. */
import type { BrokerConfig } from './broker-config.ts'
import type { ConfigKey, ConfigType, ConfigValue } from './config-key.ts'
import type { ClientMetricsConfig, EffectiveConfig, GroupConfig, TopicConfig } from './effective-config.ts'
import { type BrokerValues, brokerKeys, clientMetricsKeys, groupKeys, type KeyTable, topicKeys } from './key-table.ts'
import { formatValue } from './parse-value.ts'

/** Where a value comes from, as the protocol numbers it. */
export const ConfigSource = {
  DYNAMIC_TOPIC: 1,
  DYNAMIC_BROKER: 2,
  DYNAMIC_DEFAULT_BROKER: 3,
  STATIC_BROKER: 4,
  DEFAULT: 5,
  DYNAMIC_BROKER_LOGGER: 6,
  CLIENT_METRICS: 7,
  GROUP: 8,
} as const

/** The protocol's number of each type (DescribeConfigs v3, KIP-569). */
const TYPE_CODES: Readonly<Record<ConfigType, number>> = {
  boolean: 1,
  string: 2,
  int: 3,
  short: 4,
  long: 5,
  double: 6,
  list: 7,
  class: 8,
  password: 9,
}

export interface DescribedSynonym {
  readonly name: string
  readonly value: string | null
  /** A value of {@link ConfigSource}. */
  readonly source: number
}

/** One row of the answer. */
export interface DescribedConfig {
  readonly name: string
  /** Null when it has none, or is sensitive. */
  readonly value: string | null
  readonly source: number
  readonly readOnly: boolean
  readonly isSensitive: boolean
  /** From the one that counts to the one that would count last. */
  readonly synonyms: readonly DescribedSynonym[]
  /** The protocol's number of the type; 0 when the key is not known. */
  readonly type: number
  readonly documentation: string
}

/** All settings of a running broker (or the named ones), also unknown ones that its file sets. */
export function describeBroker(config: BrokerConfig, names: ReadonlySet<string> | null = null): DescribedConfig[] {
  const rows: DescribedConfig[] = []
  for (const key of selected(brokerKeys, names)) {
    const synonyms = brokerSynonyms(key.name, config, 'broker')
    if (key.internal && (synonyms[0]?.source ?? ConfigSource.DEFAULT) === ConfigSource.DEFAULT) continue
    rows.push(
      row(key, {
        value: config.values[key.name as keyof BrokerValues],
        synonyms,
        readOnly: key.updateMode === 'read-only',
      }),
    )
  }
  const unknown = new Map<string, number>()
  for (const name of config.staticTexts.keys()) unknown.set(name, ConfigSource.STATIC_BROKER)
  for (const name of config.dynamic.clusterDefault.keys()) unknown.set(name, ConfigSource.DYNAMIC_DEFAULT_BROKER)
  for (const name of config.dynamic.broker.keys()) unknown.set(name, ConfigSource.DYNAMIC_BROKER)
  for (const [name, source] of unknown) {
    if (brokerKeys.has(name) || (names !== null && !names.has(name))) continue
    rows.push(unknownRow(name, source))
  }
  return rows
}

/** What is set as the cluster's default for brokers. */
export function describeBrokerDefaults(
  config: BrokerConfig,
  names: ReadonlySet<string> | null = null,
): DescribedConfig[] {
  const rows: DescribedConfig[] = []
  for (const [name, text] of config.dynamic.clusterDefault) {
    if (names !== null && !names.has(name)) continue
    const key = brokerKeys.get(name)
    if (key === undefined) {
      rows.push(unknownRow(name, ConfigSource.DYNAMIC_DEFAULT_BROKER))
      continue
    }
    rows.push(
      row(key, {
        value: text,
        synonyms: brokerSynonyms(name, config, 'cluster-default'),
        readOnly: key.updateMode === 'read-only',
      }),
    )
  }
  return rows
}

export function describeTopic(
  broker: BrokerConfig,
  config: TopicConfig,
  names: ReadonlySet<string> | null = null,
): DescribedConfig[] {
  return describeResource({ keys: topicKeys, broker, config, names, source: ConfigSource.DYNAMIC_TOPIC })
}

export function describeGroup(
  broker: BrokerConfig,
  config: GroupConfig,
  names: ReadonlySet<string> | null = null,
): DescribedConfig[] {
  return describeResource({
    keys: groupKeys,
    broker,
    config,
    names,
    source: ConfigSource.GROUP,
    showsOwnDefaults: true,
  })
}

export function describeClientMetrics(
  broker: BrokerConfig,
  config: ClientMetricsConfig,
  names: ReadonlySet<string> | null = null,
): DescribedConfig[] {
  return describeResource({ keys: clientMetricsKeys, broker, config, names, source: ConfigSource.CLIENT_METRICS })
}

interface Resource {
  readonly keys: KeyTable
  readonly broker: BrokerConfig
  readonly config: EffectiveConfig<object>
  readonly names: ReadonlySet<string> | null
  readonly source: number
  /** A setting that no broker setting stands in for names itself as the source of its default. */
  readonly showsOwnDefaults?: true
}

function describeResource({ keys, broker, config, names, source, showsOwnDefaults }: Resource): DescribedConfig[] {
  const rows: DescribedConfig[] = []
  for (const key of selected(keys, names)) {
    const text = config.overrides.get(key.name)
    if (key.internal && text === undefined) continue
    const value = (config.values as Readonly<Record<string, ConfigValue>>)[key.name] ?? null
    const inherited = key.brokerSynonyms?.[0]
    const synonyms = inherited === undefined ? [] : brokerSynonyms(inherited.name, broker, 'broker')
    if (inherited === undefined && showsOwnDefaults && key.default !== null) {
      synonyms.push({ name: key.name, value: formatValue(key.type, key.default), source: ConfigSource.DEFAULT })
    }
    if (text !== undefined) synonyms.unshift({ name: key.name, value: formatValue(key.type, value), source })
    rows.push(row(key, { value, synonyms, readOnly: false }))
  }
  return rows
}

function selected(keys: KeyTable, names: ReadonlySet<string> | null): ConfigKey[] {
  return [...keys.values()].filter(({ name }) => names === null || names.has(name))
}

function row(
  key: ConfigKey,
  { value, synonyms, readOnly }: { value: ConfigValue; synonyms: readonly DescribedSynonym[]; readOnly: boolean },
): DescribedConfig {
  const isSensitive = key.type === 'password'
  return {
    name: key.name,
    value: isSensitive ? null : formatValue(key.type, value),
    source: synonyms[0]?.source ?? ConfigSource.DEFAULT,
    readOnly,
    isSensitive,
    synonyms: isSensitive ? synonyms.map((synonym) => ({ ...synonym, value: null })) : synonyms,
    type: TYPE_CODES[key.type],
    documentation: key.doc ?? '',
  }
}

/** What no table knows may be a secret: its value is not shown. */
function unknownRow(name: string, source: number): DescribedConfig {
  return {
    name,
    value: null,
    source,
    readOnly: true,
    isSensitive: true,
    synonyms: source === ConfigSource.STATIC_BROKER ? [] : [{ name, value: null, source }],
    type: 0,
    documentation: '',
  }
}

/** Settings that give the same thing in different units, finest first. */
const UNIT_FAMILIES: readonly (readonly string[])[] = [
  ['log.roll.ms', 'log.roll.hours'],
  ['log.roll.jitter.ms', 'log.roll.jitter.hours'],
  ['log.retention.ms', 'log.retention.minutes', 'log.retention.hours'],
]

/**
 * Where a broker setting has values, the one in force first. As Kafka does, members of the family that stand before the
 * setting's own first entry are left out; so a topic whose retention comes from log.retention.hours shows no source.
 */
function brokerSynonyms(name: string, config: BrokerConfig, scope: 'broker' | 'cluster-default'): DescribedSynonym[] {
  const family = familyOf(name)
  const found: DescribedSynonym[] = []
  const add = (texts: ReadonlyMap<string, string>, source: number) => {
    for (const member of family) {
      const text = texts.get(member)
      if (text !== undefined) found.push({ name: member, value: text, source })
    }
  }
  if (scope === 'broker') add(config.dynamic.broker, ConfigSource.DYNAMIC_BROKER)
  add(config.dynamic.clusterDefault, ConfigSource.DYNAMIC_DEFAULT_BROKER)
  if (scope === 'broker') {
    add(config.staticTexts, ConfigSource.STATIC_BROKER)
    add(defaultTexts(family), ConfigSource.DEFAULT)
  }
  const own = found.findIndex((synonym) => synonym.name === name)
  return own === -1 ? [] : found.slice(own)
}

function familyOf(name: string): readonly string[] {
  if (name === 'log.flush.interval.ms') return [name, 'log.flush.scheduler.interval.ms']
  return UNIT_FAMILIES.find((family) => family.includes(name)) ?? [name]
}

function defaultTexts(names: readonly string[]): Map<string, string> {
  const texts = new Map<string, string>()
  for (const name of names) {
    const key = brokerKeys.get(name)
    const text = key === undefined ? null : formatValue(key.type, key.default)
    if (text !== null) texts.set(name, text)
  }
  return texts
}
