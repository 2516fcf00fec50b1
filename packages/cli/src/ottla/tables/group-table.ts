/** `ottla group …`. */
import type { ArgumentSpec, CommandSpec } from '../command.ts'
import { YES_OPTION } from './common-options-table.ts'

const GROUPS: ArgumentSpec = {
  name: 'GROUP',
  description: 'One name or several.',
  isRepeated: true,
  completes: 'group',
}

export const GROUP_COMMANDS: readonly CommandSpec[] = [
  {
    name: 'group list',
    aliases: ['ls'],
    summary: 'Lists groups, with kind and state',
    arguments: [
      { name: 'PATTERN', description: "Only names that match it: 'billing*'.", isOptional: true, completes: 'group' },
    ],
    options: [
      { name: 'long', short: 'l', description: 'With members, topics and lag.' },
      { name: 'state', value: 'STATE', isRepeated: true, description: 'Only these: Stable, Empty, … May be repeated.' },
      {
        name: 'type',
        value: 'TYPE',
        isRepeated: true,
        choices: ['consumer', 'classic', 'share', 'streams'],
        description: 'Only of this kind. May be repeated.',
      },
    ],
    json: 'An array of {group, type, state, protocolType, members, topics, lag}; the last three are null without --long.',
    load: () => import('../group/list.ts'),
  },
  {
    name: 'group describe',
    aliases: ['show'],
    summary: 'Shows members, partitions, offsets and lag of groups',
    arguments: [GROUPS],
    json: 'An array of {group, type, state, coordinator, assignor, lag, members: [{memberId, instanceId, clientId, host, partitions}], partitions: [{topic, partition, committedOffset, endOffset, lag, member}]}; null is what is not known.',
    load: () => import('../group/describe.ts'),
  },
  {
    name: 'group lag',
    summary: 'Shows how far behind groups are, by topic',
    arguments: [{ ...GROUPS, description: 'Names. Default: all groups.', isOptional: true }],
    options: [
      { name: 'watch', short: 'w', description: 'Again and again, with how fast the lag goes, until Ctrl-C.' },
      { name: 'every', value: 'TIME', description: 'Between two looks. Default: 2s.' },
    ],
    json: 'An array of {group, topic, state, partitions, members, lag, perSecond}; with --watch a line for each look: {time, lags: […]}.',
    examples: [{ says: 'When will billing be done?', line: 'ottla group lag billing --watch' }],
    load: () => import('../group/lag.ts'),
  },
  {
    name: 'group reset',
    summary: 'Moves the committed offsets of a group',
    description: [
      'The group must have no members. What would change is shown first; on a terminal it asks, elsewhere it needs --yes.',
    ],
    arguments: [{ name: 'GROUP', description: 'Its name.', completes: 'group' }],
    options: [
      { name: 'to', value: 'WHERE', description: 'earliest, latest, OFFSET, +COUNT or -COUNT from where it stands.' },
      {
        name: 'to-time',
        value: 'TIME',
        description: 'The first record from then on: 2026-01-31T12:00:00Z, 1h for an hour ago, milliseconds.',
      },
      {
        name: 'topic',
        short: 't',
        value: 'TOPIC',
        isRepeated: true,
        completes: 'topic',
        description: 'NAME, or NAME:0,1 for some partitions. May be repeated.',
      },
      { name: 'all-topics', description: 'All that the group has committed.' },
      { name: 'dry-run', description: 'Shows what would change, and changes nothing.' },
      YES_OPTION,
    ],
    json: 'An array of {topic, partition, from, to}: what was moved, or with --dry-run would be; from is null where nothing was committed.',
    examples: [
      { says: 'Read all of orders again', line: 'ottla group reset billing --to earliest -t orders' },
      { says: 'Read the last hour again', line: 'ottla group reset billing --to-time 1h --all-topics --yes' },
    ],
    load: () => import('../group/reset.ts'),
  },
  {
    name: 'group clone',
    summary: 'Makes another group that stands where this one does',
    arguments: [
      { name: 'GROUP', description: 'Its name.', completes: 'group' },
      { name: 'NEW', description: 'The name of the other.' },
    ],
    options: [YES_OPTION],
    json: 'An array of {topic, partition, offset}.',
    examples: [{ says: 'Try a new version beside the old one', line: 'ottla group clone billing billing-next' }],
    load: () => import('../group/clone.ts'),
  },
  {
    name: 'group delete',
    aliases: ['rm'],
    summary: 'Deletes groups, or what they committed of a topic',
    arguments: [GROUPS],
    options: [
      {
        name: 'topic',
        short: 't',
        value: 'TOPIC',
        isRepeated: true,
        completes: 'topic',
        description: 'Forgets only what was committed of it. May be repeated.',
      },
      YES_OPTION,
    ],
    json: 'An array of the names of the groups.',
    load: () => import('../group/delete.ts'),
  },
]
