/**
 * A broker's file of settings, as users already have it: an empty one, Kafka 4's for a single node, 2.4's. Everything
 * that is wrong with it is reported at once, each problem with file, key, value and what was expected.
 */
import { BrokerConfig } from './broker-config.ts'
import { brokerRuleProblems } from './broker-rules.ts'
import type { ConfigKey } from './config-key.ts'
import { type ConfigNotice, type ConfigProblem, type ValueProblem, valueProblem } from './config-problem.ts'
import { type BrokerValues, brokerKeys } from './key-table.ts'
import { LEGACY_KEYS, type LegacyKey, UNSUPPORTED_KEYS } from './keys/legacy-keys.ts'
import { formatEndpoint, type Listener, resolveListeners } from './listener.ts'
import { parseValue } from './parse-value.ts'
import { parseProperties } from './properties-file.ts'

/** Settings given beside the file (`--override key=value`): they win over it. */
export type Overrides = Iterable<readonly [string, string]>

export type ServerProperties =
  | { readonly kind: 'config'; readonly config: BrokerConfig; readonly notices: readonly ConfigNotice[] }
  | { readonly kind: 'refused'; readonly problems: readonly ConfigProblem[] }

interface Setting {
  readonly text: string
  readonly line: number
}

/**
 * Reads the settings of a broker.
 *
 * @param text contents of the file; empty is fine
 * @param file its path, for messages
 */
export function parseServerProperties(text: string, file: string, overrides: Overrides = []): ServerProperties {
  const settings = new Map<string, Setting>()
  for (const { key, value, line } of parseProperties(text)) settings.set(key, { text: value, line })
  for (const [key, value] of overrides) settings.set(key, { text: value, line: 0 })

  const notices: ConfigNotice[] = []
  const problems: ValueProblem[] = []
  replaceLegacyKeys(settings, notices, problems)
  checkUnsupported(settings, notices, problems)
  const values = parseAll(settings, notices, problems)
  const listeners = readListeners(values, notices, problems)
  problems.push(...brokerRuleProblems(values))
  if (problems.length > 0) {
    const placed = problems.map((problem) => withPlace(problem, file, settings))
    return { kind: 'refused', problems: placed.sort((a, b) => (a.line || Infinity) - (b.line || Infinity)) }
  }
  const staticTexts = new Map([...settings].map(([key, setting]) => [key, setting.text]))
  linkNodeId(staticTexts)
  return { kind: 'config', config: new BrokerConfig({ file, staticTexts, listeners }), notices }
}

/** The problem as one line: file and line, setting, expectation. */
export function formatConfigProblem({ file, line, key, value, expected }: ConfigProblem): string {
  const place = line > 0 ? `${file}:${line}` : file
  return `${place}: ${key}${value === null ? '' : `=${value}`}: ${expected}`
}

function withPlace(problem: ValueProblem, file: string, settings: ReadonlyMap<string, Setting>): ConfigProblem {
  const setting = settings.get(problem.key)
  const place = setting === undefined || setting.line > 0 ? file : `--override ${problem.key}`
  return { ...problem, file: place, line: setting?.line ?? 0 }
}

/** Takes away the keys that 4.4 does not know, each with its warning, its refusal, or its value moved to where it belongs now. */
function replaceLegacyKeys(settings: Map<string, Setting>, notices: ConfigNotice[], problems: ValueProblem[]): void {
  replaceHostAndPort(settings)
  for (const [key, setting] of [...settings]) {
    const legacy = legacyKey(key)
    if (legacy === undefined) continue
    if (legacy.treatment === 'refused') {
      problems.push(valueProblem(key, setting.text, legacy.because))
      continue
    }
    settings.delete(key)
    if (legacy.treatment === 'ignored') {
      notices.push({ level: 'warn', key, message: `${key} is ignored: ${legacy.because}` })
      continue
    }
    notices.push({ level: 'warn', key, message: `${key} is an old name: ${legacy.because}` })
    for (const name of legacy.by ?? []) {
      if (brokerKeys.get(name)?.type !== 'list' && !settings.has(name)) settings.set(name, setting)
    }
  }
}

function legacyKey(key: string): LegacyKey | undefined {
  return LEGACY_KEYS.find(({ name }) => (name.endsWith('*') ? key.startsWith(name.slice(0, -1)) : key === name))
}

/** One number under two names, as in Kafka: whichever is set sets the other. */
function linkNodeId(texts: Map<string, string>): void {
  const nodeId = texts.get('node.id')
  const brokerId = texts.get('broker.id')
  if (nodeId !== undefined) texts.set('broker.id', nodeId)
  else if (brokerId !== undefined && Number(brokerId) >= 0) texts.set('node.id', brokerId)
}

/** 2.4's host.name, port and their advertised kin stand in where no listeners are given. */
function replaceHostAndPort(settings: Map<string, Setting>): void {
  const host = settings.get('host.name')
  const port = settings.get('port')
  if (!settings.has('listeners') && (host ?? port) !== undefined) {
    const text = `PLAINTEXT://${host?.text ?? ''}:${port?.text ?? '9092'}`
    settings.set('listeners', { text, line: (host ?? port)?.line ?? 0 })
  }
  const toldHost = settings.get('advertised.host.name')
  const toldPort = settings.get('advertised.port')
  if (!settings.has('advertised.listeners') && (toldHost ?? toldPort) !== undefined) {
    const text = `PLAINTEXT://${toldHost?.text ?? host?.text ?? ''}:${toldPort?.text ?? port?.text ?? '9092'}`
    settings.set('advertised.listeners', { text, line: (toldHost ?? toldPort)?.line ?? 0 })
  }
}

function checkUnsupported(
  settings: ReadonlyMap<string, Setting>,
  notices: ConfigNotice[],
  problems: ValueProblem[],
): void {
  for (const { name, unless, treatment, because } of UNSUPPORTED_KEYS) {
    const text = settings.get(name)?.text.trim()
    if (text === undefined || unless.includes(text)) continue
    if (treatment === 'refused') problems.push(valueProblem(name, text, because))
    else notices.push({ level: 'warn', key: name, message: `${name} is ignored: ${because}` })
  }
}

function parseAll(
  settings: ReadonlyMap<string, Setting>,
  notices: ConfigNotice[],
  problems: ValueProblem[],
): BrokerValues {
  const values: Record<string, unknown> = {}
  for (const key of brokerKeys.values()) values[key.name] = parseSetting(key, settings, problems)
  for (const key of settings.keys()) {
    if (brokerKeys.has(key) || problems.some((problem) => problem.key === key)) continue
    const why = key.startsWith('listener.name.') ? 'settings of one listener have no effect yet' : 'no such setting'
    notices.push({ level: 'warn', key, message: `${key} is ignored: ${why}` })
  }
  return values as unknown as BrokerValues
}

function parseSetting(key: ConfigKey, settings: ReadonlyMap<string, Setting>, problems: ValueProblem[]): unknown {
  const setting = settings.get(key.name)
  if (setting === undefined) return key.default
  const parsed = parseValue(key, setting.text)
  if (parsed.kind === 'value') return parsed.value
  problems.push(parsed.problem)
  return key.default
}

function readListeners(values: BrokerValues, notices: ConfigNotice[], problems: ValueProblem[]): readonly Listener[] {
  const result = resolveListeners(values)
  if (result.kind === 'problems') {
    for (const { key, value, expected } of result.problems) {
      if (!problems.some((problem) => problem.key === key)) problems.push(valueProblem(key, value, expected))
    }
    return []
  }
  for (const endpoint of result.controllerListeners) {
    notices.push({
      level: 'info',
      key: 'listeners',
      message: `${formatEndpoint(endpoint)} is not opened: the controller of a single node runs inside it`,
    })
  }
  return result.listeners
}
