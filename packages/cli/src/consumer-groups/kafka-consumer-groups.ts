/** kafka-consumer-groups: lists, describes and deletes groups, resets and deletes their offsets. */
import { type Io, printLine } from '../io.ts'
import { excludeOptions, onlyAction, requireOptions } from '../options/check-options.ts'
import type { OptionTable } from '../options/option-spec.ts'
import type { ParsedOptions } from '../options/parse-options.ts'
import { UsageError } from '../options/usage-error.ts'
import {
  bracketed,
  checkBelongs,
  checkDescribe,
  GROUP_OPTIONS,
  type GroupCommand,
  groupFailure,
  printError,
} from '../shared/group-command.ts'
import { checkTopicArguments } from '../shared/reset/topic-scope.ts'
import { connectBy } from '../shared/server-options.ts'
import { defineTool } from '../tool.ts'
import { deleteGroups } from './delete-groups.ts'
import { deleteOffsets } from './delete-offsets.ts'
import { describeGroups } from './describe-groups.ts'
import { listGroups } from './list-groups.ts'
import { RESET_SPECS, resetOffsets } from './reset-offsets.ts'

const OPTIONS: OptionTable = [
  {
    name: 'bootstrap-server',
    argument: { label: 'server to connect to' },
    description: 'REQUIRED: brokers to ask first, HOST:PORT,HOST:PORT.',
  },
  {
    name: 'command-config',
    argument: { label: 'command config property file' },
    description: 'Properties file for the client.',
  },
  { name: 'group', argument: { label: 'consumer group' }, description: 'The group. May be repeated.' },
  { name: 'all-groups', description: 'All groups.' },
  {
    name: 'topic',
    argument: { label: 'topic' },
    description: 'Topic whose offsets are reset or deleted; topic:0,1,2 for some partitions. May be repeated.',
  },
  { name: 'all-topics', description: 'With --reset-offsets: all topics that the group has offsets for.' },
  { name: 'list', description: 'List groups.' },
  { name: 'describe', description: 'Show offsets, lag and members of groups.' },
  { name: 'delete', description: 'Delete groups without members, with all their offsets.' },
  { name: 'reset-offsets', description: 'Set offsets of a group without members. --dry-run shows, --execute does it.' },
  { name: 'delete-offsets', description: 'Delete the offsets of a group for topics.' },
  ...GROUP_OPTIONS,
  {
    name: 'type',
    argument: { label: '', isOptional: true },
    description: 'With --list: types too, or only groups of these.',
  },
  { name: 'offsets', description: 'With --describe: offsets and lag; so it is without --members and --state too.' },
  { name: 'export', description: 'With --reset-offsets: show it as CSV.' },
  { name: 'to-earliest', description: 'Reset to the first offset.' },
  { name: 'to-latest', description: 'Reset to the end.' },
  { name: 'to-current', description: 'Reset to where the group is.' },
  { name: 'to-offset', argument: { label: 'offset', type: 'Long' }, description: 'Reset to this offset.' },
  {
    name: 'to-datetime',
    argument: { label: 'datetime' },
    description: 'Reset to the first record at or after YYYY-MM-DDThh:mm:ss.sss.',
  },
  {
    name: 'by-duration',
    argument: { label: 'duration' },
    description: 'Reset to the first record of the last PnDTnHnMnS.',
  },
  {
    name: 'shift-by',
    argument: { label: 'number-of-offsets', type: 'Long' },
    description: 'Reset by so many records, forwards or backwards.',
  },
  {
    name: 'validate-regex',
    argument: { label: 'regex' },
    description: 'Whether brokers would take the regular expression for a subscription.',
  },
  {
    name: 'from-file',
    argument: { label: 'path to CSV file' },
    description: 'Reset to what a file says, as --export writes it.',
  },
]

const ACTIONS = ['list', 'describe', 'delete', 'reset-offsets', 'delete-offsets', 'validate-regex'] as const
type Action = (typeof ACTIONS)[number]
const ACTION_MESSAGE =
  'Command must include exactly one action: --list, --describe, --delete, --reset-offsets, --delete-offsets, --validate-regex'

/** In the order of Java's set of them. */
const SPECS_IN_MESSAGE = [
  'from-file',
  'shift-by',
  'to-offset',
  'to-earliest',
  'to-current',
  'to-latest',
  'by-duration',
  'to-datetime',
]
const NOT_EXECUTED =
  'WARN: No action will be performed as the --execute option is missing. In version 5.0, this command will require either --dry-run or --execute to be specified. You should add the --dry-run option explicitly if you are scripting this command and want to keep the current default behavior without prompting.'

/** Runs kafka-consumer-groups. */
export const run = defineTool({
  purpose:
    'list all consumer groups, describe a consumer group, delete consumer group info, or reset consumer group offsets.',
  options: OPTIONS,
  async run(options, io) {
    const action = checkOptions(options, io)
    try {
      if (action === 'validate-regex') return await validateRegex(options.required('validate-regex'), io)
      if (action === 'reset-offsets' || action === 'delete-offsets') checkTopicArguments(options)
      await using kafka = connectBy(options, io)
      await perform(action, { admin: kafka.admin(), options, io, timeoutMs: options.integer('timeout')! })
    } catch (error) {
      if (error instanceof UsageError && !error.isSyntax) throw error
      // So it is in Kafka's tool: the message stands on stdout, and the exit code is 0.
      printError(io, `Executing consumer group command failed due to ${groupFailure(error)}`)
    }
    return 0
  },
})

/** Brokers take expressions of RE2 for subscriptions. */
async function validateRegex(text: string, io: Io): Promise<number> {
  const { RE2JS, RE2JSSyntaxException } = await import('re2js')
  try {
    RE2JS.compile(text)
    printLine(io.stdout, `The regular expression \`${text}\` is valid.`)
  } catch (error) {
    if (!(error instanceof RE2JSSyntaxException)) throw error
    printLine(io.stdout, `The regular expression \`${text}\` is invalid: ${error.getDescription()}.`)
  }
  return 0
}

async function perform(action: Exclude<Action, 'validate-regex'>, command: GroupCommand): Promise<void> {
  switch (action) {
    case 'list':
      return await listGroups(command)
    case 'describe':
      return await describeGroups(command)
    case 'delete':
      return await deleteGroups(command)
    case 'reset-offsets':
      return await resetOffsets(command)
    case 'delete-offsets':
      return await deleteOffsets(command)
  }
}

/** In Kafka's order, so that the same mistake is the first. Throws UsageError. */
function checkOptions(options: ParsedOptions, io: Io): Action {
  checkBelongs(options)
  if (!options.has('validate-regex')) requireOptions(options, ['bootstrap-server'])
  if (options.has('describe')) checkDescribe(options)
  if (options.has('delete')) {
    needsOneOf(options, 'delete', ['all-groups', 'group'])
    if (options.has('topic')) {
      throw new UsageError('The consumer does not support topic-specific offset deletion from a consumer group.')
    }
  }
  if (options.has('delete-offsets') && !(options.has('group') && options.has('topic'))) {
    throw new UsageError('Option [delete-offsets] takes the following options: [topic], [group]')
  }
  if (options.has('reset-offsets')) checkReset(options, io)
  if (options.has('group') && options.has('all-groups')) excludeOptions(options, 'group', ['all-groups'])
  excludeOptions(options, 'group', ['list'])
  excludeOptions(options, 'topic', ['list', 'describe'])
  return onlyAction(options, ACTIONS, ACTION_MESSAGE) as Action
}

function checkReset(options: ParsedOptions, io: Io): void {
  if (!options.has('execute') && !options.has('dry-run')) printLine(io.stderr, NOT_EXECUTED)
  if (options.has('dry-run') && options.has('execute')) {
    throw new UsageError('Option [reset-offsets] only accepts one of [execute] and [dry-run]')
  }
  if (!options.has('all-groups') && !options.has('group')) {
    throw new UsageError('Option [reset-offsets] takes one of these options: [all-groups], [group]')
  }
  const specs = RESET_SPECS.filter((name) => options.has(name))
  const [first, second] = specs
  if (first === undefined) {
    throw new UsageError(
      `Option '[reset-offsets]' requires one of the following scenarios: [${bracketed(SPECS_IN_MESSAGE)}]`,
    )
  }
  if (first !== 'from-file' && !options.has('topic') && !options.has('all-topics')) {
    throw new UsageError('One of the reset scopes should be defined: --all-topics, --topic.')
  }
  if (second !== undefined) throw new UsageError(`Option "[${first}]" can't be used with option "[${second}]"`)
}

function needsOneOf(options: ParsedOptions, action: Action, names: readonly string[]): void {
  if (names.some((name) => options.has(name))) return
  throw new UsageError(`Option [${action}] takes one of these options: ${names.map((name) => `[${name}]`).join(', ')}`)
}
