/** `ottla topic …`. */
import type { ArgumentSpec, CommandSpec } from '../command.ts'
import { DRY_RUN_OPTION, YES_OPTION } from './common-options-table.ts'

const TOPIC: ArgumentSpec = { name: 'TOPIC', description: 'Its name.', completes: 'topic' }
const TOPICS: ArgumentSpec = {
  name: 'TOPIC',
  description: 'One name or several.',
  isRepeated: true,
  completes: 'topic',
}

export const TOPIC_COMMANDS: readonly CommandSpec[] = [
  {
    name: 'topic list',
    aliases: ['ls'],
    summary: 'Lists topics, with partitions and health',
    arguments: [
      { name: 'PATTERN', description: "Only names that match it: 'orders*'.", isOptional: true, completes: 'topic' },
    ],
    options: [
      { name: 'long', short: 'l', description: 'With the number of records and the size on disk.' },
      { name: 'internal', short: 'i', description: "With Kafka's own topics." },
    ],
    json: 'An array of {name, partitions, replicationFactor, offlinePartitions, underReplicatedPartitions, records, sizeBytes}; the last two are null without --long. Records are next offsets less first ones: compacted topics and transactions hold fewer.',
    examples: [
      { says: 'All topics, the large ones last', line: "ottla topic list --long --json | jq 'sort_by(.sizeBytes)'" },
    ],
    load: () => import('../topic/list.ts'),
  },
  {
    name: 'topic create',
    summary: 'Creates topics',
    arguments: [TOPICS],
    options: [
      {
        name: 'partitions',
        short: 'p',
        value: 'COUNT',
        description: 'How many partitions. Default: what the broker says (num.partitions).',
      },
      {
        name: 'replicas',
        short: 'r',
        value: 'COUNT',
        description: 'How many replicas of each. Default: what the broker says (default.replication.factor).',
      },
      {
        name: 'config',
        short: 'c',
        value: 'KEY=VALUE',
        isRepeated: true,
        completes: 'config-key',
        description: 'A setting of the topic, such as retention.ms=3600000. May be repeated.',
      },
      { name: 'if-not-exists', description: 'A topic that is there already is no error.' },
      DRY_RUN_OPTION,
    ],
    json: 'An array of {name, id, partitions, replicationFactor, isNew}; topics that were there are left out.',
    examples: [
      { says: 'Six partitions, kept for a day', line: 'ottla topic create orders -p 6 -c retention.ms=86400000' },
      { says: 'The newest record of each key', line: 'ottla topic create users -c cleanup.policy=compact' },
    ],
    load: () => import('../topic/create.ts'),
  },
  {
    name: 'topic describe',
    aliases: ['show'],
    summary: 'Shows partitions, leaders, offsets, sizes and settings of topics',
    arguments: [TOPICS],
    json: 'An array of {name, id, isInternal, partitions: [{partition, leader, leaderEpoch, replicas, isr, startOffset, endOffset, sizeBytes}], configs}; configs holds what is set on the topic, and cleanup.policy, retention.ms and min.insync.replicas.',
    load: () => import('../topic/describe.ts'),
  },
  {
    name: 'topic alter',
    summary: 'Adds partitions to a topic, or changes its settings',
    description: [
      'Partitions can be added, not taken away. Settings can be seen and compared with `ottla config get topic/NAME`.',
    ],
    arguments: [TOPIC],
    options: [
      { name: 'partitions', short: 'p', value: 'COUNT', description: 'How many there are to be in all.' },
      {
        name: 'set',
        short: 's',
        value: 'KEY=VALUE',
        isRepeated: true,
        completes: 'config-key',
        description: 'A new value. May be repeated.',
      },
      {
        name: 'unset',
        short: 'u',
        value: 'KEY',
        isRepeated: true,
        completes: 'config-key',
        description: 'Back to the default. May be repeated.',
      },
      DRY_RUN_OPTION,
    ],
    json: '{topic, partitions, set, unset, isChanged}',
    examples: [
      { says: 'Keep a week, on twelve partitions', line: 'ottla topic alter orders -p 12 -s retention.ms=604800000' },
    ],
    load: () => import('../topic/alter.ts'),
  },
  {
    name: 'topic clone',
    summary: 'Creates a topic with the partitions and settings of another',
    arguments: [TOPIC, { name: 'NEW', description: 'The name of the new one.' }],
    json: '{name, id, partitions, configs}',
    examples: [
      {
        says: 'And its records',
        line: 'ottla consume orders -e --json | ottla produce orders-copy -J --keep-partitions',
      },
    ],
    load: () => import('../topic/clone.ts'),
  },
  {
    name: 'topic purge',
    summary: 'Deletes records of a topic: all, or the older ones',
    arguments: [TOPIC],
    options: [
      {
        name: 'partition',
        short: 'p',
        value: 'NUMBER',
        isRepeated: true,
        description: 'Only of this partition. May be repeated.',
      },
      { name: 'before-offset', value: 'OFFSET', description: 'Only records before it.' },
      {
        name: 'before-time',
        value: 'TIME',
        description: 'Only records before it: 2026-01-31T12:00:00Z, or 7d for a week ago.',
      },
      { name: 'dry-run', description: 'Shows what would go, and deletes nothing.' },
      YES_OPTION,
    ],
    json: 'An array of {topic, partition, startOffset, records}: the new first offset, and how many offsets lie before it.',
    load: () => import('../topic/purge.ts'),
  },
  {
    name: 'topic delete',
    aliases: ['rm'],
    summary: 'Deletes topics',
    arguments: [TOPICS],
    options: [{ name: 'if-exists', description: 'A topic that is not there is no error.' }, YES_OPTION],
    json: 'An array of the names of the topics that were deleted.',
    load: () => import('../topic/delete.ts'),
  },
]
