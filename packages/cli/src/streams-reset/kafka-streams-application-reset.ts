/** kafka-streams-application-reset: lets a streams application begin anew: offsets of its input topics, internal topics deleted. */
import { type Admin, KafkaError, partitionKey, type TopicPartition, unwrap } from '@ottla/client'
import { type Io, printLine } from '../io.ts'
import { excludeOptions } from '../options/check-options.ts'
import type { OptionTable } from '../options/option-spec.ts'
import type { ParsedOptions } from '../options/parse-options.ts'
import { ToolError, UsageError } from '../options/usage-error.ts'
import { connect, readProperties } from '../shared/client-properties.ts'
import { errorText, errorTextWithClass } from '../shared/error-text.ts'
import { javaMapOrder, partitionHash, stringHash } from '../shared/java-map-order.ts'
import { defineTool } from '../tool.ts'
import { offsetPlan, type PartitionOffset } from './offset-plan.ts'

const TARGETS = [
  'to-offset',
  'to-datetime',
  'by-duration',
  'to-earliest',
  'to-latest',
  'from-file',
  'shift-by',
] as const
const list = (name: string, description: string) => ({ name, argument: { label: 'list' }, description })

const OPTIONS: OptionTable = [
  {
    name: 'application-id',
    isRequired: true,
    argument: { label: 'id' },
    description: 'REQUIRED: application.id of the application.',
  },
  {
    name: 'bootstrap-server',
    argument: { label: 'server to connect to' },
    description: 'Brokers to ask first.',
    default: 'localhost:9092',
  },
  {
    name: 'bootstrap-servers',
    argument: { label: 'servers' },
    description: 'The old name of --bootstrap-server.',
    isHidden: true,
  },
  { name: 'zookeeper', argument: { label: 'urls' }, description: 'Of old, without effect.', isHidden: true },
  list(
    'input-topics',
    'Input topics, with commas between. They are read from the beginning again, or from where is said.',
  ),
  list(
    'intermediate-topics',
    'Topics that the application writes and reads: reading goes on at their end (deprecated).',
  ),
  list('internal-topics', 'Of the internal topics delete only these.'),
  { name: 'to-offset', argument: { label: '', type: 'Long' }, description: 'Begin at this offset.' },
  { name: 'to-datetime', argument: { label: '' }, description: "Begin at this time, 'YYYY-MM-DDThh:mm:ss.sss'." },
  { name: 'by-duration', argument: { label: '' }, description: "Begin so long ago, 'PnDTnHnMnS'." },
  { name: 'to-earliest', description: 'Begin with the oldest record.' },
  { name: 'to-latest', description: 'Begin behind the newest record.' },
  { name: 'from-file', argument: { label: '' }, description: 'Begin at the offsets of a CSV file.' },
  {
    name: 'shift-by',
    argument: { label: 'number-of-offsets', type: 'Long' },
    description: 'Begin so many offsets later, or earlier if below zero.',
  },
  { name: 'command-config', argument: { label: 'file name' }, description: 'Properties file for the client.' },
  {
    name: 'config-file',
    argument: { label: 'file name' },
    description: 'The same as --command-config (deprecated).',
  },
  { name: 'force', description: 'Remove members that the group still has.' },
  { name: 'dry-run', description: 'Only show what would be done.' },
  { name: 'execute', description: 'Of old, without effect: it is executed.', isHidden: true },
]

interface Reset {
  readonly admin: Admin
  readonly application: string
  readonly topics: readonly string[]
  readonly options: ParsedOptions
  readonly io: Io
}

/** Runs kafka-streams-application-reset. */
export const run = defineTool({
  purpose: 'let a streams application process its input again from the beginning.',
  acceptsNoArguments: true,
  syntaxError: 'with-options',
  options: OPTIONS,
  async run(options, io) {
    if (!options.has('application-id')) throw new UsageError('Missing required option(s) [application-id]')
    for (const [at, target] of TARGETS.entries()) excludeOptions(options, target, TARGETS.slice(at + 1))
    try {
      return await reset(options, io)
    } catch (error) {
      throw new ToolError(`ERROR: ${exceptionText(error)}`)
    }
  },
})

function exceptionText(error: unknown): string {
  if (error instanceof UsageError) return `joptsimple.OptionArgumentConversionException: ${error.message}`
  if (error instanceof ToolError) return error.message
  return error instanceof KafkaError ? errorTextWithClass(error) : errorText(error)
}

async function reset(options: ParsedOptions, io: Io): Promise<number> {
  const file = options.value('command-config') ?? options.value('config-file')
  if (options.has('config-file')) {
    printLine(
      io.stdout,
      'Option --config-file has been deprecated and will be removed in a future version. Use --command-config instead.',
    )
  }
  const servers = options.value('bootstrap-servers') ?? options.required('bootstrap-server')
  await using kafka = connect(servers, file === undefined ? new Map() : readProperties(file, io), io)
  const admin = kafka.admin()
  const application = options.required('application-id')
  await removeMembers({ admin, application, options, io })
  const topics = (await admin.listTopics()).map(({ name }) => name)
  if (options.has('dry-run')) {
    printLine(io.stdout, '----Dry run displays the actions which will be performed when running Streams Reset Tool----')
  }
  const context = { admin, application, topics: javaMapOrder(topics, stringHash), options, io }
  const code = await resetOffsets(context)
  await deleteInternalTopics(context)
  return code
}

async function removeMembers({ admin, application, options, io }: Omit<Reset, 'topics'>): Promise<void> {
  const described = (await admin.describeGroups([application])).get(application)
  const members = described?.kind === 'done' ? described.value.members : []
  if (members.length === 0) return
  if (options.has('force')) {
    printLine(io.stdout, `Force deleting all active members in the group: ${application}`)
    for (const outcome of (await admin.removeGroupMembers(application, null)).values()) unwrap(outcome)
    return
  }
  const names = members.map(({ memberId }) => memberId).join(', ')
  throw new ToolError(
    `java.lang.IllegalStateException: Consumer group '${application}' is still active and has following members: [${names}]. Make sure to stop all running application instances before running the reset tool. You can use option '--force' to remove active members from the group.`,
  )
}

/** Resolves to the exit code: 1 when topics are missing. */
async function resetOffsets({ admin, application, topics, options, io }: Reset): Promise<number> {
  const print = (line: string) => printLine(io.stdout, line)
  const inputs = namesOf(options, 'input-topics')
  const intermediates = namesOf(options, 'intermediate-topics')
  if (options.has('intermediate-topics')) {
    print('WARN: `--intermediate-topics` is deprecated and will be removed in a future release')
  }
  if (inputs.length === 0 && intermediates.length === 0) {
    print('No input or intermediate topics specified. Skipping seek.')
    return 0
  }
  if (inputs.length > 0) print(`Reset-offsets for input topics [${inputs.join(', ')}]`)
  if (intermediates.length > 0) print(`Seek-to-end for intermediate topics [${intermediates.join(', ')}]`)
  const missingInputs = inputs.filter((topic) => !topics.includes(topic))
  const missingIntermediates = intermediates.filter((topic) => !topics.includes(topic))
  if (missingInputs.length > 0) print('Following input topics are not found, skipping them')
  for (const topic of missingInputs) print(`Topic: ${topic}`)
  if (missingIntermediates.length > 0) print('Following intermediate topics are not found, skipping them')
  for (const topic of missingIntermediates) print(`Topic:${topic}`)
  const source = { admin, group: application, options, io }
  const toReset = await partitionsOf(
    admin,
    inputs.filter((topic) => topics.includes(topic)),
  )
  const offsets: PartitionOffset[] = []
  if (toReset.length > 0) {
    print(`Following input topics offsets will be reset to (for consumer group ${application})`)
    const planned = await offsetPlan(toReset, source).catch((error) => {
      // What a file or a time says is told as Kafka's tool tells it: twice.
      if (String(error).includes('ParseException')) printLine(io.stderr, 'ERROR: Resetting offsets failed.')
      throw error
    })
    for (const { topic, partition, offset } of planned)
      print(`Topic: ${topic} Partition: ${partition} Offset: ${offset}`)
    offsets.push(...planned)
  }
  const toEnd = await partitionsOf(
    admin,
    intermediates.filter((topic) => topics.includes(topic)),
  )
  if (toEnd.length > 0) {
    print(`Following intermediate topics offsets will be reset to end (for consumer group ${application})`)
    for (const { topic } of toEnd) print(`Topic: ${topic}`)
    offsets.push(...(await endsOf(admin, toEnd)))
  }
  if (!options.has('dry-run') && offsets.length > 0) {
    for (const outcome of (await admin.alterGroupOffsets(application, offsets)).values()) unwrap(outcome)
  }
  print('Done.')
  return missingInputs.length + missingIntermediates.length > 0 ? 1 : 0
}

async function partitionsOf(admin: Admin, topics: readonly string[]): Promise<TopicPartition[]> {
  if (topics.length === 0) return []
  const described = await admin.describeTopics(topics)
  const all = [...described].flatMap(([topic, outcome]) =>
    unwrap(outcome).partitions.map(({ partition }) => ({ topic, partition })),
  )
  return javaMapOrder(all, partitionHash)
}

async function endsOf(admin: Admin, partitions: readonly TopicPartition[]): Promise<PartitionOffset[]> {
  const found = await admin.listOffsets(partitions.map((partition) => ({ ...partition, timestamp: -1 })))
  return partitions.map(({ topic, partition }) => {
    const { offset } = unwrap(found.get(partitionKey(topic, partition)))
    return { topic, partition, offset }
  })
}

async function deleteInternalTopics({ admin, application, topics, options, io }: Reset): Promise<void> {
  const inferred = topics.filter((topic) => topic.startsWith(`${application}-`) && isInternal(topic))
  const named = namesOf(options, 'internal-topics')
  if (!named.every((topic) => inferred.includes(topic))) {
    throw new ToolError(
      'java.lang.IllegalArgumentException: Invalid topic specified in the --internal-topics option. Ensure that the topics specified are all internal topics. Do a dry run without the --internal-topics option to see the list of all internal topics that can be deleted.',
    )
  }
  const chosen = named.length > 0 ? named : inferred
  const word = named.length > 0 ? 'specified' : 'inferred'
  printLine(io.stdout, `Deleting ${word} internal topics [${chosen.join(', ')}]`)
  if (!options.has('dry-run') && chosen.length > 0) await deleteTopics(admin, chosen, io)
  printLine(io.stdout, 'Done.')
}

async function deleteTopics(admin: Admin, topics: readonly string[], io: Io): Promise<void> {
  let isAnyLeft = false
  for (const [topic, outcome] of await admin.deleteTopics({ names: topics })) {
    if (outcome.kind === 'done') continue
    isAnyLeft = true
    printLine(io.stderr, `ERROR: deleting topic ${topic}`)
    printLine(io.stderr, errorTextWithClass(outcome.error))
  }
  if (isAnyLeft) throw new ToolError('java.lang.RuntimeException: Encountered an error deleting one or more topics')
}

/** Whether the streams library names topics so. */
function isInternal(topic: string): boolean {
  return (
    ['-changelog', '-repartition', '-subscription-registration-topic', '-subscription-response-topic'].some((end) =>
      topic.endsWith(end),
    ) || /.+-KTABLE-FK-JOIN-SUBSCRIPTION-(?:REGISTRATION|RESPONSE)-\d+-topic$/.test(topic)
  )
}

function namesOf(options: ParsedOptions, name: string): string[] {
  return options.values(name).flatMap((value) => value.split(','))
}
