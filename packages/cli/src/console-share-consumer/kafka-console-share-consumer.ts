/** kafka-console-share-consumer: prints records that a share group hands out as lines (KIP-932). */
import type { Kafka, ShareConsumer, Task } from '@ottla/client'
import { CLIENT_OPTIONS, FORMATTER_OPTIONS } from '../console-consumer/console-options.ts'
import { boundless } from '../console-consumer/consumer-settings.ts'
import { runConsole } from '../console-consumer/run-console.ts'
import { type Io, printLine } from '../io.ts'
import type { OptionTable } from '../options/option-spec.ts'
import { SettingError, ToolError, UsageError } from '../options/usage-error.ts'
import { shareConsumerOptions } from '../shared/client-properties.ts'
import { errorText } from '../shared/error-text.ts'
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
  ...FORMATTER_OPTIONS,
  ...CLIENT_OPTIONS,
  {
    name: 'consumer-config',
    argument: { label: 'config file' },
    description: 'The same as --command-config (deprecated).',
  },
]

const UNHEARD_CLOSE_MS = 2000

/** Runs kafka-console-share-consumer. */
export const run = defineTool({
  purpose: 'read data from Kafka topics using share groups and outputs it to standard output.',
  options: OPTIONS,
  syntaxError: 'with-options',
  run: (options, io) =>
    runConsole({
      options,
      io,
      settings: () => shareSettings(options, io),
      consume: async (kafka, settings, counter) => {
        const maxMessages = boundless(options.integer('max-messages'))
        return consume({ kafka, settings, counter, maxMessages }, io)
      },
      isToldPlainly,
    }),
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
