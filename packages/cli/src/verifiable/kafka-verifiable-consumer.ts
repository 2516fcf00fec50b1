/** kafka-verifiable-consumer: reads as a member of a group, and tells all that happens as JSON. */
import {
  type Assignor,
  type Consumer,
  type ConsumerRecord,
  cooperativeStickyAssignor,
  partitionKey,
  rangeAssignor,
  roundRobinAssignor,
  stickyAssignor,
  type TopicPartition,
} from '@ottla/client'
import { type Io, printLine } from '../io.ts'
import { type ArgumentSpec, defineArgparseTool, type ParsedArguments } from '../options/argparse.ts'
import { ToolError, UsageError } from '../options/usage-error.ts'
import { connect, consumerOptions, readProperties } from '../shared/client-properties.ts'
import { errorText } from '../shared/error-text.ts'
import { stopCode } from '../shared/stop-code.ts'
import { printEvent, textOf } from './events.ts'

const POLL_MS = 60_000
const ASSIGNOR_PACKAGE = 'org.apache.kafka.clients.consumer.'

const ASSIGNORS: Readonly<Record<string, Assignor>> = {
  RangeAssignor: rangeAssignor,
  RoundRobinAssignor: roundRobinAssignor,
  StickyAssignor: stickyAssignor,
  CooperativeStickyAssignor: cooperativeStickyAssignor,
}

const ARGUMENTS: readonly ArgumentSpec[] = [
  { flag: '--topic', type: 'String', metavar: 'TOPIC', isRequired: true, description: 'Topic to read.' },
  {
    flag: '--group-protocol',
    type: 'String',
    metavar: 'GROUP-PROTOCOL',
    default: 'classic',
    description: 'classic or consumer.',
  },
  {
    flag: '--group-remote-assignor',
    type: 'String',
    metavar: 'GROUP-REMOTE-ASSIGNOR',
    description: 'Assignor of the coordinator, under the consumer protocol.',
  },
  { flag: '--group-id', type: 'String', metavar: 'GROUP-ID', isRequired: true, description: 'Group to read as.' },
  {
    flag: '--group-instance-id',
    type: 'String',
    metavar: 'GROUP-INSTANCE-ID',
    description: 'Makes this a static member.',
  },
  {
    flag: '--max-messages',
    type: 'Integer',
    metavar: 'MAX-MESSAGES',
    default: '-1',
    description: 'Read so many; -1: until the process is ended.',
  },
  {
    flag: '--session-timeout',
    type: 'Integer',
    metavar: 'TIMEOUT-MS',
    description: 'Session timeout, under the classic protocol.',
  },
  { flag: '--verbose', description: 'Print each record too.' },
  { flag: '--enable-autocommit', description: 'Let the client commit by itself.' },
  {
    flag: '--reset-policy',
    type: 'String',
    metavar: 'RESET-POLICY',
    default: 'earliest',
    description: 'Where to begin without an offset: earliest, latest or none.',
  },
  {
    flag: '--assignment-strategy',
    type: 'String',
    metavar: 'ASSIGNMENT-STRATEGY',
    default: `${ASSIGNOR_PACKAGE}RangeAssignor`,
    description: 'Assignors by the names of their classes, under the classic protocol.',
  },
  {
    flag: '--consumer.config',
    type: 'String',
    metavar: 'CONFIG-FILE',
    description: 'The same as --command-config (deprecated).',
  },
  {
    flag: '--command-config',
    type: 'String',
    metavar: 'CONFIG-FILE',
    description: 'Properties file for the consumer.',
  },
  {
    flag: '--bootstrap-server',
    type: 'String',
    metavar: 'HOST1:PORT1[,HOST2:PORT2[...]]',
    isRequired: true,
    description: 'Brokers to ask first.',
  },
  {
    flag: '--broker-list',
    type: 'String',
    metavar: 'HOST1:PORT1[,HOST2:PORT2[...]]',
    description: 'The old name of --bootstrap-server.',
    isHidden: true,
    standsFor: '--bootstrap-server',
  },
]

/** Runs kafka-verifiable-consumer. */
export const run = defineArgparseTool({
  name: 'verifiable-consumer',
  purpose: 'Reads a topic, and prints JSON for what happens: rebalances, records, committed offsets.',
  arguments: ARGUMENTS,
  async run(args, io) {
    const properties = propertiesOf(args, io)
    const assignors = assignorsOf(args)
    await using kafka = connect(args.text('--bootstrap-server')!, properties, io)
    const group = new Membership(io)
    const consumer = kafka.consumer({
      ...consumerOptions(properties),
      ...(assignors === null ? {} : { assignors }),
      rebalanceListener: group,
    })
    const reading = new Reading(args, consumer, io)
    const onStop = () => printEvent(io, 'shutdown_requested')
    io.signal.addEventListener('abort', onStop)
    try {
      await reading.run()
    } catch (error) {
      if (!io.signal.aborted) {
        printLine(io.stderr, `ERROR Error during processing, terminating consumer process: ${errorText(error)}`)
      }
    }
    await group.leave(consumer)
    printEvent(io, 'shutdown_complete')
    if (io.signal.aborted) return stopCode(io.signal)
    onStop()
    return 0
  },
})

function propertiesOf(args: ParsedArguments, io: Io): Map<string, string> {
  const [old, current] = [args.text('--consumer.config'), args.text('--command-config')]
  if (old !== undefined && current !== undefined) {
    throw new UsageError('Options --consumer.config and --command-config are mutually exclusive.')
  }
  if (old !== undefined) {
    printLine(
      io.stdout,
      'Option --consumer.config has been deprecated and will be removed in a future version. Use --command-config instead.',
    )
  }
  const file = current ?? old
  const properties = new Map(file === undefined ? [] : readProperties(file, io))
  const protocol = args.text('--group-protocol')!.toUpperCase()
  if (protocol !== 'CLASSIC' && protocol !== 'CONSUMER') {
    throw new ToolError(`No enum constant org.apache.kafka.clients.consumer.GroupProtocol.${protocol}`)
  }
  const isNew = protocol === 'CONSUMER'
  if (isNew && args.has('--session-timeout')) {
    throw new ToolError('session.timeout.ms cannot be set when group.protocol=CONSUMER')
  }
  const given: [string, string | undefined][] = [
    ['group.protocol', protocol.toLowerCase()],
    ['group.remote.assignor', isNew ? args.text('--group-remote-assignor') : undefined],
    ['session.timeout.ms', args.text('--session-timeout')],
    ['group.id', args.text('--group-id')],
    ['group.instance.id', args.text('--group-instance-id')],
    ['enable.auto.commit', String(args.has('--enable-autocommit'))],
    ['auto.offset.reset', args.text('--reset-policy')],
  ]
  for (const [key, value] of given) if (value !== undefined) properties.set(key, value)
  return properties
}

/** Null: the coordinator assigns. */
function assignorsOf(args: ParsedArguments): Assignor[] | null {
  if (args.text('--group-protocol')!.toUpperCase() === 'CONSUMER') return null
  return args
    .text('--assignment-strategy')!
    .split(',')
    .map((className) => {
      const name = className.trim()
      const assignor = name.startsWith(ASSIGNOR_PACKAGE) ? ASSIGNORS[name.slice(ASSIGNOR_PACKAGE.length)] : undefined
      if (assignor === undefined) throw new ToolError(`Class ${name} cannot be found`)
      return assignor
    })
}

/** Tells which partitions come and go. */
class Membership {
  readonly #io: Io
  readonly #owned = new Map<string, TopicPartition>()

  constructor(io: Io) {
    this.#io = io
  }

  onAssigned(partitions: readonly TopicPartition[]): void {
    for (const partition of partitions) this.#owned.set(partitionKey(partition.topic, partition.partition), partition)
    this.#print('partitions_assigned', partitions)
  }

  onRevoked(partitions: readonly TopicPartition[]): void {
    for (const { topic, partition } of partitions) this.#owned.delete(partitionKey(topic, partition))
    this.#print('partitions_revoked', partitions)
  }

  /** A consumer that closes gives up what it has. */
  async leave(consumer: Consumer): Promise<void> {
    await consumer.close()
    if (this.#owned.size > 0) this.onRevoked([...this.#owned.values()])
  }

  #print(name: string, partitions: readonly TopicPartition[]): void {
    const sorted = partitions
      .map(({ topic, partition }) => ({ topic, partition }))
      .sort((a, b) => (a.topic === b.topic ? a.partition - b.partition : a.topic < b.topic ? -1 : 1))
    printEvent(this.#io, name, { partitions: sorted })
  }
}

class Reading {
  readonly #args: ParsedArguments
  readonly #consumer: Consumer
  readonly #io: Io
  #count = 0

  constructor(args: ParsedArguments, consumer: Consumer, io: Io) {
    this.#args = args
    this.#consumer = consumer
    this.#io = io
  }

  async run(): Promise<void> {
    printEvent(this.#io, 'startup_complete')
    this.#consumer.subscribe([this.#args.text('--topic')!])
    const { signal } = this.#io
    while (!this.#isFinished && !signal.aborted) {
      const records = await this.#consumer.poll({ timeoutMs: POLL_MS, signal })
      if (records.length === 0) continue
      const offsets = this.#receive(records)
      if (!this.#args.has('--enable-autocommit')) await this.#commit(offsets)
    }
  }

  get #isFinished(): boolean {
    const max = this.#args.number('--max-messages')!
    return max >= 0 && this.#count >= max
  }

  /** The offsets that are to be committed. */
  #receive(records: readonly ConsumerRecord[]): (TopicPartition & { offset: number })[] {
    const max = this.#args.number('--max-messages')!
    const offsets: (TopicPartition & { offset: number })[] = []
    const summaries: object[] = []
    for (const all of byPartition(records)) {
      const taken = max < 0 ? all : all.slice(0, max - this.#count)
      const [first, last] = [taken[0], taken.at(-1)]
      if (first === undefined || last === undefined) continue
      const { topic, partition } = first
      offsets.push({ topic, partition, offset: last.offset + 1 })
      summaries.push({ topic, partition, count: taken.length, minOffset: first.offset, maxOffset: last.offset })
      if (this.#args.has('--verbose')) for (const record of taken) this.#printRecord(record)
      this.#count += taken.length
      if (this.#isFinished) break
    }
    printEvent(this.#io, 'records_consumed', { count: records.length, partitions: summaries })
    return offsets
  }

  #printRecord({ key, value, topic, partition, offset }: ConsumerRecord): void {
    printEvent(this.#io, 'record_data', { key: textOf(key), value: textOf(value), topic, partition, offset })
  }

  async #commit(offsets: (TopicPartition & { offset: number })[]): Promise<void> {
    let error: string | undefined
    try {
      await this.#consumer.commit(offsets)
    } catch (reason) {
      error = errorText(reason)
    }
    const shown = offsets.map(({ topic, partition, offset }) => ({ topic, partition, offset }))
    printEvent(this.#io, 'offsets_committed', { offsets: shown, error, success: error === undefined })
  }
}

function byPartition(records: readonly ConsumerRecord[]): Iterable<ConsumerRecord[]> {
  const groups = new Map<string, ConsumerRecord[]>()
  for (const record of records) {
    const key = partitionKey(record.topic, record.partition)
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [record])
    else group.push(record)
  }
  return groups.values()
}
