/** kafka-topics: create, list, describe, grow and delete topics. */
import { type Admin, TimeoutError } from '@ottla/client'
import { type Io, printLine } from '../io.ts'
import { excludeOptions, onlyAction, requireOptions } from '../options/check-options.ts'
import type { OptionTable } from '../options/option-spec.ts'
import type { ParsedOptions } from '../options/parse-options.ts'
import { UsageError } from '../options/usage-error.ts'
import { connect, readProperties } from '../shared/client-properties.ts'
import { errorText } from '../shared/error-text.ts'
import { defineTool } from '../tool.ts'
import { alterTopics } from './alter-topics.ts'
import { createTopic } from './create-topic.ts'
import { deleteTopics } from './delete-topics.ts'
import { describeTopics, PARTITION_FILTERS } from './describe-topics.ts'
import { listTopics } from './list-topics.ts'

const ACTIONS = ['create', 'list', 'alter', 'describe', 'delete'] as const
type Action = (typeof ACTIONS)[number]

const OPTIONS: OptionTable = [
  {
    name: 'bootstrap-server',
    argument: { label: 'server to connect to' },
    description: 'REQUIRED: brokers to ask first, HOST:PORT,HOST:PORT.',
  },
  {
    name: 'command-config',
    argument: { label: 'file' },
    description: 'Properties file with settings of the client.',
  },
  { name: 'create', description: 'Create a topic.' },
  { name: 'list', description: 'List topics.' },
  { name: 'describe', description: 'Show partitions, replicas and settings of topics.' },
  { name: 'alter', description: 'Give topics more partitions. Settings are changed with kafka-configs.' },
  { name: 'delete', description: 'Delete topics.' },
  {
    name: 'topic',
    argument: { label: 'topic' },
    description: 'Name of the topic; a regular expression for all actions but --create.',
  },
  { name: 'topic-id', argument: { label: 'topic-id' }, description: 'Id of the topic to describe.' },
  {
    name: 'partitions',
    argument: { label: '# of partitions', type: 'Integer' },
    description:
      'Number of partitions to create, or to have after --alter. Default for --create: num.partitions of the cluster. More partitions send the keys of a topic elsewhere.',
  },
  {
    name: 'replication-factor',
    argument: { label: 'replication factor', type: 'Integer' },
    description: 'Replicas of each partition to create. Default: default.replication.factor of the cluster.',
  },
  {
    name: 'replica-assignment',
    argument: { label: 'b1:b2,b2:b3,…' },
    description: 'Brokers of each partition: partitions with commas between, brokers of one with colons.',
  },
  {
    name: 'config',
    argument: { label: 'name=value' },
    description: 'A setting of the topic to create, over the default of the cluster. May be repeated.',
  },
  { name: 'delete-config', argument: { label: 'name' }, description: 'No longer supported; use kafka-configs.' },
  { name: 'if-exists', description: 'With --alter, --delete and --describe: do nothing when there is no such topic.' },
  { name: 'if-not-exists', description: 'With --create: do nothing when the topic is there already.' },
  { name: 'exclude-internal', description: 'With --list and --describe: leave out internal topics.' },
  { name: 'topics-with-overrides', description: 'With --describe: only topics with settings of their own.' },
  {
    name: 'under-replicated-partitions',
    description: 'With --describe: only partitions with fewer in-sync replicas than replicas.',
  },
  { name: 'unavailable-partitions', description: 'With --describe: only partitions without a leader.' },
  {
    name: 'under-min-isr-partitions',
    description: 'With --describe: only partitions with fewer in-sync replicas than min.insync.replicas.',
  },
  {
    name: 'at-min-isr-partitions',
    description: 'With --describe: only partitions with exactly min.insync.replicas in-sync replicas.',
  },
  { name: 'force', description: 'Understood, without effect: nothing is asked.', isHidden: true },
  { name: 'disable-rack-aware', description: 'Understood, without effect: brokers assign.', isHidden: true },
  {
    name: 'partition-size-limit-per-response',
    argument: { label: 'partitions', type: 'Integer' },
    description: 'Partitions that one answer of a broker may describe.',
  },
]

const ACTION_MESSAGE = 'Command must include exactly one action: --list, --describe, --create, --alter or --delete'
const ONE_ACTION: Readonly<Record<string, readonly Action[]>> = {
  config: ['create'],
  partitions: ['create', 'alter'],
  'replication-factor': ['create'],
  'replica-assignment': ['create', 'alter'],
  'topics-with-overrides': ['describe'],
  'under-replicated-partitions': ['describe'],
  'unavailable-partitions': ['describe'],
  'under-min-isr-partitions': ['describe'],
  'at-min-isr-partitions': ['describe'],
  'if-exists': ['alter', 'delete', 'describe'],
  'if-not-exists': ['create'],
  'exclude-internal': ['list', 'describe'],
}

const CALLS: Readonly<Record<Action, string>> = {
  create: 'createTopics',
  list: 'listTopics',
  alter: 'listTopics',
  describe: 'listTopics',
  delete: 'listTopics',
}

/** Runs kafka-topics. */
export const run = defineTool({
  purpose: 'create, delete, describe, or change a topic.',
  bareMessage: 'Create, delete, describe, or change a topic.',
  options: OPTIONS,
  async run(options, io) {
    const action = checkOptions(options, io)
    const properties = options.has('command-config')
      ? readProperties(options.required('command-config'), io)
      : new Map()
    await using kafka = connect(options.required('bootstrap-server'), properties, io)
    try {
      await perform(action, { admin: kafka.admin(), options, io })
      return 0
    } catch (error) {
      printLine(io.stdout, `Error while executing topic command : ${messageOf(error, action)}`)
      return 1
    }
  },
})

/** What the actions work with. */
export interface TopicCommand {
  readonly admin: Admin
  readonly options: ParsedOptions
  readonly io: Io
}

async function perform(action: Action, command: TopicCommand): Promise<void> {
  switch (action) {
    case 'create':
      return await createTopic(command)
    case 'list':
      return await listTopics(command)
    case 'alter':
      return await alterTopics(command)
    case 'describe':
      return await describeTopics(command)
    case 'delete':
      return await deleteTopics(command)
  }
}

function checkOptions(options: ParsedOptions, io: Io): Action {
  const action = onlyAction(options, ACTIONS, ACTION_MESSAGE) as Action
  if (!options.has('bootstrap-server')) {
    throw new UsageError('--bootstrap-server must be specified', { showsOptions: false })
  }
  if (options.has('delete-config')) {
    const message =
      'delete-config option is no longer supported and deprecated since version 4.0. The config will be fully removed in future releases.'
    printLine(io.stderr, message)
  }
  if (action === 'alter' && options.has('config')) {
    throw new UsageError(
      `Option combination "[[config], [bootstrap-server]]" can't be used with option "[alter]" (To alter topic configurations, the kafka-configs tool can be used.)`,
    )
  }
  const needsTopic = action !== 'list' && action !== 'describe'
  if (needsTopic) requireOptions(options, ['topic'])
  if (action === 'alter') requireOptions(options, ['partitions'])
  for (const [option, allowed] of Object.entries(ONE_ACTION)) {
    const others = ACTIONS.filter((other) => !allowed.includes(other))
    excludeOptions(options, option, others)
  }
  if (action === 'create') excludeOptions(options, 'replica-assignment', ['partitions', 'replication-factor'])
  for (const filter of PARTITION_FILTERS) {
    const others = PARTITION_FILTERS.filter((other) => other !== filter)
    excludeOptions(options, filter, [...others, 'topics-with-overrides'])
  }
  return action
}

function messageOf(error: unknown, action: Action): string {
  if (error instanceof TimeoutError) return `Timed out waiting for a node assignment. Call: ${CALLS[action]}`
  return errorText(error)
}
