/** Options that commands share. */
import type { OptionSpec } from '../command.ts'

/** How to reach a cluster. */
export const CONNECTION_OPTIONS: readonly OptionSpec[] = [
  {
    name: 'bootstrap-server',
    short: 'b',
    value: 'HOST:PORT',
    description:
      'Brokers to ask first. Default: OTTLA_BOOTSTRAP_SERVERS, else the context in use, else localhost:9092.',
  },
  {
    name: 'context',
    value: 'NAME',
    description: 'A context of `ottla context`, instead of the one in use.',
    completes: 'context',
  },
  {
    name: 'property',
    short: 'X',
    value: 'KEY=VALUE',
    isRepeated: true,
    description: "A property of Kafka's clients, such as security.protocol=SSL. May be repeated.",
  },
  { name: 'command-config', value: 'FILE', description: 'A file of such properties.', completes: 'file' },
  { name: 'timeout', value: 'TIME', description: 'How long a request may take, such as 500ms or 1m. Default: 15s.' },
]

export const GENERAL_OPTIONS: readonly OptionSpec[] = [
  {
    name: 'color',
    value: 'WHEN',
    choices: ['auto', 'always', 'never'],
    description:
      'Colours. Default: on a terminal, unless NO_COLOR is set; FORCE_COLOR asks for colours elsewhere, too.',
  },
  { name: 'debug', description: 'Shows where an error comes from.' },
  { name: 'help', short: 'h', description: 'Shows this.' },
]

export const JSON_OPTION: OptionSpec = { name: 'json', description: 'Prints JSON, for programs.' }

export const YES_OPTION: OptionSpec = { name: 'yes', short: 'y', description: 'Does not ask.' }

export const DRY_RUN_OPTION: OptionSpec = {
  name: 'dry-run',
  description: 'Lets the broker check it, and changes nothing.',
}
