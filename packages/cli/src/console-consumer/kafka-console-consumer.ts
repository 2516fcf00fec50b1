/** kafka-console-consumer: prints records as lines. */
import type { Consumer, ConsumerRecord, Kafka } from '@ottla/client'
import { type Io, printLine } from '../io.ts'
import type { OptionTable } from '../options/option-spec.ts'
import type { ParsedOptions } from '../options/parse-options.ts'
import { SettingError, ToolError, UsageError } from '../options/usage-error.ts'
import { errorText } from '../shared/error-text.ts'
import { defineTool } from '../tool.ts'
import { CLIENT_OPTIONS, FORMATTER_OPTIONS } from './console-options.ts'
import { boundless, type ConsumerSettings, consumerSettings } from './consumer-settings.ts'
import { runConsole } from './run-console.ts'
import { TopicFollower } from './topic-follower.ts'

const OPTIONS: OptionTable = [
  { name: 'topic', argument: { label: 'topic' }, description: 'Topic to read.' },
  {
    name: 'include',
    argument: { label: 'regular expression' },
    description: 'Read all topics whose whole name matches.',
  },
  { name: 'whitelist', argument: { label: 'regex' }, description: 'The old name of --include.', isHidden: true },
  {
    name: 'bootstrap-server',
    argument: { label: 'server to connect to' },
    description: 'REQUIRED: brokers to ask first, HOST:PORT,HOST:PORT.',
  },
  {
    name: 'partition',
    argument: { label: 'partition', type: 'Integer' },
    description: 'Read this partition alone, from its end unless --offset says otherwise.',
  },
  {
    name: 'offset',
    argument: { label: 'consume offset' },
    description: 'With --partition: a number, earliest or latest. Default: latest.',
  },
  {
    name: 'from-beginning',
    description: 'Begin with the oldest records, where the group has no offset yet, instead of what comes from now on.',
  },
  {
    name: 'max-messages',
    argument: { label: 'num_messages', type: 'Integer' },
    description: 'End after so many records. Default: never.',
  },
  {
    name: 'timeout-ms',
    argument: { label: 'timeout_ms', type: 'Long' },
    description: 'End when no record has come for so long.',
  },
  {
    name: 'group',
    argument: { label: 'consumer group id' },
    description: 'Group to read as, and to commit offsets for. Default: none, and nothing is committed.',
  },
  {
    name: 'isolation-level',
    argument: { label: '' },
    description: 'read_committed leaves out records of transactions that are open or were aborted.',
    default: 'read_uncommitted',
  },
  ...FORMATTER_OPTIONS,
  {
    name: 'skip-message-on-error',
    description: 'Go on with the next record when one cannot be printed.',
  },
  ...CLIENT_OPTIONS,
  {
    name: 'consumer.config',
    argument: { label: 'config file' },
    description: 'The same as --command-config (deprecated).',
  },
  { name: 'new-consumer', description: 'Understood, without effect: there is no other.', isHidden: true },
]

/** Runs kafka-console-consumer. */
export const run = defineTool({
  purpose: 'read data from Kafka topics and outputs it to standard output.',
  options: OPTIONS,
  syntaxError: 'with-options',
  run: (options, io) =>
    runConsole({
      options,
      io,
      settings: () => consumerSettings(options, io),
      consume: async (kafka, settings, counter) => {
        const maxMessages = maxMessagesOf(options)
        return consume({ kafka, settings, counter, maxMessages }, io)
      },
      isToldPlainly,
    }),
})

/** Throws SettingError. */
function maxMessagesOf(options: ParsedOptions): number {
  try {
    return boundless(options.integer('max-messages'))
  } catch (error) {
    throw error instanceof UsageError ? new SettingError(error.message) : error
  }
}

/** The command line is wrong, as opposed to what came of it. */
function isToldPlainly(error: unknown): boolean {
  return (error instanceof ToolError && !(error instanceof SettingError)) || error instanceof UsageError
}

interface Consumption {
  readonly kafka: Kafka
  readonly settings: ConsumerSettings
  readonly counter: { count: number }
  readonly maxMessages: number
}

async function consume({ kafka, settings, counter, maxMessages }: Consumption, io: Io): Promise<void> {
  await using consumer = kafka.consumer(settings.options)
  const follower = start(consumer, settings, io)
  const { clock } = io.env
  let heardAt = clock.monotonic()
  while (counter.count < maxMessages) {
    const leftMs = heardAt + settings.timeoutMs - clock.monotonic()
    if (follower !== null && !(await lookInTime(follower, { leftMs, io }))) return
    const records = await consumer.poll({
      timeoutMs: Math.max(0, Math.min(leftMs, follower?.dueInMs ?? Number.POSITIVE_INFINITY)),
      maxRecords: maxMessages - counter.count,
      signal: io.signal,
    })
    for (const record of records) {
      counter.count += 1
      print(record, settings, io)
    }
    if (records.length > 0) {
      heardAt = clock.monotonic()
      try {
        await io.stdout.drained()
      } catch {
        printLine(io.stderr, 'Unable to write to standard out, closing consumer.')
        return
      }
    } else if (clock.monotonic() - heardAt >= settings.timeoutMs) return
  }
}

/** False: no broker has told the partitions before the time was up. */
async function lookInTime(follower: TopicFollower, { leftMs, io }: { leftMs: number; io: Io }): Promise<boolean> {
  if (!Number.isFinite(leftMs)) {
    await follower.look(io.signal)
    return true
  }
  const late = new AbortController()
  const timer = io.env.timers.after(Math.max(0, leftMs), () => late.abort())
  try {
    await follower.look(AbortSignal.any([io.signal, late.signal]))
    return true
  } catch (error) {
    if (late.signal.aborted) return false
    throw error
  } finally {
    timer.cancel()
  }
}

function start(consumer: Consumer, { plan }: ConsumerSettings, io: Io): TopicFollower | null {
  switch (plan.kind) {
    case 'one-partition': {
      const { topic, partition, from } = plan
      consumer.assign([{ topic, partition, from }])
      return null
    }
    case 'group':
      consumer.subscribe(typeof plan.topics === 'string' ? [plan.topics] : plan.topics)
      return null
    case 'all-partitions':
      return new TopicFollower({ consumer, clock: io.env.clock, topics: plan.topics, from: plan.from })
  }
}

function print(record: ConsumerRecord, { format, skipsErrors }: ConsumerSettings, io: Io): void {
  try {
    io.stdout.write(format(record))
  } catch (error) {
    if (!skipsErrors) throw error
    printLine(io.stderr, `ERROR Error processing message, skipping this message: ${errorText(error)}`)
  }
}
