/** The settings in force for a topic, a group or a client metrics subscription: its own, over the broker's, over the defaults. */
import type { BrokerConfig } from './broker-config.ts'
import type { ConfigKey, ConfigValue } from './config-key.ts'
import {
  type BrokerValues,
  type ClientMetricsValues,
  clientMetricsKeys,
  type GroupValues,
  groupKeys,
  type KeyTable,
  type TopicValues,
  topicKeys,
} from './key-table.ts'
import { parseValue } from './parse-value.ts'

/** Effective values, and the texts that were set on the resource itself. */
export interface EffectiveConfig<Values> {
  readonly values: Values
  readonly overrides: ReadonlyMap<string, string>
}

export type TopicConfig = EffectiveConfig<TopicValues>
export type GroupConfig = EffectiveConfig<GroupValues>
export type ClientMetricsConfig = EffectiveConfig<ClientMetricsValues>

const NO_OVERRIDES: ReadonlyMap<string, string> = new Map()
/** Most topics set nothing: they share one object per state of the broker's settings. */
const topicDefaults = new WeakMap<BrokerConfig, TopicConfig>()

/** All settings of a topic. An override that does not parse has no effect. */
export function effectiveTopicConfig(
  broker: BrokerConfig,
  overrides: ReadonlyMap<string, string> = NO_OVERRIDES,
): TopicConfig {
  if (overrides.size > 0) return { values: effective<TopicValues>(topicKeys, broker, overrides), overrides }
  let shared = topicDefaults.get(broker)
  if (shared === undefined) {
    shared = { values: effective<TopicValues>(topicKeys, broker, overrides), overrides }
    topicDefaults.set(broker, shared)
  }
  return shared
}

/** All settings of a group. */
export function effectiveGroupConfig(
  broker: BrokerConfig,
  overrides: ReadonlyMap<string, string> = NO_OVERRIDES,
): GroupConfig {
  return { values: effective<GroupValues>(groupKeys, broker, overrides), overrides }
}

/** All settings of a client metrics subscription. */
export function effectiveClientMetricsConfig(
  broker: BrokerConfig,
  overrides: ReadonlyMap<string, string> = NO_OVERRIDES,
): ClientMetricsConfig {
  return { values: effective<ClientMetricsValues>(clientMetricsKeys, broker, overrides), overrides }
}

function effective<Values>(keys: KeyTable, broker: BrokerConfig, overrides: ReadonlyMap<string, string>): Values {
  const values: Record<string, ConfigValue> = {}
  for (const key of keys.values()) {
    values[key.name] = fromBroker(key, broker) ?? key.default
    const text = overrides.get(key.name)
    if (text === undefined) continue
    const parsed = parseValue(key, text)
    if (parsed.kind === 'value') values[key.name] = parsed.value
  }
  return values as Values
}

/** The first broker setting that has a value gives the topic's, in the topic's unit. */
function fromBroker(key: ConfigKey, broker: BrokerConfig): ConfigValue | undefined {
  for (const { name, factor } of key.brokerSynonyms ?? []) {
    const value: ConfigValue = broker.values[name as keyof BrokerValues]
    if (value === null) continue
    if (typeof value === 'number') return value < 0 && factor !== 1 ? -1 : value * factor
    if (typeof value === 'object' && key.type !== 'list') return value[0]
    return value
  }
  return undefined
}
