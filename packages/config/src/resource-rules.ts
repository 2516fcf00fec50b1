/**
 * The checks of dynamic settings: what a request to create or alter may set on a topic, a group, a broker, a client
 * metrics subscription. Each function gives null, or one sentence in Kafka's form.
 */
import { formatInt64 } from '@ottla/stdx'
import type { BrokerConfig } from './broker-config.ts'
import type { ConfigValue } from './config-key.ts'
import { effectiveGroupConfig, effectiveTopicConfig } from './effective-config.ts'
import { type BrokerValues, brokerKeys, clientMetricsKeys, groupKeys, type KeyTable, topicKeys } from './key-table.ts'
import { parseValue } from './parse-value.ts'

type Texts = ReadonlyMap<string, string>

/** Why these settings cannot be on a topic; null when they can. */
export function topicConfigProblem(texts: Texts, broker: BrokerConfig): string | null {
  const problem = unknownOrInvalid(topicKeys, texts, 'topic config name')
  if (problem !== null) return problem
  const { values } = effectiveTopicConfig(broker, texts)
  const minLag = values['min.compaction.lag.ms']
  const maxLag = values['max.compaction.lag.ms']
  if (minLag > maxLag) {
    return `conflict topic config setting min.compaction.lag.ms (${formatInt64(minLag)}) > max.compaction.lag.ms (${formatInt64(maxLag)})`
  }
  if (values['remote.storage.enable']) {
    if (!broker.boolean('remote.log.storage.system.enable')) {
      return 'Tiered Storage functionality is disabled in the broker. Topic cannot be configured with remote log storage.'
    }
    if (values['cleanup.policy'].includes('compact')) {
      return 'Remote log storage is unsupported for the compacted topics'
    }
  }
  return null
}

/** Why these settings cannot be on a group; null when they can. */
export function groupConfigProblem(texts: Texts, broker: BrokerConfig): string | null {
  const problem = unknownOrInvalid(groupKeys, texts, 'group config name')
  if (problem !== null) return problem
  const values = effectiveGroupConfig(broker, texts).values as unknown as Readonly<Record<string, ConfigValue>>
  for (const name of GROUP_BOUNDS) {
    if (!texts.has(name)) continue
    const [kind, ...rest] = name.split('.')
    const value = Number(values[name])
    const min = bound(broker, `group.${kind}.min.${rest.join('.')}`)
    const max = bound(broker, `group.${kind}.max.${rest.join('.')}`)
    if (min !== null && value < min)
      return `${name} must be greater than or equal to group.${kind}.min.${rest.join('.')}`
    if (max !== null && value > max) return `${name} must be less than or equal to group.${kind}.max.${rest.join('.')}`
  }
  for (const kind of ['consumer', 'share', 'streams']) {
    if (Number(values[`${kind}.session.timeout.ms`]) <= Number(values[`${kind}.heartbeat.interval.ms`])) {
      return `${kind}.session.timeout.ms must be greater than ${kind}.heartbeat.interval.ms`
    }
  }
  return null
}

const GROUP_BOUNDS = [
  'consumer.session.timeout.ms',
  'consumer.heartbeat.interval.ms',
  'consumer.assignment.interval.ms',
  'share.session.timeout.ms',
  'share.heartbeat.interval.ms',
  'share.assignment.interval.ms',
  'share.record.lock.duration.ms',
  'share.delivery.count.limit',
  'share.partition.max.record.locks',
  'streams.session.timeout.ms',
  'streams.heartbeat.interval.ms',
  'streams.assignment.interval.ms',
  'streams.task.offset.interval.ms',
]

function bound(broker: BrokerConfig, name: string): number | null {
  const value: ConfigValue | undefined = broker.values[name as keyof BrokerValues]
  return typeof value === 'number' ? value : null
}

/** Why these settings cannot be a client metrics subscription (KIP-714); null when they can. */
export function clientMetricsConfigProblem(texts: Texts): string | null {
  const problem = unknownOrInvalid(clientMetricsKeys, texts, 'client metrics configuration')
  if (problem !== null) return problem
  const interval = texts.get('interval.ms')
  if (interval !== undefined && (Number(interval) < 100 || Number(interval) > 3_600_000)) {
    return `Invalid value ${interval} for interval.ms, interval must be between 100 and 3600000 (1 hour)`
  }
  for (const pattern of (texts.get('match') ?? '').split(',')) {
    if (pattern.trim() === '') continue
    const [selector = '', expression] = pattern.split('=').map((part) => part.trim())
    if (expression === undefined || !MATCH_SELECTORS.has(selector)) return `Illegal client matching pattern: ${pattern}`
    if (!isRegularExpression(expression)) return `Illegal client matching pattern: ${pattern}`
  }
  return null
}

const MATCH_SELECTORS = new Set([
  'client_instance_id',
  'client_id',
  'client_software_name',
  'client_software_version',
  'client_source_address',
  'client_source_port',
])

function isRegularExpression(text: string): boolean {
  try {
    return new RegExp(text) instanceof RegExp
  } catch {
    return false
  }
}

/**
 * Why these settings cannot be dynamic ones of a broker, or of all (`cluster-default`); null when they can. Unknown keys
 * pass, as in Kafka: they may belong to a plugin.
 */
export function dynamicBrokerConfigProblem(texts: Texts, scope: 'broker' | 'cluster-default'): string | null {
  const names = [...texts.keys()]
  const fixed = names.filter((name) => brokerKeys.get(name)?.updateMode === 'read-only')
  if (fixed.length > 0) return `Cannot update these configs dynamically: ${listOf(fixed)}`
  const single = names.filter((name) => brokerKeys.get(name)?.updateMode === 'per-broker')
  if (scope === 'cluster-default' && single.length > 0) {
    return `Cannot update these configs at default cluster level, broker id must be specified: ${listOf(single)}`
  }
  for (const [name, text] of texts) {
    const key = brokerKeys.get(name)
    if (key === undefined) continue
    const parsed = parseValue(key, text)
    if (parsed.kind === 'problem') return parsed.problem.message
  }
  return null
}

function listOf(names: readonly string[]): string {
  return `[${names.join(', ')}]`
}

function unknownOrInvalid(keys: KeyTable, texts: Texts, what: string): string | null {
  for (const [name, text] of texts) {
    const key = keys.get(name)
    if (key === undefined) return `Unknown ${what}: ${name}`
    const parsed = parseValue(key, text)
    if (parsed.kind === 'problem') return parsed.problem.message
  }
  return null
}
