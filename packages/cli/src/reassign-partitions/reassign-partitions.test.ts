import { deepEqual, equal, match } from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { runTool, testBroker } from '../test-io.test.ts'

async function cluster(t: TestContext) {
  const { servers } = await testBroker(t)
  const folder = mkdtempSync(join(tmpdir(), 'ottla-cli-test-'))
  t.after(() => rmSync(folder, { recursive: true }))
  await runTool('kafka-topics', [...servers, '--create', '--topic', 'a', '--partitions', '2'])
  const file = join(folder, 'moves.json')
  return {
    servers,
    reassign: (...argv: string[]) => runTool('kafka-reassign-partitions', [...servers, ...argv]),
    /** Writes the file and gives its path. */
    moves: (json: unknown) => {
      writeFileSync(file, JSON.stringify(json))
      return file
    },
  }
}

test('a proposal is made, executed and verified, with the folders that replicas are in', async (t) => {
  const { reassign, moves } = await cluster(t)
  const topics = moves({ version: 1, topics: [{ topic: 'a' }] })
  const { code, out } = await reassign('--generate', '--topics-to-move-json-file', topics, '--broker-list', '1')
  equal(code, 0)
  const [title, current, blank, secondTitle, proposed] = out.split('\n')
  deepEqual(
    [title, blank, secondTitle],
    ['Current partition replica assignment', '', 'Proposed partition reassignment configuration'],
  )
  equal(
    proposed,
    '{"version":1,"partitions":[{"topic":"a","partition":0,"replicas":[1],"log_dirs":["any"]},{"topic":"a","partition":1,"replicas":[1],"log_dirs":["any"]}]}',
  )
  const file = moves(JSON.parse(current!))
  const executed = await reassign('--execute', '--reassignment-json-file', file)
  equal(executed.code, 0)
  match(
    executed.out,
    /^Current partition replica assignment\n\n\{.*\}\n\nSave this to use as the --reassignment-json-file/,
  )
  match(executed.out, /\nSuccessfully started partition reassignments for a-0,a-1\nSuccessfully started moving log/)
  const verified = await reassign('--verify', '--reassignment-json-file', file)
  equal(verified.code, 0)
  deepEqual(verified.out.split('\n'), [
    'Status of partition reassignment:',
    'Reassignment of partition a-0 is completed.',
    'Reassignment of partition a-1 is completed.',
    'Reassignment of replica a-0-1 completed successfully.',
    'Reassignment of replica a-1-1 completed successfully.',
    'Clearing broker-level throttles on broker 1',
    'Clearing topic-level throttles on topic a',
    '',
  ])
  equal((await reassign('--list')).out, 'No partition reassignments found.\n')
})

test('throttles stand in the settings until --verify takes them back', async (t) => {
  const { servers, reassign, moves } = await cluster(t)
  const file = moves({ version: 1, partitions: [{ topic: 'a', partition: 0, replicas: [1] }] })
  const started = await reassign('--execute', '--reassignment-json-file', file, '--throttle', '7000')
  match(started.out, /The inter-broker throttle limit was set to 7000 B\/s\n/)
  const describe = async (...argv: string[]) =>
    (await runTool('kafka-configs', [...servers, '--describe', ...argv])).out.split('\n').slice(1)
  match((await describe('--topic', 'a')).join('\n'), /leader\.replication\.throttled\.replicas=0:1 /)
  match((await describe('--broker', '1')).join('\n'), /follower\.replication\.throttled\.rate=7000 /)
  equal((await reassign('--verify', '--reassignment-json-file', file)).code, 0)
  deepEqual([await describe('--topic', 'a'), await describe('--broker', '1')], [[''], ['']])
})

test('what cannot be is told on stdout with exit code 1', async (t) => {
  const { reassign, moves } = await cluster(t)
  const partition = (partition: number, ...replicas: number[]) => ({ topic: 'a', partition, replicas })
  const cases: [object[], string][] = [
    [[], 'Error: Partition reassignment list cannot be empty\n'],
    [[partition(0)], 'Error: Partition replica list cannot be empty\n'],
    [[partition(0, 1, 2)], 'Error: Unknown broker id 2\n'],
    [
      [partition(9, 1)],
      'Error: org.apache.kafka.common.errors.UnknownTopicOrPartitionException: Unable to find partition: a-9\n',
    ],
    [[partition(0, 1), partition(0, 1)], 'Error: Partition reassignment contains duplicate topic partitions: a-0\n'],
    [
      [partition(0, 1, 1)],
      'Error: Partition replica lists may not contain duplicate entries: a-0 contains multiple entries for 1\n',
    ],
  ]
  for (const [partitions, out] of cases) {
    const file = moves({ version: 1, partitions })
    deepEqual(await reassign('--execute', '--reassignment-json-file', file), { code: 1, out, err: '' })
  }
  const { code, err } = await reassign('--list', '--additional')
  equal(code, 1)
  match(err, /^Option "\[additional\]" can't be used with action "\[list\]"\n/)
})

test('there is nothing to cancel where nothing moves', async (t) => {
  const { reassign, moves } = await cluster(t)
  const file = moves({ version: 1, partitions: [{ topic: 'a', partition: 0, replicas: [1] }] })
  const { code, out } = await reassign('--cancel', '--reassignment-json-file', file, '--preserve-throttles')
  equal(code, 0)
  equal(
    out,
    'None of the specified partition reassignments are active.\nNone of the specified partition moves are active.',
  )
})
