/** What kafka-producer-perf-test is asked to do, checked as Kafka's tool checks it. */
import { type Io, printLine } from '../io.ts'
import type { ArgumentSpec, ParsedArguments } from '../options/argparse.ts'
import { ToolError, UsageError } from '../options/usage-error.ts'
import { pairsOf, readProperties } from '../shared/client-properties.ts'
import { countingPayloads, filePayloads, type Payloads, randomPayloads } from './payloads.ts'

export interface PerfSettings {
  readonly servers: string
  readonly topic: string
  readonly recordCount: number
  readonly warmupCount: number
  /** Records per second; below 0: no limit. */
  readonly throughput: number
  readonly reportingIntervalMs: number
  readonly payloads: Payloads
  readonly properties: Map<string, string>
  /** Null: none. */
  readonly transaction: { readonly id: string; readonly durationMs: number } | null
  readonly printsMetrics: boolean
}

const TRANSACTION_MS = 3000
const PAIR = 'PROP-NAME=PROP-VALUE'

export const PERF_ARGUMENTS: readonly ArgumentSpec[] = [
  {
    flag: '--bootstrap-server',
    type: 'String',
    metavar: 'BOOTSTRAP-SERVER',
    description: 'Brokers to ask first. Wins over bootstrap.servers of the properties.',
  },
  { flag: '--topic', type: 'String', metavar: 'TOPIC', isRequired: true, description: 'Topic to send to.' },
  {
    flag: '--num-records',
    type: 'Long',
    metavar: 'NUM-RECORDS',
    isRequired: true,
    description: 'How many records to send.',
  },
  {
    flag: '--payload-delimiter',
    type: 'String',
    metavar: 'PAYLOAD-DELIMITER',
    default: '\\n',
    description: 'What stands between the records in the file of --payload-file.',
  },
  {
    flag: '--throughput',
    type: 'Integer',
    metavar: 'THROUGHPUT',
    isRequired: true,
    description: 'About so many records per second at most; -1: no limit.',
  },
  {
    flag: '--producer-props',
    type: 'String',
    metavar: PAIR,
    isMany: true,
    description: 'The same as --command-property (deprecated).',
  },
  {
    flag: '--command-property',
    type: 'String',
    metavar: PAIR,
    isMany: true,
    description: 'Settings of the producer. They win over those of the file.',
  },
  {
    flag: '--producer.config',
    type: 'String',
    metavar: 'CONFIG-FILE',
    description: 'The same as --command-config (deprecated).',
  },
  {
    flag: '--command-config',
    type: 'String',
    metavar: 'CONFIG-FILE',
    description: 'Properties file for the producer.',
  },
  { flag: '--print-metrics', description: 'Print figures of the client at the end.' },
  {
    flag: '--transactional-id',
    type: 'String',
    metavar: 'TRANSACTIONAL-ID',
    description: 'Send in transactions of this id. With a duration alone: performance-producer- and a random uuid.',
  },
  {
    flag: '--transaction-duration-ms',
    type: 'Long',
    metavar: 'TRANSACTION-DURATION',
    description: `Commit after so long. With a transactional id alone: ${TRANSACTION_MS}.`,
  },
  {
    flag: '--warmup-records',
    type: 'Long',
    metavar: 'WARMUP-RECORDS',
    default: '0',
    description: 'So many records at first are no part of the steady state, which gets a summary of its own.',
  },
  {
    flag: '--reporting-interval',
    type: 'Long',
    metavar: 'INTERVAL-MS',
    default: '5000',
    description: 'How often to print how it goes, in milliseconds.',
  },
  {
    flag: '--record-size',
    type: 'Integer',
    metavar: 'RECORD-SIZE',
    isAlternative: true,
    description: 'Send records of so many bytes.',
  },
  {
    flag: '--payload-file',
    type: 'String',
    metavar: 'PAYLOAD-FILE',
    isAlternative: true,
    description: 'Send records from this file, by chance.',
  },
  { flag: '--payload-monotonic', isAlternative: true, description: 'Send the numbers from 0 on.' },
]

/** Throws UsageError, ToolError. */
export function perfSettings(args: ParsedArguments, io: Io): PerfSettings {
  check(args)
  const payloads = payloadsOf(args, io)
  for (const [old, current] of [
    ['--producer-props', '--command-property'],
    ['--producer.config', '--command-config'],
  ] as const) {
    if (!args.has(old)) continue
    const end = 'has been deprecated and will be removed in a future version.'
    printLine(io.stdout, `Option ${old} ${end} Use ${current} instead.`)
  }
  const properties = propertiesOf(args, io)
  const durationMs = args.number('--transaction-duration-ms')
  const named = args.text('--transactional-id') ?? properties.get('transactional.id')
  const id = named ?? (durationMs === undefined ? undefined : `performance-producer-${io.env.random.uuid()}`)
  return {
    servers: args.text('--bootstrap-server') ?? properties.get('bootstrap.servers') ?? '',
    topic: args.text('--topic')!,
    recordCount: args.number('--num-records')!,
    warmupCount: Math.max(0, args.number('--warmup-records')!),
    throughput: args.number('--throughput')!,
    reportingIntervalMs: args.number('--reporting-interval')!,
    payloads,
    properties,
    transaction: id === undefined ? null : { id, durationMs: durationMs ?? TRANSACTION_MS },
    printsMetrics: args.has('--print-metrics'),
  }
}

function check(args: ParsedArguments): void {
  const recordCount = args.number('--num-records')!
  if (recordCount <= 0) throw new UsageError('--num-records should be greater than zero.')
  if (args.number('--warmup-records')! >= recordCount) {
    throw new UsageError(
      'The value for --warmup-records must be strictly fewer than the number of records in the test, --num-records.',
    )
  }
  if (isNotPositive(args, '--record-size')) throw new UsageError('--record-size should be greater than zero.')
  const sources = ['--bootstrap-server', '--command-property', '--producer-props', '--producer.config']
  if (![...sources, '--command-config'].some((flag) => args.has(flag))) {
    throw new UsageError(`At least one of ${sources.join(', ')} or --command-config must be specified.`)
  }
  for (const [one, other] of [
    ['--command-property', '--producer-props'],
    ['--command-config', '--producer.config'],
  ] as const) {
    if (args.has(one) && args.has(other)) throw new UsageError(`${one} and ${other} cannot be specified together.`)
  }
  for (const flag of ['--transaction-duration-ms', '--reporting-interval']) {
    if (isNotPositive(args, flag)) throw new UsageError(`${flag} should be greater than zero.`)
  }
}

function isNotPositive(args: ParsedArguments, flag: string): boolean {
  return (args.number(flag) ?? 1) <= 0
}

function payloadsOf(args: ParsedArguments, io: Io): Payloads {
  const file = args.text('--payload-file')
  if (file !== undefined) return filePayloads(file, args.text('--payload-delimiter')!, io)
  if (args.has('--payload-monotonic')) return countingPayloads()
  return randomPayloads(args.number('--record-size')!, io)
}

function propertiesOf(args: ParsedArguments, io: Io): Map<string, string> {
  const file = args.text('--command-config') ?? args.text('--producer.config')
  const given = [...args.texts('--producer-props'), ...args.texts('--command-property')]
  const wrong = given.find((pair) => pair.split('=').length !== 2)
  if (wrong !== undefined) throw new ToolError(`Invalid property: ${wrong}`)
  const fromFile = file === undefined ? [] : readProperties(file, io)
  return new Map([['client.id', 'perf-producer-client'], ...fromFile, ...pairsOf(given)])
}
