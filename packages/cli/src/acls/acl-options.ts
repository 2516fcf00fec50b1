/** The options of kafka-acls, and which of them need or exclude each other. */
import { excludeOptions } from '../options/check-options.ts'
import type { OptionTable } from '../options/option-spec.ts'
import type { ParsedOptions } from '../options/parse-options.ts'
import { UsageError } from '../options/usage-error.ts'

export const ACL_OPTIONS: OptionTable = [
  {
    name: 'bootstrap-server',
    argument: { label: 'server to connect to' },
    description: 'Brokers to ask first, HOST:PORT,HOST:PORT.',
  },
  {
    name: 'bootstrap-controller',
    argument: { label: 'controller to connect to' },
    description: 'Refused: brokers are asked, and ask the controller.',
  },
  {
    name: 'command-config',
    argument: { label: 'command-config', isOptional: true },
    description: 'Properties file for the client.',
  },
  { name: 'add', description: 'Add ACLs.' },
  { name: 'remove', description: 'Remove ACLs: those that are named, or all of the resource.' },
  { name: 'list', description: 'List ACLs: of a resource, or all.' },
  {
    name: 'principal',
    argument: { label: 'principal', isOptional: true },
    description: 'With --list: of this principal alone.',
  },
  { name: 'topic', argument: { label: 'topic' }, description: 'The topic; * for all.' },
  { name: 'cluster', description: 'The cluster itself.' },
  { name: 'group', argument: { label: 'group' }, description: 'The group; * for all.' },
  {
    name: 'transactional-id',
    argument: { label: 'transactional-id' },
    description: 'The transactional id; * for all.',
  },
  {
    name: 'delegation-token',
    argument: { label: 'delegation-token' },
    description: 'The id of the delegation token; * for all.',
  },
  {
    name: 'user-principal',
    argument: { label: 'user-principal' },
    description: 'The principal for whom delegation tokens may be created or described.',
  },
  { name: 'idempotent', description: 'With --producer: idempotent ones too, on brokers before 3.0.' },
  {
    name: 'resource-pattern-type',
    argument: { label: 'ANY|MATCH|LITERAL|PREFIXED' },
    default: 'LITERAL',
    description:
      'How names are meant. To add: literal or prefixed. To list and remove also any (of either kind) and match (all patterns that cover the name; remove with care).',
  },
  {
    name: 'allow-principal',
    argument: { label: 'allow-principal' },
    description: 'Who may, as User:name; User:* is everybody.',
  },
  {
    name: 'deny-principal',
    argument: { label: 'deny-principal' },
    description: 'Who may not, whatever else allows it.',
  },
  {
    name: 'allow-host',
    argument: { label: 'allow-host' },
    description: 'From where those may. Default: from everywhere.',
  },
  {
    name: 'deny-host',
    argument: { label: 'deny-host' },
    description: 'From where those may not. Default: from everywhere.',
  },
  {
    name: 'operation',
    argument: { label: '' },
    default: 'All',
    description:
      'Read, Write, Create, Delete, Alter, Describe, ClusterAction, DescribeConfigs, AlterConfigs, IdempotentWrite, CreateTokens, DescribeTokens, TwoPhaseCommit or All.',
  },
  { name: 'producer', description: 'What a producer needs: write, describe and create on the topic.' },
  { name: 'consumer', description: 'What a consumer needs: read and describe on the topic, read on the group.' },
  { name: 'force', description: 'Ask nothing before removing.' },
]

/** Throws UsageError. */
export function checkAclOptions(options: ParsedOptions): 'list' | 'add' | 'remove' {
  const servers = ['bootstrap-server', 'bootstrap-controller'].filter((name) => options.has(name))
  if (servers.length === 0)
    throw new UsageError('One of --bootstrap-server or --bootstrap-controller must be specified')
  if (servers.length > 1) {
    throw new UsageError('Only one of --bootstrap-server or --bootstrap-controller must be specified')
  }
  const actions = (['list', 'add', 'remove'] as const).filter((name) => options.has(name))
  if (actions.length !== 1) {
    throw new UsageError('Command must include exactly one action: --list, --add, --remove. ')
  }
  excludeOptions(options, 'list', [
    'producer',
    'consumer',
    'allow-host',
    'allow-principal',
    'deny-host',
    'deny-principal',
  ])
  for (const role of ['producer', 'consumer'])
    excludeOptions(options, role, ['operation', 'deny-principal', 'deny-host'])
  if (options.has('producer') && !options.has('topic')) {
    throw new UsageError('With --producer you must specify a --topic')
  }
  if (options.has('idempotent') && !options.has('producer')) {
    throw new UsageError('The --idempotent option is only available if --producer is set')
  }
  const isStray = !options.has('producer') && (options.has('cluster') || options.has('transactional-id'))
  if (options.has('consumer') && (!options.has('topic') || !options.has('group') || isStray)) {
    throw new UsageError(
      'With --consumer you must specify a --topic and a --group and no --cluster or --transactional-id option should be specified.',
    )
  }
  if (options.has('principal') && !options.has('list')) {
    throw new UsageError('The --principal option is only available if --list is set')
  }
  return actions[0]!
}
