/**
 * The checks of dynamic settings: what a request to create or alter may set on a topic, a group, a broker, a client
 * metrics subscription. Each function gives null, or one sentence in Kafka's form.
 */
import { formatInt64 } from '@ottla/stdx'
import type { BrokerConfig } from './broker-config.ts'
import type { ConfigValue } from './config-key.ts'
import { effectiveGroupConfig, effectiveTopicConfig } from './effective-config.ts'
import { type BrokerValues, clientMetricsKeys, groupKeys, type KeyTable, topicKeys } from './key-table.ts'
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
  for (const [name, maximum] of Object.entries(OTHER_MAXIMA)) {
    if (texts.has(name) && Number(values[name]) > Number(broker.values[maximum])) {
      return `${name} must be less than or equal to ${maximum}`
    }
  }
  for (const kind of ['consumer', 'share', 'streams']) {
    if (Number(values[`${kind}.session.timeout.ms`]) <= Number(values[`${kind}.heartbeat.interval.ms`])) {
      return `${kind}.session.timeout.ms must be greater than ${kind}.heartbeat.interval.ms`
    }
  }
  return null
}

/** Bounds whose names do not follow from that of the setting. */
const OTHER_MAXIMA: Readonly<Record<string, keyof BrokerValues>> = {
  'streams.num.standby.replicas': 'group.streams.max.standby.replicas',
  'streams.num.warmup.replicas': 'group.streams.max.warmup.replicas',
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

/** What is wrong with a client metrics subscription: a `request` that makes no sense, or a value that is no good `config`. */
export interface ClientMetricsProblem {
  readonly kind: 'request' | 'config'
  readonly message: string
}

/** Why these settings cannot be a client metrics subscription (KIP-714); null when they can. */
export function clientMetricsConfigProblem(texts: Texts): ClientMetricsProblem | null {
  for (const name of texts.keys()) {
    if (!clientMetricsKeys.has(name)) {
      return { kind: 'request', message: `Unknown client metrics configuration: ${name}` }
    }
  }
  const problem = unknownOrInvalid(clientMetricsKeys, texts, 'client metrics configuration')
  if (problem !== null) return { kind: 'config', message: problem }
  const interval = texts.get('interval.ms')
  if (interval !== undefined && (Number(interval) < 100 || Number(interval) > 3_600_000)) {
    const message = `Invalid value ${interval} for interval.ms, interval must be between 100 and 3600000 (1 hour)`
    return { kind: 'request', message }
  }
  for (const pattern of (texts.get('match') ?? '').split(',')) {
    if (pattern.trim() === '') continue
    const [selector = '', expression] = pattern.split('=').map((part) => part.trim())
    const isGood = expression !== undefined && MATCH_SELECTORS.has(selector) && isRegularExpression(expression)
    if (!isGood) return { kind: 'config', message: `Illegal client matching pattern: ${pattern}` }
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

function unknownOrInvalid(keys: KeyTable, texts: Texts, what: string): string | null {
  for (const [name, text] of texts) {
    const key = keys.get(name)
    if (key === undefined) return `Unknown ${what}: ${name}`
    const parsed = parseValue(key, text)
    if (parsed.kind === 'problem') return parsed.problem.message
  }
  return null
}
