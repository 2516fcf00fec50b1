/** kafka-verifiable-share-consumer: takes records from a share group, and tells all that happens as JSON. */
import { ConfigResourceType, type Kafka, partitionKey, type Task, unwrap } from '@ottla/client'
import { type Io, printLine } from '../io.ts'
import { type ArgumentSpec, defineArgparseTool, type ParsedArguments } from '../options/argparse.ts'
import { ToolError } from '../options/usage-error.ts'
import { connect, readProperties, shareConsumerOptions } from '../shared/client-properties.ts'
import { errorText } from '../shared/error-text.ts'
import { nextTurn } from '../shared/pause.ts'
import { stopCode } from '../shared/stop-code.ts'
import { printEvent, textOf } from './events.ts'

const MODES = ['auto', 'sync', 'async']
const STRATEGIES = ['earliest', 'latest']

const ARGUMENTS: readonly ArgumentSpec[] = [
  { flag: '--topic', type: 'String', metavar: 'TOPIC', isRequired: true, description: 'Topic to take records of.' },
  { flag: '--group-id', type: 'String', metavar: 'GROUP-ID', isRequired: true, description: 'Share group.' },
  {
    flag: '--max-messages',
    type: 'Integer',
    metavar: 'MAX-MESSAGES',
    default: '-1',
    description: 'End when so many are acknowledged; -1: when the process is ended.',
  },
  { flag: '--verbose', description: 'Print each record too.' },
  {
    flag: '--acknowledgement-mode',
    type: 'String',
    metavar: 'ACKNOWLEDGEMENT-MODE',
    default: 'auto',
    description: 'auto, sync or async. Records are acknowledged when they were printed; sync waits for the answer.',
  },
  {
    flag: '--offset-reset-strategy',
    type: 'String',
    metavar: 'OFFSET-RESET-STRATEGY',
    default: '',
    description: 'Set where the group begins: earliest or latest.',
  },
  { flag: '--command-config', type: 'String', metavar: 'CONFIG-FILE', description: 'Properties file for the client.' },
  {
    flag: '--bootstrap-server',
    type: 'String',
    metavar: 'HOST1:PORT1[,HOST2:PORT2[...]]',
    isRequired: true,
    description: 'Brokers to ask first.',
  },
]

/** Runs kafka-verifiable-share-consumer. */
export const run = defineArgparseTool({
  name: 'verifiable-share-consumer',
  purpose: 'Takes records from a share group, and prints JSON for what happens: records, acknowledgements.',
  arguments: ARGUMENTS,
  async run(args, io) {
    const mode = args.text('--acknowledgement-mode')!
    if (!MODES.includes(mode.toLowerCase())) {
      throw new ToolError(
        `No enum constant org.apache.kafka.tools.VerifiableShareConsumer.AcknowledgementMode.${mode.toUpperCase()}`,
      )
    }
    const file = args.text('--command-config')
    const properties = new Map(file === undefined ? [] : readProperties(file, io))
    await using kafka = connect(args.text('--bootstrap-server')!, properties, io)
    printEvent(io, 'startup_complete')
    try {
      await setOffsetReset(args, kafka, io)
      const groupId = args.text('--group-id')!
      await using consumer = kafka.shareConsumer({ groupId, ...shareConsumerOptions(properties) })
      consumer.subscribe([args.text('--topic')!])
      const sharing = new Sharing(args, io)
      await sharing.run(consumer.tasks({ signal: io.signal }))
    } catch (error) {
      if (!io.signal.aborted) {
        printLine(io.stderr, `ERROR Error during processing, terminating share consumer process: ${errorText(error)}`)
      }
    }
    printEvent(io, 'shutdown_complete')
    return io.signal.aborted ? stopCode(io.signal) : 0
  },
})

async function setOffsetReset(args: ParsedArguments, kafka: Kafka, io: Io): Promise<void> {
  const given = args.text('--offset-reset-strategy')!
  if (given === '') return
  const offsetResetStrategy = given.toLowerCase()
  if (!STRATEGIES.includes(offsetResetStrategy)) throw new ToolError(`Unknown auto offset reset strategy: ${given}`)
  const resource = { type: ConfigResourceType.group, name: args.text('--group-id')! }
  const changes = [{ kind: 'set' as const, name: 'share.auto.offset.reset', value: offsetResetStrategy }]
  for (const outcome of (await kafka.admin().incrementalAlterConfigs([{ resource, changes }])).values()) unwrap(outcome)
  printEvent(io, 'offset_reset_strategy_set', { offsetResetStrategy })
}

interface Batch {
  readonly topic: string
  readonly partition: number
  readonly offsets: number[]
}

class Sharing {
  readonly #args: ParsedArguments
  readonly #io: Io
  #acknowledged = 0

  constructor(args: ParsedArguments, io: Io) {
    this.#args = args
    this.#io = io
  }

  async run(tasks: AsyncGenerator<Task, void>): Promise<void> {
    const max = this.#args.number('--max-messages')!
    const answers = new Set<Promise<void>>()
    while (max < 0 || this.#acknowledged < max) {
      const batch = await this.#nextBatch(tasks)
      if (batch.length === 0) break
      this.#printBatch(batch)
      const answer = this.#acknowledge(batch).finally(() => answers.delete(answer))
      answers.add(answer)
      if (max >= 0 || this.#args.text('--acknowledgement-mode')!.toLowerCase() === 'sync') await answer
    }
    await Promise.all(answers)
  }

  /** The task that was asked for last, and has not come. */
  #asked: Promise<IteratorResult<Task, void>> | null = null

  /** What has been acquired together. Empty at the end. */
  async #nextBatch(tasks: AsyncGenerator<Task, void>): Promise<Task[]> {
    const batch: Task[] = []
    for (;;) {
      this.#asked ??= tasks.next()
      const next = batch.length === 0 ? await this.#asked : await Promise.race([this.#asked, nextTurn(this.#io.env)])
      if (next === undefined) return batch
      this.#asked = null
      if (next.done === true) return batch
      batch.push(next.value)
    }
  }

  #printBatch(batch: readonly Task[]): void {
    if (this.#args.has('--verbose')) {
      for (const { record } of batch) {
        const { key, value, topic, partition, offset } = record
        printEvent(this.#io, 'record_data', { key: textOf(key), value: textOf(value), topic, partition, offset })
      }
    }
    printEvent(this.#io, 'records_consumed', { count: batch.length, partitions: countsOf(batch) })
  }

  async #acknowledge(batch: readonly Task[]): Promise<void> {
    const outcomes = await Promise.allSettled(batch.map((task) => task.ack()))
    const done = batch.filter((_, at) => outcomes[at]!.status === 'fulfilled')
    if (done.length > 0) {
      printEvent(this.#io, 'offsets_acknowledged', { count: done.length, partitions: countsOf(done), success: true })
    }
    this.#acknowledged += done.length
    const failed = batch.filter((_, at) => outcomes[at]!.status === 'rejected')
    if (failed.length === 0) return
    const [first] = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []))
    const end = { success: false, error: errorText(first) }
    printEvent(this.#io, 'offsets_acknowledged', { count: failed.length, partitions: countsOf(failed), ...end })
  }
}

function countsOf(tasks: readonly Task[]): object[] {
  const groups = new Map<string, Batch>()
  for (const { record } of tasks) {
    const { topic, partition, offset } = record
    const key = partitionKey(topic, partition)
    const batch = groups.get(key) ?? { topic, partition, offsets: [] }
    groups.set(key, batch)
    batch.offsets.push(offset)
  }
  return [...groups.values()].map(({ topic, partition, offsets }) => ({
    topic,
    partition,
    count: offsets.length,
    offsets,
  }))
}
