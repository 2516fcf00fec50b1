/** kafka-get-offsets: one line `topic:partition:offset` per partition. */
import { type FoundOffset, OffsetMark, partitionKey, type TopicPartition } from '@ottla/client'
import { formatInt64 } from '@ottla/stdx'
import { printLine } from '../io.ts'
import { requireOptions } from '../options/check-options.ts'
import type { OptionTable } from '../options/option-spec.ts'
import type { ParsedOptions } from '../options/parse-options.ts'
import { ToolError, UsageError } from '../options/usage-error.ts'
import { connect, readProperties } from '../shared/client-properties.ts'
import { errorTextWithClass } from '../shared/error-text.ts'
import { isInternalTopic, topicPattern } from '../shared/topic-filter.ts'
import { defineTool } from '../tool.ts'
import { type PartitionFilter, parsePartitionPatterns } from './partition-patterns.ts'

const OPTIONS: OptionTable = [
  {
    name: 'bootstrap-server',
    argument: { label: 'HOST1:PORT1,...,HOST3:PORT3' },
    description: 'REQUIRED: brokers to ask first.',
  },
  { name: 'broker-list', argument: { label: 'servers' }, description: 'The same, under its old name.', isHidden: true },
  {
    name: 'topic-partitions',
    argument: { label: 'topic1:1,topic2:0-3,topic3,topic4:5-,topic5:-3' },
    description:
      'Patterns of partitions: a regular expression for the topic, then after a colon a number or a range whose end is not in it.',
  },
  { name: 'topic', argument: { label: 'topic' }, description: 'Regular expression for topics. Default: all.' },
  {
    name: 'partitions',
    argument: { label: 'partition ids' },
    description: 'Partitions with commas between. Default: all.',
  },
  {
    name: 'time',
    argument: { label: 'timestamp or word' },
    description:
      'First offset at or after this time in milliseconds; or latest (-1), earliest (-2), max-timestamp (-3), earliest-local (-4), latest-tiered (-5), earliest-pending-upload (-6).',
    default: 'latest',
  },
  { name: 'command-config', argument: { label: 'config file' }, description: 'Properties file for the client.' },
  { name: 'max-wait-ms', argument: { label: 'ms' }, description: 'Understood, without effect.', isHidden: true },
  { name: 'offsets', argument: { label: 'count' }, description: 'Understood: there is one.', isHidden: true },
  { name: 'exclude-internal-topics', description: 'Leave out internal topics.' },
]

const WORDS: Readonly<Record<string, number>> = {
  latest: OffsetMark.latest,
  earliest: OffsetMark.earliest,
  'max-timestamp': OffsetMark.maxTimestamp,
  'earliest-local': OffsetMark.earliestLocal,
  'latest-tiered': OffsetMark.latestTiered,
  'earliest-pending-upload': OffsetMark.earliestPendingUpload,
}
const HOST_AND_PORT = /.:\d+$/
const TIME_MESSAGE =
  'Please use -1 or latest / -2 or earliest / -3 or max-timestamp / -4 or earliest-local / -5 or latest-tiered / -6 or earliest-pending-upload, or a specified long format timestamp'

/** Runs kafka-get-offsets. */
export const run = defineTool({
  purpose: 'get offsets of partitions.',
  bareMessage: 'An interactive shell for getting topic-partition offsets.',
  options: OPTIONS,
  syntaxError: (message) => `Error occurred: ${message}`,
  async run(options, io) {
    try {
      const filter = partitionFilter(options)
      const timestamp = parseTime(options.required('time'))
      const file = options.value('command-config')
      const properties = file === undefined ? new Map() : readProperties(file, io)
      await using kafka = connect(servers(options), properties, io)
      const admin = kafka.admin()
      const names = (await admin.listTopics()).map(({ name }) => name)
      const shown = names.filter((name) => !options.has('exclude-internal-topics') || !isInternalTopic(name))
      const described = await admin.describeTopics(shown)
      const partitions = [...described.values()].flatMap((outcome) =>
        outcome.kind === 'done'
          ? outcome.value.partitions.map(({ partition }) => ({ topic: outcome.value.name, partition }))
          : [],
      )
      const wanted = partitions.filter(filter)
      if (wanted.length === 0) {
        throw new ToolError('Could not match any topic-partitions with the specified filters')
      }
      const found = await admin.listOffsets(wanted.map((partition) => ({ ...partition, timestamp })))
      const outcomeOf = ({ topic, partition }: TopicPartition) => found.get(partitionKey(topic, partition))
      for (const partition of wanted) {
        const outcome = outcomeOf(partition)
        if (outcome?.kind === 'failed') printLine(io.stderr, problemLine(partition, outcome.error))
      }
      for (const partition of sorted(wanted)) {
        const outcome = outcomeOf(partition)
        if (outcome?.kind === 'done' && outcome.value.offset >= 0)
          printLine(io.stdout, offsetLine(partition, outcome.value))
      }
      return 0
    } catch (error) {
      if (error instanceof UsageError) throw error
      throw new ToolError(`Error occurred: ${errorTextWithClass(error)}`)
    }
  },
})

function servers(options: ParsedOptions): string {
  const given = options.value('bootstrap-server') ?? options.value('broker-list')
  if (given === undefined) requireOptions(options, ['bootstrap-server'])
  if (given!.split(',').every((address) => HOST_AND_PORT.test(address))) return given!
  throw new UsageError('Please provide valid host:port like host1:9091,host2:9092\n')
}

function partitionFilter(options: ParsedOptions): PartitionFilter {
  const patterns = options.value('topic-partitions')
  if (patterns !== undefined) {
    if (options.has('topic') || options.has('partitions')) {
      throw new ToolError('--topic-partitions cannot be used with --topic or --partitions')
    }
    return parsePartitionPatterns(patterns)
  }
  const text = options.value('topic')
  const pattern = text === undefined ? /^/ : topicPattern(text)
  const ids = options.value('partitions')
  const wanted = ids === undefined || ids === '' ? null : new Set(ids.split(',').map(partitionId))
  return ({ topic, partition }) => pattern.test(topic) && (wanted === null || wanted.has(partition))
}

function partitionId(text: string): number {
  if (/^\d+$/.test(text.trim())) return Number(text)
  throw new ToolError(
    `--partitions expects a comma separated list of numeric partition ids, but received: ${text.trim()}`,
  )
}

function parseTime(text: string): number {
  const word = WORDS[text]
  if (word !== undefined) return word
  const time = Number(text)
  if (/^-?\d+$/.test(text) && Number.isSafeInteger(time)) return time
  throw new ToolError(`Malformed time argument ${text}. ${TIME_MESSAGE}`)
}

/** By the text of topic and partition, so that partition 10 stands before 2. */
function sorted(partitions: readonly TopicPartition[]): TopicPartition[] {
  const text = ({ topic, partition }: TopicPartition) => partitionKey(topic, partition)
  return [...partitions].sort((a, b) => (text(a) < text(b) ? -1 : 1))
}

function offsetLine({ topic, partition }: TopicPartition, { offset }: FoundOffset): string {
  return `${topic}:${partition}:${formatInt64(offset)}`
}

function problemLine({ topic, partition }: TopicPartition, error: unknown): string {
  return `Skip getting offsets for topic-partition ${partitionKey(topic, partition)} due to error: ${errorTextWithClass(error)}`
}
