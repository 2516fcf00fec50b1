/** What kafka-console-consumer is asked to do, checked as Kafka's tool checks it. */
import type { ConsumerOptions } from '@ottla/client'
import type { Io } from '../io.ts'
import { requireOptions } from '../options/check-options.ts'
import type { ParsedOptions } from '../options/parse-options.ts'
import { FileError, ToolError, UsageError } from '../options/usage-error.ts'
import { consumerOptions, pairsOf, readProperties } from '../shared/client-properties.ts'
import { checkOldNames, tellOldNames } from '../shared/deprecated-options.ts'
import { topicPattern } from '../shared/topic-filter.ts'
import { deserializer } from './deserializers.ts'
import { defaultFormatter, type MessageFormatter, noOpFormatter } from './message-formatter.ts'

export type ReadPlan =
  | { readonly kind: 'group'; readonly topics: string | RegExp }
  | { readonly kind: 'all-partitions'; readonly topics: string | RegExp; readonly from: 'earliest' | 'latest' }
  | {
      readonly kind: 'one-partition'
      readonly topic: string
      readonly partition: number
      readonly from: number | 'earliest' | 'latest'
    }

export interface ConsumerSettings {
  readonly servers: string
  readonly plan: ReadPlan
  readonly properties: Map<string, string>
  readonly options: ConsumerOptions
  readonly format: MessageFormatter
  /** Infinity: waits for ever. */
  readonly timeoutMs: number
  readonly skipsErrors: boolean
}

const OLD_NAMES = [
  { old: 'consumer-property', current: 'command-property' },
  { old: 'property', current: 'formatter-property' },
  { old: 'consumer.config', current: 'command-config' },
]

const FORMATTERS: Readonly<Record<string, (properties: Map<string, string>) => MessageFormatter>> = {
  'org.apache.kafka.tools.consumer.DefaultMessageFormatter': defaultFormatter,
  'kafka.tools.DefaultMessageFormatter': defaultFormatter,
  'org.apache.kafka.tools.consumer.LoggingMessageFormatter': defaultFormatter,
  'kafka.tools.LoggingMessageFormatter': defaultFormatter,
  'org.apache.kafka.tools.consumer.NoOpMessageFormatter': () => noOpFormatter,
  'kafka.tools.NoOpMessageFormatter': () => noOpFormatter,
}

/** Throws UsageError, ToolError. */
export function consumerSettings(options: ParsedOptions, io: Io): ConsumerSettings {
  const topics = onlyTopics(options)
  requireOptions(options, ['bootstrap-server'])
  checkPartition(options)
  checkOldNames(OLD_NAMES, options, 'old')
  tellOldNames(OLD_NAMES, 'Option', { options, io })
  const file = options.value('command-config') ?? options.value('consumer.config')
  const fromFile = file === undefined ? new Map<string, string>() : readProperties(file, io)
  const pairs = pairsOf([...options.values('consumer-property'), ...options.values('command-property')])
  const groups = [options.value('group'), fromFile.get('group.id'), pairs.get('group.id')]
  const properties = new Map([['client.id', 'console-consumer'], ...fromFile, ...pairs])
  const group = onlyGroup(groups)
  if (group === '') throw new ToolError('The group id must not be empty.')
  if (group !== undefined) properties.set('group.id', group)
  setReset(options, properties)
  properties.set('isolation.level', options.required('isolation-level'))
  const format = formatter(options, io)
  const timeoutMs = options.integer('timeout-ms')
  return {
    servers: options.required('bootstrap-server'),
    plan: plan(options, topics, properties),
    properties,
    options: consumerOptions(properties),
    format,
    timeoutMs: boundless(timeoutMs),
    skipsErrors: options.has('skip-message-on-error'),
  }
}

function onlyTopics(options: ParsedOptions): string | RegExp {
  const topic = options.value('topic')
  const include = options.value('include') ?? options.value('whitelist')
  if ((topic === undefined) === (include === undefined)) {
    throw new UsageError('Exactly one of the following arguments is required: [topic], [include]')
  }
  return topic ?? topicPattern(include!)
}

function checkPartition(options: ParsedOptions): void {
  if (options.has('partition')) {
    if (!options.has('topic')) throw new UsageError('The topic is required when partition is specified.')
    if (options.has('from-beginning') && options.has('offset')) {
      throw new UsageError('Options from-beginning and offset cannot be specified together.')
    }
  } else if (options.has('offset')) throw new UsageError('The partition is required when offset is specified.')
}

function onlyGroup(given: readonly (string | undefined)[]): string | undefined {
  const different = [...new Set(given.filter((group) => group !== undefined))]
  if (different.length < 2) return different[0]
  const list = different.map((group) => `'${group}'`).join(', ')
  throw new UsageError(
    `The group ids provided in different places (directly using '--group', via '--consumer-property', or via '--consumer.config') do not match. Detected group ids: ${list}`,
  )
}

function setReset(options: ParsedOptions, properties: Map<string, string>): void {
  const reset = properties.get('auto.offset.reset')
  if (!options.has('from-beginning')) {
    if (reset === undefined) properties.set('auto.offset.reset', 'latest')
    return
  }
  if (reset !== undefined && reset !== 'earliest') {
    throw new ToolError(
      `Can't simultaneously specify --from-beginning and 'auto.offset.reset=${reset}', please remove one option`,
    )
  }
  properties.set('auto.offset.reset', 'earliest')
}

function plan(options: ParsedOptions, topics: string | RegExp, properties: Map<string, string>): ReadPlan {
  if (options.has('partition')) {
    if (properties.has('group.id')) throw new UsageError('Options group and partition cannot be specified together.')
    const partition = options.integer('partition')!
    return { kind: 'one-partition', topic: options.required('topic'), partition, from: startOffset(options) }
  }
  if (properties.has('group.id')) return { kind: 'group', topics }
  const from = properties.get('auto.offset.reset') === 'earliest' ? 'earliest' : 'latest'
  return { kind: 'all-partitions', topics, from }
}

function startOffset(options: ParsedOptions): number | 'earliest' | 'latest' {
  const text = options.value('offset')
  if (text === undefined) return options.has('from-beginning') ? 'earliest' : 'latest'
  const word = text.toLowerCase()
  if (word === 'earliest' || word === 'latest') return word
  const offset = Number(text)
  if (/^\d+$/.test(text) && Number.isSafeInteger(offset)) return offset
  throw new UsageError(
    `The provided offset value '${text}' is incorrect. Valid values are 'earliest', 'latest', or a non-negative long.`,
  )
}

function formatterFile(path: string, io: Io): Map<string, string> {
  try {
    return readProperties(path, io)
  } catch (error) {
    throw error instanceof FileError ? new UsageError(error.path) : error
  }
}

/** A number that is not given, or below zero, stands for none. */
export function boundless(value: number | undefined): number {
  return value === undefined || value < 0 ? Number.POSITIVE_INFINITY : value
}

/** As the options say. Throws UsageError, ToolError. */
export function formatter(options: ParsedOptions, io: Io): MessageFormatter {
  const name = options.required('formatter')
  const make = FORMATTERS[name]
  if (make === undefined) throw new UsageError(name)
  const file = options.value('formatter-config')
  const properties = new Map([
    ...(file === undefined ? [] : formatterFile(file, io)),
    ...pairsOf(options.values('property')),
    ...pairsOf(options.values('formatter-property')),
  ])
  for (const part of ['key', 'value'] as const) {
    const className = options.value(`${part}-deserializer`)
    if (className === undefined || className === '') continue
    deserializer(className)
    properties.set(`${part}.deserializer`, className)
  }
  return make(properties)
}
