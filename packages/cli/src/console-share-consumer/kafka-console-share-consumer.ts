/** kafka-console-share-consumer: prints records that a share group hands out as lines (KIP-932). */
import type { Kafka, ShareConsumer, Task } from '@ottla/client'
import { boundless } from '../console-consumer/consumer-settings.ts'
import { type Io, printLine } from '../io.ts'
import type { OptionTable } from '../options/option-spec.ts'
import { SettingError, ToolError, UsageError } from '../options/usage-error.ts'
import { connect, shareConsumerOptions } from '../shared/client-properties.ts'
import { errorText, errorTextWithClass } from '../shared/error-text.ts'
import { defineTool } from '../tool.ts'
import { type ShareSettings, shareSettings } from './share-consumer-settings.ts'

const OPTIONS: OptionTable = [
  { name: 'topic', argument: { label: 'topic' }, description: 'Topic to read.' },
  {
    name: 'bootstrap-server',
    argument: { label: 'server to connect to' },
    description: 'REQUIRED: brokers to ask first, HOST:PORT,HOST:PORT.',
  },
  {
    name: 'group',
    argument: { label: 'share group id' },
    description: 'Share group to take part in. Default: console-share-consumer.',
  },
  {
    name: 'max-messages',
    argument: { label: 'num_messages', type: 'Integer' },
    description: 'End after so many records. Default: never.',
  },
  {
    name: 'timeout-ms',
    argument: { label: 'timeout_ms', type: 'Integer' },
    description: 'End when no record has come for so long.',
  },
  { name: 'release', description: 'Give records back once they are printed: somebody gets them again.' },
  { name: 'reject', description: 'Reject records once they are printed: nobody gets them again.' },
  { name: 'reject-message-on-error', description: 'Reject a record that cannot be printed, and go on.' },
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
    name: 'consumer-config',
    argument: { label: 'config file' },
    description: 'The same as --command-config (deprecated).',
  },
]

const INTERRUPTED = 130
const UNHEARD_CLOSE_MS = 2000

/** Runs kafka-console-share-consumer. */
export const run = defineTool({
  purpose: 'read data from Kafka topics using share groups and outputs it to standard output.',
  options: OPTIONS,
  syntaxError: 'with-options',
  async run(options, io) {
    const counter = { count: 0 }
    try {
      const settings = shareSettings(options, io)
      await using kafka = connect(settings.servers, settings.properties, io)
      try {
        const maxMessages = boundless(options.integer('max-messages'))
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

/** The command line is wrong, as opposed to what came of it. */
function isToldPlainly(error: unknown): boolean {
  return (
    (error instanceof ToolError && !(error instanceof SettingError)) ||
    (error instanceof UsageError && error.showsOptions)
  )
}

interface Consumption {
  readonly kafka: Kafka
  readonly settings: ShareSettings
  readonly counter: { count: number }
  readonly maxMessages: number
}

async function consume({ kafka, settings, counter, maxMessages }: Consumption, io: Io): Promise<void> {
  if (maxMessages === 0) return
  const { properties, group, topic } = settings
  const consumer = kafka.shareConsumer({ groupId: group, ...shareConsumerOptions(properties) })
  consumer.subscribe([topic])
  /** Said, but not yet known to have been heard. */
  const answers = new Set<Promise<unknown>>()
  try {
    for await (const task of tasksUntilQuiet(consumer, settings.timeoutMs, io)) {
      counter.count += 1
      // Not waited for: what one turn says travels together. A lock that ran out is no matter here.
      const answer = task[print(task, settings, io)]().catch(() => {})
      answers.add(answer)
      void answer.then(() => answers.delete(answer))
      if (counter.count >= maxMessages) return
      try {
        await io.stdout.drained()
      } catch {
        printLine(io.stderr, 'Unable to write to standard out, closing consumer.')
        return
      }
    }
  } finally {
    await Promise.all(answers)
    // Without a broker there is nothing to tell anybody.
    await consumer.close(counter.count === 0 ? { timeoutMs: UNHEARD_CLOSE_MS } : {})
  }
}

/** Tasks until none has come for `timeoutMs`, or the tool is to end. */
async function* tasksUntilQuiet(consumer: ShareConsumer, timeoutMs: number, io: Io): AsyncGenerator<Task> {
  const quiet = new AbortController()
  const { timers } = io.env
  const wait = () => (Number.isFinite(timeoutMs) ? timers.after(timeoutMs, () => quiet.abort()) : null)
  let timer = wait()
  try {
    for await (const task of consumer.tasks({ signal: AbortSignal.any([io.signal, quiet.signal]) })) {
      timer?.cancel()
      yield task
      timer = wait()
    }
  } finally {
    timer?.cancel()
  }
}

/** Prints the record, and says what becomes of it. Throws what keeps it from being printed, unless such records are rejected. */
function print({ record, deliveryCount }: Task, settings: ShareSettings, io: Io): 'ack' | 'release' | 'reject' {
  try {
    io.stdout.write(settings.format({ ...record, deliveryCount }))
    return settings.answer
  } catch (error) {
    if (settings.onError === 'stop') throw error
    printLine(io.stderr, `ERROR Error processing message, rejecting this message: ${errorText(error)}`)
    return 'reject'
  }
}
