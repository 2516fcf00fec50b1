/** kafka-share-groups: lists, describes and deletes share groups, resets and deletes their offsets (KIP-932). */
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
import { deleteGroups, listGroups, wantedStates } from '../shared/groups-of-kind.ts'
import { checkTopicArguments } from '../shared/reset/topic-scope.ts'
import { SERVER_OPTIONS } from '../shared/server-options.ts'
import { defineTool } from '../tool.ts'
import { deleteShareOffsets } from './delete-share-offsets.ts'
import { describeShareGroups } from './describe-share-groups.ts'
import { resetShareOffsets } from './reset-share-offsets.ts'
import { SHARE } from './share-kind.ts'

const OPTIONS: OptionTable = [
  ...SERVER_OPTIONS,
  { name: 'group', argument: { label: 'share group' }, description: 'The group. May be repeated.' },
  { name: 'all-groups', description: 'All share groups.' },
  {
    name: 'topic',
    argument: { label: 'topic' },
    description: 'Topic whose offsets are reset or deleted; topic:0,1,2 resets some partitions. May be repeated.',
  },
  { name: 'all-topics', description: 'With --reset-offsets: all topics that the group has offsets for.' },
  { name: 'list', description: 'List share groups.' },
  { name: 'describe', description: 'Show offsets, members or state of share groups.' },
  { name: 'delete', description: 'Delete share groups without members.' },
  { name: 'reset-offsets', description: 'Set where a group without members begins; with --dry-run or --execute.' },
  { name: 'delete-offsets', description: 'Forget what a group has done of topics.' },
  ...GROUP_OPTIONS,
  { name: 'offsets', description: 'With --describe: offsets; so it is without --members and --state too.' },
  { name: 'to-earliest', description: 'Reset to the first offset.' },
  { name: 'to-latest', description: 'Reset to the end.' },
  {
    name: 'to-datetime',
    argument: { label: 'datetime' },
    description: 'Reset to the first record at or after YYYY-MM-DDThh:mm:ss.sss.',
  },
]

const ACTIONS = ['list', 'describe', 'delete', 'reset-offsets', 'delete-offsets'] as const
type Action = (typeof ACTIONS)[number]
const RESET_SPECS = ['to-datetime', 'to-earliest', 'to-latest'] as const

/** Runs kafka-share-groups. */
export const run = defineTool({
  purpose: 'list, describe, reset and delete share groups.',
  options: OPTIONS,
  async run(options, io) {
    const action = checkOptions(options)
    return await performOnGroups({ kind: 'share', options, io }, (command) => perform(action, command))
  },
})

async function perform(action: Action, command: GroupCommand): Promise<void> {
  switch (action) {
    case 'list':
      return await listGroups(SHARE, command)
    case 'describe':
      return await describeShareGroups(command)
    case 'delete':
      await deleteGroups(SHARE, command, async () => {})
      return
    case 'reset-offsets':
      return await resetShareOffsets(command)
    case 'delete-offsets':
      return await deleteShareOffsets(command)
  }
}

/** In Kafka's order, so that the same mistake is the first. Throws UsageError. */
function checkOptions(options: ParsedOptions): Action {
  checkBelongs(options)
  requireOptions(options, ['bootstrap-server'])
  if (options.has('describe')) checkDescribe(options)
  if (options.has('delete')) checkDelete(options)
  if (options.has('reset-offsets')) checkReset(options)
  if (options.has('delete-offsets') && !(options.has('group') && options.has('topic'))) {
    throw new UsageError('Option [delete-offsets] takes the following options: [group], [topic]')
  }
  excludeOptions(options, 'group', ['all-groups', 'list'])
  excludeOptions(options, 'topic', ['list', 'describe'])
  const names = ACTIONS.map((action) => `--${action}`).join(', ')
  const action = onlyAction(options, ACTIONS, `Command must include exactly one action: ${names}.`) as Action
  if (action === 'list') wantedStates(SHARE, options)
  if (action === 'reset-offsets') checkTopicArguments(options)
  return action
}

function checkDelete(options: ParsedOptions): void {
  const hasGroup = options.has('group')
  if (hasGroup === options.has('all-groups')) {
    const problem = hasGroup
      ? 'takes either [group] or [all-groups], not both.'
      : 'takes the options [group] or [all-groups]'
    throw new UsageError(`Option [delete] ${problem}`)
  }
  if (options.has('topic')) throw new UsageError('Option [delete] does not take the option: [topic]')
}

function checkReset(options: ParsedOptions): void {
  const isBoth = options.has('dry-run') && options.has('execute')
  if (isBoth) throw new UsageError('Option [reset-offsets] only accepts one of [execute] and [dry-run]')
  if (!options.has('dry-run') && !options.has('execute')) {
    throw new UsageError('Option [reset-offsets] takes the option: [execute] or [dry-run]')
  }
  if (!options.has('group')) throw new UsageError('Option [reset-offsets] takes the option: [group]')
  if (!options.has('topic') && !options.has('all-topics')) {
    throw new UsageError('Option [reset-offsets] takes one of these options: [all-topics], [topic]')
  }
  excludeOptions(options, 'to-datetime', ['to-earliest', 'to-latest'])
  excludeOptions(options, 'to-earliest', ['to-datetime', 'to-latest'])
  if (RESET_SPECS.every((name) => !options.has(name))) {
    throw new UsageError(`Option [reset-offsets] takes one of these options: ${bracketed(RESET_SPECS)}`)
  }
}
