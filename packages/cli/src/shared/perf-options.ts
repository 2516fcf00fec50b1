/** Options that the tools have in common which measure how fast records are read. */
import { type Io, printLine } from '../io.ts'
import { excludeOptions } from '../options/check-options.ts'
import type { OptionTable } from '../options/option-spec.ts'
import type { ParsedOptions } from '../options/parse-options.ts'
import { ToolError, UsageError } from '../options/usage-error.ts'
import { type Properties, pairsOf, readProperties } from './client-properties.ts'
import { type DateFormat, javaDateFormat } from './java-date-format.ts'

export const BYTES_PER_MB = 1024 * 1024
export const MS_PER_SECOND = 1000

export const READ_PERF_OPTIONS: OptionTable = [
  {
    name: 'bootstrap-server',
    argument: { label: 'server to connect to' },
    description: 'REQUIRED: brokers to ask first.',
  },
  { name: 'topic', argument: { label: 'topic' }, description: 'Topic to read.' },
  {
    name: 'command-property',
    argument: { label: 'prop1=val1' },
    description: 'Setting of the client, key=value. May be repeated; wins over those of the file.',
  },
  { name: 'command-config', argument: { label: 'config file' }, description: 'Properties file for the client.' },
  {
    name: 'consumer.config',
    argument: { label: 'config file' },
    description: 'The same as --command-config (deprecated).',
  },
  {
    name: 'socket-buffer-size',
    argument: { label: 'size', type: 'Integer' },
    description: 'Understood, without effect: the system chooses.',
    default: '2097152',
  },
  { name: 'print-metrics', description: 'Print figures of the client at the end.' },
  { name: 'show-detailed-stats', description: 'Print how it goes, every --reporting-interval.' },
  {
    name: 'timeout',
    argument: { label: 'milliseconds', type: 'Long', isOptional: true },
    description: 'End when no record has come for so long.',
    default: '10000',
  },
  {
    name: 'messages',
    argument: { label: 'count', type: 'Long' },
    description: 'The same as --num-records (deprecated).',
  },
  {
    name: 'num-records',
    argument: { label: 'count', type: 'Long' },
    description: 'REQUIRED: how many records to read.',
  },
  {
    name: 'reporting-interval',
    argument: { label: 'interval_ms', type: 'Long' },
    description: 'How often to print how it goes, in milliseconds.',
    default: '5000',
  },
  {
    name: 'date-format',
    argument: { label: 'date format' },
    description: "How times are printed: a pattern of Java's SimpleDateFormat.",
    default: 'yyyy-MM-dd HH:mm:ss:SSS',
  },
  { name: 'hide-header', description: 'Print no header.' },
]

export interface ReadPerfSettings {
  readonly recordCount: number
  readonly timeoutMs: number
  readonly reportingIntervalMs: number
  readonly showsDetails: boolean
  readonly time: DateFormat
  readonly properties: Map<string, string>
}

/** Exactly one of these must be given. Throws UsageError. */
export function requireOneOf(options: ParsedOptions, names: readonly string[]): void {
  if (names.filter((name) => options.has(name)).length === 1) return
  const list = names.map((name) => `[${name}]`).join(', ')
  throw new UsageError(`Exactly one of the following arguments is required: ${list}`)
}

/** Throws UsageError; warns of names that are old. */
export function checkReadPerfOptions(options: ParsedOptions, io: Io): void {
  requireOneOf(options, ['messages', 'num-records'])
  excludeOptions(options, 'consumer.config', ['command-config'])
  if (options.has('messages')) warnOf(io, 'messages', 'num-records')
  if (options.has('consumer.config')) warnOf(io, 'consumer.config', 'command-config')
}

function warnOf(io: Io, old: string, current: string): void {
  printLine(io.stdout, `Warning: --${old} is deprecated. Use --${current} instead.`)
}

/** Throws UsageError, ToolError. What is wrong here is found when the header is printed. */
export function readPerfSettings(options: ParsedOptions, defaults: Properties, io: Io): ReadPerfSettings {
  const file = options.value('command-config') ?? options.value('consumer.config')
  const fromFile = file === undefined ? [] : readProperties(file, io)
  const properties = new Map([...fromFile, ...pairsOf(options.values('command-property')), ...defaults])
  if (!properties.has('client.id')) properties.set('client.id', 'perf-consumer-client')
  const recordCount = options.integer('num-records') ?? options.integer('messages')!
  const timeoutMs = options.integer('timeout')!
  const reportingIntervalMs = options.integer('reporting-interval')!
  if (reportingIntervalMs <= 0) throw new ToolError('Reporting interval must be greater than 0.')
  return {
    recordCount,
    timeoutMs,
    reportingIntervalMs,
    showsDetails: options.has('show-detailed-stats'),
    time: javaDateFormat(options.required('date-format')),
    properties,
  }
}

/** Bytes of a record's key and value. */
export function payloadBytes({ key, value }: { readonly key: Buffer | null; readonly value: Buffer | null }): number {
  return (key?.length ?? 0) + (value?.length ?? 0)
}
