/** `ottla user …`. */
import type { CommandSpec, OptionSpec } from '../command.ts'
import { YES_OPTION } from './common-options-table.ts'

const MECHANISM: OptionSpec = {
  name: 'mechanism',
  short: 'm',
  value: 'MECHANISM',
  choices: ['SCRAM-SHA-256', 'SCRAM-SHA-512'],
  description: 'Default: SCRAM-SHA-512.',
}

export const USER_COMMANDS: readonly CommandSpec[] = [
  {
    name: 'user list',
    aliases: ['ls'],
    summary: 'Lists the users that have a password (SCRAM)',
    json: 'An array of {user, credentials: [{mechanism, iterations}]}.',
    load: () => import('../user/list.ts'),
  },
  {
    name: 'user set',
    summary: 'Gives a user a password (SCRAM)',
    description: [
      'It asks for the password, or reads the first line of standard input. The password itself never leaves this machine: brokers get what follows from it.',
    ],
    arguments: [{ name: 'USER', description: 'The name.' }],
    options: [MECHANISM, { name: 'iterations', value: 'COUNT', description: '4096 to 16384. Default: 8192.' }],
    json: '{user, mechanism}',
    examples: [
      { says: 'From a secret store', line: 'vault kv get -field=password kafka/billing | ottla user set billing' },
    ],
    load: () => import('../user/set.ts'),
  },
  {
    name: 'user remove',
    aliases: ['rm'],
    summary: 'Takes the password of a user away',
    arguments: [{ name: 'USER', description: 'The name.' }],
    options: [{ ...MECHANISM, description: 'Default: all that there are.' }, YES_OPTION],
    json: '{user, mechanisms}',
    load: () => import('../user/remove.ts'),
  },
]
