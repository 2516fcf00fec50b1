/** The checks of a broker's dynamic settings, or of all brokers' common ones: each value, then all of them as they would be in force. */
import type { BrokerConfig } from './broker-config.ts'
import type { ConfigValue } from './config-key.ts'
import { type BrokerValues, brokerKeys } from './key-table.ts'
import { parseValue } from './parse-value.ts'

type Texts = ReadonlyMap<string, string>

export interface DynamicBrokerScope {
  readonly scope: 'broker' | 'cluster-default'
  /** The broker's settings as they are. */
  readonly config: BrokerConfig
}

/**
 * Why these texts cannot be the dynamic settings of a broker, or of all (`cluster-default`); null when they can. Unknown keys
 * pass, as in Kafka: they may belong to a plugin.
 */
export function dynamicBrokerConfigProblem(texts: Texts, { scope, config }: DynamicBrokerScope): string | null {
  const names = [...texts.keys()]
  const ofListeners = names.filter((name) => PER_LISTENER.test(name))
  if (ofListeners.length > 0) {
    return `These security configs can be dynamically updated only per-listener using the listener prefix: ${listOf(ofListeners)}`
  }
  const fixed = names.filter((name) => brokerKeys.get(name)?.updateMode === 'read-only')
  if (fixed.length > 0) return `Cannot update these configs dynamically: ${listOf(fixed)}`
  for (const [name, text] of texts) {
    const key = brokerKeys.get(name)
    const parsed = key === undefined ? null : parseValue(key, text)
    if (parsed?.kind === 'problem') return parsed.problem.message
  }
  const single = names.filter((name) => brokerKeys.get(name)?.updateMode === 'per-broker' || name.startsWith(LISTENER))
  if (scope === 'cluster-default' && single.length > 0) {
    return `Cannot update these configs at default cluster level, broker id must be specified: ${listOf(single)}`
  }
  const { clusterDefault, broker } = config.dynamic
  const after = config.withDynamic(
    scope === 'broker' ? { clusterDefault, broker: texts } : { clusterDefault: texts, broker },
  )
  return requirementProblem(after.values) ?? changeProblem(config.values, after.values)
}

const LISTENER = 'listener.name.'
/** Of a listener's own certificates: without its name they would be everybody's. */
const PER_LISTENER = /^ssl\.(key\.password|keystore\.|truststore\.)/
const MIB = 1024 * 1024

/** What must hold for the values as they would be in force. */
function requirementProblem(values: BrokerValues): string | null {
  const require = (isMet: boolean, message: string): string | null => (isMet ? null : `requirement failed: ${message}`)
  const retentionMs = values['log.retention.ms']
  const overrides = values['max.connections.per.ip.overrides']
  const cleanerBytes = values['log.cleaner.dedupe.buffer.size'] / values['log.cleaner.threads']
  return (
    cordonProblem(values) ??
    overridesProblem(overrides) ??
    require(values['log.roll.ms'] === null ||
      values['log.roll.ms'] >= 1, 'log.roll.ms must be greater than or equal to 1') ??
    require(values['log.roll.jitter.ms'] === null ||
      values['log.roll.jitter.ms'] >= 0, 'log.roll.jitter.ms must be greater than or equal to 0') ??
    require(retentionMs !== 0, 'log.retention.ms must be unlimited (-1) or, greater than or equal to 1') ??
    require(cleanerBytes > MIB, 'log.cleaner.dedupe.buffer.size must be at least 1MB per cleaner thread.') ??
    require(values['max.connections.per.ip'] > 0 ||
      overrides !==
        '', 'max.connections.per.ip can be set to zero only if max.connections.per.ip.overrides property is set.')
  )
}

/** `*` are all of them. A dir may be given as it stands in the file, or in full. */
function cordonProblem(values: BrokerValues): string | null {
  const dirs = values['log.dirs'] ?? values['log.dir']
  const isDir = (entry: string): boolean =>
    entry === '*' || dirs.some((dir) => entry === dir || entry.endsWith(`/${dir.replace(/^\.\//, '')}`))
  const missing = (values['cordoned.log.dirs'] ?? []).filter((entry) => !isDir(entry))
  if (missing.length === 0) return null
  return `All entries in cordoned.log.dirs must be present in log.dirs or log.dir. Missing entries: ${missing.join(', ')}`
}

/** host:count, separated by commas. */
function overridesProblem(text: string): string | null {
  for (const entry of text.split(',').map((part) => part.trim())) {
    if (entry === '') continue
    const at = entry.lastIndexOf(':')
    if (at < 0) {
      return `Error parsing configuration property 'max.connections.per.ip.overrides': begin 0, end -1, length ${entry.length}`
    }
    const count = entry.slice(at + 1).trim()
    if (!/^[+-]?\d+$/.test(count)) return `For input string: "${count}"`
  }
  return null
}

/** Kafka's pools of threads grow and shrink by a factor of two. Here they have no meaning; their settings keep their rules. */
const THREAD_COUNTS = [
  'background.threads',
  'num.io.threads',
  'num.network.threads',
  'num.recovery.threads.per.data.dir',
  'num.replica.fetchers',
  'remote.log.reader.threads',
] as const

/** Changed at run time by Kafka, and not here. */
const FIXED_HERE = ['listeners', 'listener.security.protocol.map'] as const

/** What a change may not do, whatever the values are by themselves. */
function changeProblem(before: BrokerValues, after: BrokerValues): string | null {
  for (const name of FIXED_HERE) {
    if (!isSame(before[name], after[name])) return `Cannot update these configs dynamically: [${name}]`
  }
  const stranger = after['metric.reporters'].find((name) => !before['metric.reporters'].includes(name))
  if (stranger !== undefined) return `Class ${stranger} could not be found.`
  for (const name of ['max.connections', 'max.connection.creation.rate'] as const) {
    if (after[name] <= 0 && after[name] !== before[name]) return `Invalid ${name} ${after[name]}`
  }
  for (const name of THREAD_COUNTS) {
    const [count, was] = [after[name], before[name]]
    const failed = `Dynamic thread count update validation failed for ${name}=${count}, value should`
    if (count < Math.floor(was / 2)) return `${failed} be at least half the current value ${was}`
    if (count > was * 2) return `${failed} not be greater than double the current value ${was}`
  }
  const cleaners = before['log.cleaner.threads']
  if (after['log.cleaner.threads'] < 1) return 'Log cleaner threads should be at least 1'
  if (after['log.cleaner.threads'] > cleaners * 2) {
    return `Log cleaner threads cannot be increased to more than double the current value ${cleaners}`
  }
  if (after['log.cleaner.threads'] < Math.floor(cleaners / 2)) {
    return `Log cleaner threads cannot be reduced to less than half the current value ${cleaners}`
  }
  return localRetentionProblem('ms', after) ?? localRetentionProblem('bytes', after)
}

/** What is kept locally of a tiered log is no more than what is kept of it in all; -2 means as much. */
function localRetentionProblem(unit: 'ms' | 'bytes', values: BrokerValues): string | null {
  const name = `log.local.retention.${unit}` as const
  const local = values[name]
  const whole = unit === 'ms' ? retentionMsOf(values) : values['log.retention.bytes']
  if (local === -2 || whole === -1) return null
  if (local === -1) {
    return `Invalid value -1 for configuration ${name}: Value must not be -1 as log.retention.${unit} value is set as ${whole}.`
  }
  if (local <= whole) return null
  return `Invalid value ${local} for configuration ${name}: Value must not be more than log.retention.${unit} property value: ${whole}`
}

const MINUTE_MS = 60_000
const HOUR_MS = 3_600_000

function retentionMsOf(values: BrokerValues): number {
  const ms = values['log.retention.ms']
  if (ms !== null) return ms
  const minutes = values['log.retention.minutes']
  const [count, factor] = minutes === null ? [values['log.retention.hours'], HOUR_MS] : [minutes, MINUTE_MS]
  return count < 0 ? -1 : count * factor
}

function isSame(a: ConfigValue, b: ConfigValue): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}

function listOf(names: readonly string[]): string {
  return `[${names.join(', ')}]`
}
