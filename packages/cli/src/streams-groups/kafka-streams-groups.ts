/** kafka-streams-groups: lists, describes and deletes streams groups, resets and deletes their offsets (KIP-1071). */
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
  performOnGroups,
} from '../shared/group-command.ts'
import { listGroups, wantedStates } from '../shared/groups-of-kind.ts'
import { checkTopicArguments } from '../shared/reset/topic-scope.ts'
import { SERVER_OPTIONS } from '../shared/server-options.ts'
import { defineTool } from '../tool.ts'
import { deleteStreamsGroups } from './delete-streams-groups.ts'
import { deleteStreamsOffsets } from './delete-streams-offsets.ts'
import { describeStreamsGroups } from './describe-streams-groups.ts'
import { resetStreamsOffsets } from './reset-streams-offsets.ts'
import { STREAMS } from './streams-kind.ts'

const OPTIONS: OptionTable = [
  ...SERVER_OPTIONS,
  { name: 'group', argument: { label: 'streams group' }, description: 'The group. May be repeated.' },
  { name: 'all-groups', description: 'All streams groups.' },
  {
    name: 'input-topic',
    argument: { label: 'topic' },
    description: 'Topic whose offsets are reset or deleted; topic:0,1,2 for some partitions. May be repeated.',
  },
  { name: 'all-input-topics', description: 'All topics that the group reads, but for its internal ones.' },
  { name: 'list', description: 'List streams groups.' },
  { name: 'describe', description: 'Show offsets, members or state of streams groups.' },
  { name: 'delete', description: 'Delete streams groups without members.' },
  { name: 'reset-offsets', description: 'Set offsets of a group without members; with --dry-run or --execute.' },
  { name: 'delete-offsets', description: 'Delete the offsets of a group for topics.' },
  ...GROUP_OPTIONS,
  { name: 'offsets', description: 'With --describe: offsets; so it is without --members and --state too.' },
  { name: 'export', description: 'With --reset-offsets: show it as CSV.' },
  {
    name: 'delete-all-internal-topics',
    description: 'With --delete, or --reset-offsets --execute: delete the internal topics of the group too.',
  },
  {
    name: 'delete-internal-topic',
    argument: { label: '' },
    description: 'With --reset-offsets --execute: delete this internal topic of the group too. May be repeated.',
  },
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
    name: 'from-file',
    argument: { label: 'path to CSV file' },
    description: 'Reset to what a file says, as --export writes it.',
  },
]

const ACTIONS = ['list', 'describe', 'delete', 'reset-offsets', 'delete-offsets'] as const
type Action = (typeof ACTIONS)[number]
/** In the order in which Kafka's tool looks for two of them. */
const RESET_SPECS = [
  'to-offset',
  'to-datetime',
  'by-duration',
  'to-earliest',
  'to-latest',
  'to-current',
  'shift-by',
  'from-file',
] as const
const ACTION_MESSAGE =
  'Command must include exactly one action: --list, --describe, --delete, --reset-offsets, or --delete-offsets.'

/** Runs kafka-streams-groups. */
export const run = defineTool({
  purpose: 'list, or describe streams groups.',
  options: OPTIONS,
  async run(options, io) {
    const action = checkOptions(options)
    return await performOnGroups({ kind: 'streams', options, io, failureCode: 1 }, (command) =>
      perform(action, command),
    )
  },
})

async function perform(action: Action, command: GroupCommand): Promise<void> {
  switch (action) {
    case 'list':
      return await listGroups(STREAMS, command)
    case 'describe':
      return await describeStreamsGroups(command)
    case 'delete':
      return await deleteStreamsGroups(command)
    case 'reset-offsets':
      return await resetStreamsOffsets(command)
    case 'delete-offsets':
      return await deleteStreamsOffsets(command)
  }
}

/** In Kafka's order, so that the same mistake is the first. Throws UsageError. */
function checkOptions(options: ParsedOptions): Action {
  checkBelongs(options)
  requireOptions(options, ['bootstrap-server'])
  if (options.has('describe')) checkDescribe(options)
  if (options.has('delete')) checkDelete(options)
  if (options.has('delete-offsets')) checkDeleteOffsets(options)
  if (options.has('reset-offsets')) checkReset(options)
  excludeOptions(options, 'group', ['all-groups', 'list'])
  excludeOptions(options, 'input-topic', ['list', 'describe'])
  const action = onlyAction(options, ACTIONS, ACTION_MESSAGE) as Action
  options.integer('timeout')
  if (action === 'list') wantedStates(STREAMS, options)
  if (action === 'reset-offsets' || action === 'delete-offsets') checkTopicArguments(options, 'input-topic')
  return action
}

function needsGroups(options: ParsedOptions, action: Action): void {
  if (options.has('group') || options.has('all-groups')) return
  throw new UsageError(`Option [${action}] takes one of these options: [all-groups], [group]`)
}

function checkDelete(options: ParsedOptions): void {
  needsGroups(options, 'delete')
  if (options.has('input-topic')) {
    throw new UsageError('Kafka Streams does not support topic-specific offset deletion from a streams group.')
  }
  if (options.has('delete-internal-topic')) {
    throw new UsageError('Option [delete-internal-topic] takes [reset-offsets] when [execute] is used.')
  }
}

function checkDeleteOffsets(options: ParsedOptions): void {
  if (!options.has('group') || !(options.has('input-topic') || options.has('all-input-topics'))) {
    const scopes = bracketed(['all-input-topics', 'input-topic'])
    throw new UsageError(`Option [delete-offsets] takes the [group] and one of these options: ${scopes}`)
  }
  const groups = options.values('group')
  if (groups.length > 1) {
    const found = groups.join(', ')
    throw new UsageError(`Option [delete-offsets] supports only one [group] at a time, but found: [${found}]`)
  }
}

function checkReset(options: ParsedOptions): void {
  const isBoth = options.has('dry-run') && options.has('execute')
  if (isBoth) throw new UsageError('Option [reset-offsets] only accepts one of [execute] and [dry-run]')
  if (!options.has('dry-run') && !options.has('execute')) {
    throw new UsageError('Option [reset-offsets] takes the option: [execute] or [dry-run]')
  }
  needsGroups(options, 'reset-offsets')
  for (const name of ['delete-all-internal-topics', 'delete-internal-topic']) {
    if (!options.has(name) || options.has('execute')) continue
    throw new UsageError(`Option [${name}] takes [execute] when [reset-offsets] is used.`)
  }
  const [first, second] = RESET_SPECS.filter((name) => options.has(name))
  if (second !== undefined) throw new UsageError(`Option "[${first}]" can't be used with option "[${second}]"`)
  if (first !== 'from-file' && !options.has('input-topic') && !options.has('all-input-topics')) {
    throw new UsageError('One of the reset scopes should be defined: --all-topics, --topic.')
  }
  if (first === undefined) {
    throw new UsageError(
      `Option '[reset-offsets]' requires one of the following scenarios: [${bracketed(RESET_SPECS)}]`,
    )
  }
}
