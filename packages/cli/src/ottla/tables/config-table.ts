/** `ottla config …`. */
import type { ArgumentSpec, CommandSpec } from '../command.ts'
import { DRY_RUN_OPTION } from './common-options-table.ts'

const ENTITY: ArgumentSpec = {
  name: 'ENTITY',
  description: 'topic/NAME, broker/ID, broker (all of them), group/NAME, broker-logger/ID or client-metrics/NAME.',
  completes: 'entity',
}

export const CONFIG_COMMANDS: readonly CommandSpec[] = [
  {
    name: 'config get',
    summary: 'Shows the settings of a topic, broker, group, …',
    description: ['What somebody has set, and with --all the defaults too. With one KEY it prints the value alone.'],
    arguments: [
      ENTITY,
      { name: 'KEY', description: 'Only these.', isOptional: true, isRepeated: true, completes: 'config-key' },
    ],
    options: [{ name: 'all', short: 'a', description: 'With those that have their defaults.' }],
    json: 'An array of {name, value, source, isReadOnly, isSensitive}; the source in words of Kafka, and the value of what is sensitive null.',
    examples: [{ says: 'How long does orders keep records?', line: 'ottla config get topic/orders retention.ms' }],
    load: () => import('../config/get.ts'),
  },
  {
    name: 'config set',
    summary: 'Changes settings',
    arguments: [
      ENTITY,
      { name: 'KEY=VALUE', description: 'What is to be.', isRepeated: true, completes: 'config-key' },
    ],
    options: [
      { name: 'append', description: 'Adds to a list.' },
      { name: 'subtract', description: 'Takes out of a list.' },
      DRY_RUN_OPTION,
    ],
    json: 'An array of {name, before, after, isChanged}.',
    examples: [
      { says: 'Keep a day', line: 'ottla config set topic/orders retention.ms=86400000' },
      { says: 'For all brokers', line: 'ottla config set broker message.max.bytes=2000000' },
    ],
    load: () => import('../config/set.ts'),
  },
  {
    name: 'config unset',
    summary: 'Puts settings back to their defaults',
    arguments: [ENTITY, { name: 'KEY', description: 'One or several.', isRepeated: true, completes: 'config-key' }],
    options: [DRY_RUN_OPTION],
    json: 'An array of {name, before, after, isChanged}.',
    load: () => import('../config/unset.ts'),
  },
  {
    name: 'config diff',
    summary: 'Compares the settings of two, or of one with the defaults',
    arguments: [
      ENTITY,
      {
        name: 'OTHER',
        description: 'What to compare with. Default: the defaults.',
        isOptional: true,
        completes: 'entity',
      },
    ],
    options: [{ name: 'exit-code', description: 'Ends with 1 when there are differences.' }],
    json: 'An array of {name, value, other}.',
    examples: [{ says: 'What do the two keep differently?', line: 'ottla config diff topic/orders topic/payments' }],
    load: () => import('../config/diff.ts'),
  },
]
