/** kafka-transactions: transactions listed and described, those that hang found and ended (KIP-664). */
import {
  type Admin,
  KafkaError,
  type Outcome,
  type ProducerState,
  partitionKey,
  type TransactionDescription,
  unwrap,
} from '@ottla/client'
import { type Io, printLine } from '../io.ts'
import type { OptionSpec } from '../options/option-spec.ts'
import type { ParsedOptions } from '../options/parse-options.ts'
import { defineSubcommands } from '../options/subcommands.ts'
import { FileError, ToolError, UsageError } from '../options/usage-error.ts'
import { errorText, isWrongAddress } from '../shared/error-text.ts'
import { prettyTable } from '../shared/pretty-table.ts'
import { COMMAND_CONFIG, connectBy } from '../shared/server-options.ts'
import { telling, withMore } from './failure.ts'
import { findHanging } from './find-hanging.ts'

const MISSING = 'None'
const text = (name: string, description: string): OptionSpec => ({ name, argument: { label: name }, description })
const required = (spec: OptionSpec): OptionSpec => ({ ...spec, isRequired: true })
const int = (name: string, description: string): OptionSpec => ({
  name,
  argument: { label: name, type: 'Integer' },
  description,
})
const whole = (name: string, description: string): OptionSpec => ({
  name,
  argument: { label: name, type: 'Long' },
  description,
})

/** Runs kafka-transactions. */
export const run = defineSubcommands({
  name: 'kafka-transactions.sh',
  purpose: 'analyze the state of transactions, and end those that hang.',
  shared: [
    { ...COMMAND_CONFIG, description: 'Properties file for the client.' },
    {
      name: 'bootstrap-server',
      argument: { label: 'servers' },
      isRequired: true,
      description: 'Brokers to ask first.',
    },
  ],
  commandLabel: 'COMMAND',
  helpCode: 1,
  errorMessage,
  showsVersion: true,
  commands: {
    list: {
      help: 'Lists transactions.',
      options: [
        whole('duration-filter', 'Only those that run for longer, in milliseconds.'),
        text('transactional-id-pattern', 'Only ids that match.'),
      ],
      run: list,
    },
    describe: {
      help: 'Describes the transaction of a transactional id.',
      options: [required(text('transactional-id', 'The transactional id.'))],
      run: describe,
    },
    'describe-producers': {
      help: 'Describes who writes to a partition.',
      options: [
        int('broker-id', 'The broker whose replica is asked, in place of the leader.'),
        required(text('topic', 'The topic.')),
        required(int('partition', 'The partition.')),
      ],
      run: describeProducers,
    },
    abort: {
      help: 'Ends a hanging transaction on a partition.',
      options: [
        required(text('topic', 'The topic.')),
        required(int('partition', 'The partition.')),
        whole('start-offset', 'Where it begins.'),
        whole('producer-id', 'Its producer, where the offset is not given.'),
        int('producer-epoch', 'The epoch of that.'),
        int('coordinator-epoch', 'The epoch of its coordinator.'),
      ],
      run: abort,
    },
    'find-hanging': {
      help: 'Finds transactions that hang.',
      options: [
        int('broker-id', 'Only on partitions that this broker has.'),
        { ...int('max-transaction-timeout', 'In minutes: what is younger does not hang.'), default: '15' },
        text('topic', 'Only in this topic.'),
        int('partition', 'Only on this partition of it.'),
      ],
      run: findHanging,
    },
    forceTerminateTransaction: {
      help: 'Aborts whatever transaction a transactional id has open, and fences its producer.',
      options: [required(text('transactionalId', 'The transactional id.'))],
      run: terminate,
    },
  },
})

/** As Kafka's tool tells what went wrong. */
function errorMessage(error: unknown): string {
  if (error instanceof FileError) return withMore(`Failed to load admin client properties: ${error.path}`)
  if (!(error instanceof KafkaError) || isWrongAddress(error)) return errorText(error)
  return withMore(errorText(error))
}

async function terminate(options: ParsedOptions, io: Io): Promise<number> {
  const id = options.required('transactionalId')
  await using kafka = connectBy(options, io)
  await telling(`Failed to force terminate transactionalId \`${id}\``, async () =>
    unwrap((await kafka.admin().transactions.fenceProducers([id])).get(id)),
  )
  return 0
}

async function list(options: ParsedOptions, io: Io): Promise<number> {
  await using kafka = connectBy(options, io)
  const longerThanMs = options.integer('duration-filter')
  const pattern = options.value('transactional-id-pattern')
  const found = await telling('Failed to list transactions', () =>
    kafka.admin().transactions.list({
      ...(longerThanMs === undefined ? {} : { longerThanMs }),
      ...(pattern === undefined ? {} : { pattern }),
    }),
  )
  const rows = found.map(({ transactionalId, coordinator, producerId, state }) => [
    transactionalId,
    String(coordinator),
    String(producerId),
    state,
  ])
  print(io, ['TransactionalId', 'Coordinator', 'ProducerId', 'TransactionState'], rows)
  return 0
}

async function describe(options: ParsedOptions, io: Io): Promise<number> {
  const transactionalId = options.required('transactional-id')
  await using kafka = connectBy(options, io)
  const found = described(
    (await kafka.admin().transactions.describe([transactionalId])).get(transactionalId),
    transactionalId,
  )
  const { startedAt, partitions } = found
  const row = [
    String(found.coordinator),
    transactionalId,
    String(found.producerId),
    String(found.producerEpoch),
    found.state,
    String(found.timeoutMs),
    startedAt === null ? MISSING : String(startedAt),
    startedAt === null ? MISSING : String(io.env.clock.now() - startedAt),
    partitions.map(({ topic, partition }) => partitionKey(topic, partition)).join(','),
  ]
  const header = ['CoordinatorId', 'TransactionalId', 'ProducerId', 'ProducerEpoch', 'TransactionState']
  const times = ['TransactionTimeoutMs', 'CurrentTransactionStartTimeMs', 'TransactionDurationMs', 'TopicPartitions']
  print(io, [...header, ...times], [row])
  return 0
}

/** In the words of Kafka's client, which tell this one error otherwise than others. */
function described(
  outcome: Outcome<TransactionDescription> | undefined,
  transactionalId: string,
): TransactionDescription {
  if (outcome?.kind !== 'failed') return unwrap(outcome)
  const why =
    outcome.error.code === 'TRANSACTIONAL_ID_NOT_FOUND'
      ? `DescribeTransactions request for transactionalId \`${transactionalId}\` failed because the ID could not be found`
      : outcome.error.message
  const message = `Failed to describe transaction state of transactional-id \`${transactionalId}\`: ${why}`
  throw new ToolError(withMore(message))
}

async function describeProducers(options: ParsedOptions, io: Io): Promise<number> {
  const at = partitionOf(options)
  const broker = options.integer('broker-id')
  await using kafka = connectBy(options, io)
  const producers = await producersAt(kafka.admin(), at, broker)
  const rows = producers.map((producer) => [
    String(producer.producerId),
    String(producer.producerEpoch),
    String(producer.coordinatorEpoch),
    String(producer.lastSequence),
    String(producer.lastTimestamp),
    producer.transactionStartOffset === null ? MISSING : String(producer.transactionStartOffset),
  ])
  const header = ['ProducerId', 'ProducerEpoch', 'LatestCoordinatorEpoch', 'LastSequence', 'LastTimestamp']
  print(io, [...header, 'CurrentTransactionStartOffset'], rows)
  return 0
}

async function abort(options: ParsedOptions, io: Io): Promise<number> {
  const at = partitionOf(options)
  await using kafka = connectBy(options, io)
  const admin = kafka.admin()
  const hanging = await hangingProducer(admin, at, options)
  const where = partitionKey(at.topic, at.partition)
  await telling(`Failed to abort transaction on ${where}`, () => admin.transactions.abort({ ...at, ...hanging }))
  return 0
}

type Partition = ReturnType<typeof partitionOf>

async function hangingProducer(admin: Admin, at: Partition, options: ParsedOptions) {
  const startOffset = options.integer('start-offset')
  const producerId = options.integer('producer-id')
  if (startOffset === undefined && producerId === undefined) {
    throw new UsageError(
      'The transaction to abort must be identified either with --start-offset (for brokers on 3.0 or above) or with --producer-id, --producer-epoch, and --coordinator-epoch (for older brokers)',
    )
  }
  if (startOffset === undefined) {
    const producerEpoch = options.integer('producer-epoch')
    const coordinatorEpoch = options.integer('coordinator-epoch')
    if (producerEpoch === undefined) throw new UsageError('Missing required argument --producer-epoch')
    if (coordinatorEpoch === undefined) throw new UsageError('Missing required argument --coordinator-epoch')
    return { producerId: producerId!, producerEpoch, coordinatorEpoch }
  }
  const found = (await producersAt(admin, at, undefined)).find((one) => one.transactionStartOffset === startOffset)
  if (found !== undefined) return found
  const where = partitionKey(at.topic, at.partition)
  throw new ToolError(`Could not find any open transactions starting at offset ${startOffset} on partition ${where}`)
}

async function producersAt(admin: Admin, at: Partition, broker: number | undefined): Promise<ProducerState[]> {
  const key = partitionKey(at.topic, at.partition)
  const where = broker === undefined ? 'leader' : `broker ${broker}`
  return await telling(`Failed to describe producers for partition ${key} on ${where}`, async () => {
    const found = await admin.transactions.describeProducers([at], broker === undefined ? {} : { broker })
    return unwrap(found.get(key))
  })
}

function partitionOf(options: ParsedOptions): { topic: string; partition: number } {
  return { topic: options.required('topic'), partition: options.integer('partition')! }
}

function print(io: Io, header: readonly string[], rows: readonly (readonly string[])[]): void {
  for (const line of prettyTable(header, rows)) printLine(io.stdout, line)
}
