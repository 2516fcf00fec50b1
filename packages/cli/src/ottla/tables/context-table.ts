/** `ottla use` and `ottla context …`. */
import type { CommandSpec } from '../command.ts'

export const CONTEXT_COMMANDS: readonly CommandSpec[] = [
  {
    name: 'use',
    summary: 'Chooses the context that commands talk to',
    description: ['Without a name it shows which one is in use. `ottla use -` goes back to localhost:9092.'],
    arguments: [{ name: 'CONTEXT', description: 'Its name.', isOptional: true, completes: 'context' }],
    examples: [{ says: 'Talk to prod from now on', line: 'ottla use prod' }],
    isLocal: true,
    load: () => import('../context/use.ts'),
  },
  {
    name: 'context list',
    aliases: ['ls'],
    summary: 'Lists the contexts',
    json: 'An array of {name, bootstrapServers, isCurrent, properties}; secret properties are "***".',
    isLocal: true,
    load: () => import('../context/list.ts'),
  },
  {
    name: 'context add',
    summary: 'Adds a context, or replaces it',
    description: [
      'Contexts are kept in $XDG_CONFIG_HOME/ottla/config.json (~/.config/ottla/config.json), which only its owner can read. The first one is in use at once.',
    ],
    arguments: [
      { name: 'CONTEXT', description: 'Its name.', completes: 'context' },
      { name: 'SERVERS', description: 'Brokers to ask first: HOST:PORT,HOST:PORT.' },
    ],
    options: [
      {
        name: 'property',
        short: 'X',
        value: 'KEY=VALUE',
        isRepeated: true,
        description: "A property of Kafka's clients, such as security.protocol=SASL_SSL. May be repeated.",
      },
      {
        name: 'command-config',
        value: 'FILE',
        description: 'A file of such properties, copied into the context.',
        completes: 'file',
      },
      { name: 'use', description: 'Chooses it, too.' },
    ],
    examples: [
      { says: 'A cluster nearby', line: 'ottla context add dev localhost:9092' },
      {
        says: 'One with a password',
        line: 'ottla context add prod kafka1:9093,kafka2:9093 --command-config prod.properties --use',
      },
    ],
    isLocal: true,
    load: () => import('../context/add.ts'),
  },
  {
    name: 'context show',
    summary: 'Shows a context, and which one commands would use',
    arguments: [
      {
        name: 'CONTEXT',
        description: 'Its name. Default: what commands would use now.',
        isOptional: true,
        completes: 'context',
      },
    ],
    options: [{ name: 'secrets', description: 'Shows passwords, too.' }],
    json: '{name, bootstrapServers, source, properties}; name is null when no context is used.',
    isLocal: true,
    load: () => import('../context/show.ts'),
  },
  {
    name: 'context remove',
    aliases: ['rm'],
    summary: 'Removes a context',
    arguments: [{ name: 'CONTEXT', description: 'Its name.', completes: 'context' }],
    isLocal: true,
    load: () => import('../context/remove.ts'),
  },
]
