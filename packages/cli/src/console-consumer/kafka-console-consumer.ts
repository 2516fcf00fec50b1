/** kafka-console-consumer: prints records as lines. */
import type { Consumer, ConsumerRecord, Kafka } from '@ottla/client'
import { type Io, printLine } from '../io.ts'
import type { OptionTable } from '../options/option-spec.ts'
import type { ParsedOptions } from '../options/parse-options.ts'
import { SettingError, ToolError, UsageError } from '../options/usage-error.ts'
import { connect } from '../shared/client-properties.ts'
import { errorText, errorTextWithClass } from '../shared/error-text.ts'
import { defineTool } from '../tool.ts'
import { boundless, type ConsumerSettings, consumerSettings } from './consumer-settings.ts'
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
  {
    name: 'formatter',
    argument: { label: 'class' },
    description: 'How records are printed: DefaultMessageFormatter, LoggingMessageFormatter or NoOpMessageFormatter.',
    default: 'org.apache.kafka.tools.consumer.DefaultMessageFormatter',
  },
  {
    name: 'formatter-property',
    argument: { label: 'prop' },
    description:
      'Setting of the formatter, key=value. May be repeated. print.timestamp, print.partition, print.offset, print.delivery, print.epoch, print.headers, print.key (false); print.value (true); key.separator (tab); line.separator (newline); headers.separator (,); null.literal (null); key.deserializer, value.deserializer, headers.deserializer (class names).',
  },
  { name: 'property', argument: { label: 'prop' }, description: 'The same as --formatter-property (deprecated).' },
  { name: 'formatter-config', argument: { label: 'config file' }, description: 'Properties file for the formatter.' },
  {
    name: 'key-deserializer',
    argument: { label: 'deserializer for keys' },
    description: "Java's class name; decides how keys are printed.",
  },
  {
    name: 'value-deserializer',
    argument: { label: 'deserializer for values' },
    description: "Java's class name; decides how values are printed.",
  },
  {
    name: 'skip-message-on-error',
    description: 'Go on with the next record when one cannot be printed.',
  },
  { name: 'enable-systest-events', description: 'Print shutdown_complete at the end.' },
  {
    name: 'command-property',
    argument: { label: 'consumer_prop' },
    description: 'Setting of the client, key=value. May be repeated.',
  },
  {
    name: 'consumer-property',
    argument: { label: 'consumer_prop' },
    description: 'The same as --command-property (deprecated).',
  },
  { name: 'command-config', argument: { label: 'config file' }, description: 'Properties file for the client.' },
  {
    name: 'consumer.config',
    argument: { label: 'config file' },
    description: 'The same as --command-config (deprecated).',
  },
  { name: 'new-consumer', description: 'Understood, without effect: there is no other.', isHidden: true },
]

const INTERRUPTED = 130

/** Runs kafka-console-consumer. */
export const run = defineTool({
  purpose: 'read data from Kafka topics and outputs it to standard output.',
  options: OPTIONS,
  syntaxError: 'with-options',
  async run(options, io) {
    const counter = { count: 0 }
    try {
      const settings = consumerSettings(options, io)
      await using kafka = connect(settings.servers, settings.properties, io)
      try {
        const maxMessages = maxMessagesOf(options)
        await consume({ kafka, settings, counter, maxMessages }, io)
      } finally {
        printLine(io.stderr, `Processed a total of ${counter.count} messages`)
        if (options.has('enable-systest-events')) printLine(io.stdout, 'shutdown_complete')
      }
    } catch (error) {
      if (isToldPlainly(error)) throw error
      if (!io.signal.aborted) {
        // Kafka's tool logs it.
        printLine(
          io.stderr,
          `ERROR Unknown error when running consumer: ${errorTextWithClass(error).replaceAll('\n', ', ')}`,
        )
        return 1
      }
    }
    return io.signal.aborted ? INTERRUPTED : 0
  },
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
