import { deepEqual, equal, match, throws } from 'node:assert/strict'
import { test } from 'node:test'
import { parseOptions } from '../options/parse-options.ts'
import { Answers } from '../shared/answers.ts'
import { runTool } from '../test-io.test.ts'
import { ACL_OPTIONS, checkAclOptions } from './acl-options.ts'
import { entriesByResource, formatEntry, formatResource } from './acl-request.ts'

const SERVER = ['--bootstrap-server', 'nowhere:1']

/** What a command line asks for, as text. */
function request(...argv: string[]): Record<string, string[]> {
  const options = parseOptions(ACL_OPTIONS, [...SERVER, ...argv])
  checkAclOptions(options)
  return Object.fromEntries(
    [...entriesByResource(options)].map(([resource, entries]) => [
      formatResource(resource).replace('ResourcePattern', ''),
      entries.map(formatEntry),
    ]),
  )
}

function allow(operation: string, principal = 'User:ann', host = '*'): string {
  return `(principal=${principal}, host=${host}, operation=${operation}, permissionType=ALLOW)`
}

test('each principal may do each operation from each host, and what stands twice counts once', () => {
  const both = ['--allow-principal', 'User:ann', '--allow-principal', 'User:bob', '--allow-host', 'h']
  const operations = ['--operation', 'read', '--operation', 'DescribeConfigs', '--operation', 'Read']
  deepEqual(request('--add', ...both, ...operations, '--topic', ' T '), {
    '(resourceType=TOPIC, name=T, patternType=LITERAL)': [
      allow('READ', 'User:ann', 'h'),
      allow('DESCRIBE_CONFIGS', 'User:ann', 'h'),
      allow('READ', 'User:bob', 'h'),
      allow('DESCRIBE_CONFIGS', 'User:bob', 'h'),
    ],
  })
})

test('producers and consumers get what they need, on the resources that they need', () => {
  const ann = ['--add', '--allow-principal', 'User:ann']
  const roles = ['--producer', '--consumer', '--idempotent', '--transactional-id', 'x']
  const resources = ['--topic', 'T', '--group', 'G', '--resource-pattern-type', 'prefixed']
  deepEqual(request(...ann, ...roles, ...resources), {
    '(resourceType=TOPIC, name=T, patternType=PREFIXED)': ['WRITE', 'DESCRIBE', 'CREATE', 'READ'].map((name) =>
      allow(name),
    ),
    '(resourceType=TRANSACTIONAL_ID, name=x, patternType=PREFIXED)': [allow('WRITE'), allow('DESCRIBE')],
    '(resourceType=CLUSTER, name=kafka-cluster, patternType=LITERAL)': [allow('IDEMPOTENT_WRITE')],
    '(resourceType=GROUP, name=G, patternType=PREFIXED)': [allow('READ')],
  })
})

test('without an operation all are meant, and denying stands beside allowing', () => {
  const [entry] = Object.values(
    request('--remove', '--deny-principal', 'User:*', '--deny-host', '10.0.0.1', '--cluster'),
  )
  deepEqual(entry, ['(principal=User:*, host=10.0.0.1, operation=ALL, permissionType=DENY)'])
  deepEqual(Object.values(request('--remove', '--topic', 'T')), [[]])
})

test('what cannot be is refused in Kafka’s words', () => {
  const ann = ['--allow-principal', 'User:ann']
  const cases: [string[], RegExp][] = [
    [['--add', '--list'], /exactly one action: --list, --add, --remove\. $/],
    [['--list', ...ann], /Option "\[list\]" can't be used with option "\[allow-principal\]"/],
    [['--add', ...ann, '--producer'], /With --producer you must specify a --topic/],
    [['--add', ...ann, '--consumer', '--topic', 'T'], /With --consumer you must specify a --topic and a --group/],
    [['--add', ...ann, '--idempotent', '--topic', 'T'], /--idempotent option is only available if --producer/],
    [['--add', ...ann, '--principal', 'User:x', '--topic', 'T'], /--principal option is only available if --list/],
    [['--add', ...ann], /You must provide at least one resource/],
    [
      ['--add', ...ann, '--topic', 'T', '--operation', 'Fly'],
      /ResourceType TOPIC only supports operations \[ALL, READ/,
    ],
    [['--add', ...ann, '--group', 'G', '--operation', 'Write'], /ResourceType GROUP only supports/],
    [['--add', '--allow-principal', 'ann', '--topic', 'T'], /principalType:principalName but got ann/],
    [['--add', ...ann, '--topic', 'T', '--resource-pattern-type', 'x'], /Cannot parse argument 'x' of option/],
  ]
  for (const [argv, text] of cases) throws(() => request(...argv), text)
})

test('the tool itself refuses before it connects, with the options after a wrong command line', async () => {
  const none = await runTool('kafka-acls', ['--list'])
  equal(none.code, 1)
  match(none.err, /^One of --bootstrap-server or --bootstrap-controller must be specified\nOption +Description/)
  const any = await runTool('kafka-acls', [...SERVER, '--add', '--topic', 'T', '--resource-pattern-type', 'any'])
  match(any.err, /^A '--resource-pattern-type' value of 'ANY' is not valid when adding acls\./)
  const nobody = await runTool('kafka-acls', [...SERVER, '--add', '--topic', 'T'])
  match(nobody.err, /^You must specify one of: --allow-principal, --deny-principal when trying to add ACLs\./)
  const principal = await runTool('kafka-acls', [...SERVER, '--add', '--allow-principal', 'x', '--topic', 'T'])
  deepEqual([principal.code, principal.err], [1, ''])
  equal(
    principal.out,
    'Error while executing ACL command: expected a string in format principalType:principalName but got x\n',
  )
})

test('answers come line by line, however they are cut', async () => {
  async function* input() {
    for (const piece of ['y\r\nn', 'o\n', '', 'last']) yield Buffer.from(piece)
  }
  const answers = new Answers({ stdin: input() } as never)
  deepEqual(
    [await answers.next(), await answers.next(), await answers.next(), await answers.next()],
    ['y', 'no', 'last', null],
  )
})
