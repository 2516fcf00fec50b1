/** `ottla acl …`. */
import type { CommandSpec, OptionSpec } from '../command.ts'
import { YES_OPTION } from './common-options-table.ts'

const FILTERS: readonly OptionSpec[] = [
  { name: 'principal', short: 'p', value: 'PRINCIPAL', description: 'Only of this one: billing, or User:billing.' },
  { name: 'resource', short: 'r', value: 'RESOURCE', description: 'Only on this one, as `ottla acl add` names it.' },
]
const JSON_SHAPE =
  'An array of {resourceType, resourceName, patternType, principal, host, operation, permission}, in words of Kafka.'
const OPERATIONS =
  'produce (write, describe, create), consume (read, describe), all, read, write, create, delete, alter, describe, describe-configs, alter-configs, cluster-action or idempotent-write.'

export const ACL_COMMANDS: readonly CommandSpec[] = [
  {
    name: 'acl list',
    aliases: ['ls'],
    summary: 'Lists who may do what',
    options: FILTERS,
    json: JSON_SHAPE,
    load: () => import('../acl/list.ts'),
  },
  {
    name: 'acl add',
    summary: 'Allows somebody something, or denies it',
    arguments: [
      { name: 'PRINCIPAL', description: "A user's name, User:NAME, or 'User:*' for everybody." },
      {
        name: 'RESOURCE',
        description:
          "topic/NAME, 'topic/PREFIX*', 'topic/*' for all; group/…, transactional-id/…, delegation-token/…, user/…; or cluster.",
      },
      { name: 'OPERATION', description: OPERATIONS, isRepeated: true },
    ],
    options: [
      { name: 'deny', description: 'Denies it: that wins over all that allows.' },
      { name: 'host', value: 'ADDRESS', description: 'Only from there. Default: from everywhere.' },
    ],
    json: JSON_SHAPE,
    examples: [
      {
        says: 'The billing service reads orders, in any group of its own',
        line: "ottla acl add billing topic/orders consume && ottla acl add billing 'group/billing*' read",
      },
      { says: 'The shop writes all of its topics', line: "ottla acl add shop 'topic/shop.*' produce" },
    ],
    load: () => import('../acl/add.ts'),
  },
  {
    name: 'acl remove',
    aliases: ['rm'],
    summary: 'Removes entries',
    options: [
      ...FILTERS,
      {
        name: 'operation',
        short: 'o',
        value: 'OPERATION',
        isRepeated: true,
        description: `Only of these: ${OPERATIONS}`,
      },
      YES_OPTION,
    ],
    json: JSON_SHAPE,
    load: () => import('../acl/remove.ts'),
  },
]
