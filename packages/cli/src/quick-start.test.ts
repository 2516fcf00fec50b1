import { deepEqual, equal, match, ok } from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { runTool, testBroker } from './test-io.test.ts'

test('topics are created, listed, described, grown and deleted', async (t) => {
  const { servers } = await testBroker(t)
  const topics = (...argv: string[]) => runTool('kafka-topics', [...servers, ...argv])
  deepEqual(await topics('--list'), { code: 0, out: '\n', err: '' })
  const create = ['--create', '--topic', 'test', '--partitions', '3', '--replication-factor', '1']
  deepEqual(await topics(...create), { code: 0, out: 'Created topic test.\n', err: '' })
  deepEqual(await topics(...create), {
    code: 1,
    out: "Error while executing topic command : Topic 'test' already exists.\n",
    err: '',
  })
  deepEqual(await topics(...create, '--if-not-exists'), { code: 0, out: '', err: '' })
  const compacted = ['--create', '--topic', 'a.b', '--config', 'cleanup.policy=compact']
  match((await topics(...compacted)).out, /^WARNING: .*\nCreated topic a\.b\.\n$/)
  equal((await topics('--list')).out, 'a.b\ntest\n')
  equal((await topics('--list', '--topic', 't.*')).out, 'test\n')
  const described = (await topics('--describe', '--topic', 'test')).out.split('\n')
  match(described[0]!, /^Topic: test\tTopicId: [\w-]{22}\tPartitionCount: 3\tReplicationFactor: 1\tConfigs: $/)
  match(described[3]!, /^\tTopic: test\tPartition: 2\tLeader: 1\tReplicas: 1\tIsr: 1\tElr: .*\tLastKnownElr: .*$/)
  match((await topics('--describe', '--topics-with-overrides')).out, /^Topic: a\.b\t.*cleanup\.policy=compact\n$/)
  deepEqual(await topics('--alter', '--topic', 'test', '--partitions', '6'), { code: 0, out: '', err: '' })
  match((await topics('--describe', '--topic', 'test')).out, /PartitionCount: 6/)
  equal((await topics('--alter', '--topic', 'test', '--partitions', '2')).code, 1)
  deepEqual(await topics('--delete', '--topic', 'test'), { code: 0, out: '', err: '' })
  deepEqual(await topics('--describe', '--topic', 'test'), {
    code: 1,
    out: "Error while executing topic command : Topic 'test' does not exist as expected\n",
    err: '',
  })
  deepEqual(await topics('--delete', '--topic', 'test', '--if-exists'), { code: 0, out: '', err: '' })
})

test('what is typed into the producer comes out of the consumer', async (t) => {
  const { servers } = await testBroker(t)
  const lines = Array.from({ length: 200 }, (_, at) => `line ${at}\n`).join('')
  const argv = [...servers, '--topic', 'lines']
  deepEqual(await runTool('kafka-console-producer', argv, { stdin: lines }), { code: 0, out: '', err: '' })
  const read = await runTool('kafka-console-consumer', [...argv, '--from-beginning', '--max-messages', '200'])
  deepEqual(read, { code: 0, out: lines, err: 'Processed a total of 200 messages\n' })
  const old = ['--broker-list', servers[1]!, '--topic', 'lines', '--compression-codec', 'lz4']
  equal((await runTool('kafka-console-producer', old, { stdin: 'one more' })).code, 0)
  const last = await runTool('kafka-console-consumer', [
    ...argv,
    '--partition',
    '0',
    '--offset',
    '200',
    '--max-messages',
    '1',
  ])
  equal(last.out, 'one more\n')
})

test('keys, headers and tombstones go in and come out', async (t) => {
  const { servers } = await testBroker(t)
  const producer = ['--topic', 'keyed', '--property', 'parse.key=true', '--property', 'parse.headers=true']
  const stdin = 'a:1\tk1\tv1\nNUL\tk2\tNUL\n'
  const wrote = await runTool('kafka-console-producer', [...servers, ...producer, '--property', 'null.marker=NUL'], {
    stdin,
  })
  match(wrote.out, /^Warning: --property is deprecated/)
  const shown = ['print.key', 'print.headers', 'print.offset'].flatMap((name) => [
    '--formatter-property',
    `${name}=true`,
  ])
  const consumer = ['--topic', 'keyed', '--from-beginning', '--max-messages', '2', ...shown]
  equal(
    (await runTool('kafka-console-consumer', [...servers, ...consumer])).out,
    'Offset:0\ta:1\tk1\tv1\nOffset:1\tNO_HEADERS\tk2\tnull\n',
  )
})

test('a bad line ends the producer with 1, after what stood before it was sent', async (t) => {
  const { servers } = await testBroker(t)
  const argv = [...servers, '--topic', 'keyed', '--reader-property', 'parse.key=true']
  const wrote = await runTool('kafka-console-producer', argv, { stdin: 'k\tv\nnosep\n' })
  equal(wrote.code, 1)
  match(wrote.err, /No key separator found on line number 2: 'nosep'/)
  const read = [...servers, '--topic', 'keyed', '--from-beginning', '--max-messages', '1']
  equal((await runTool('kafka-console-consumer', read)).out, 'v\n')
})

test('members of a group share the records, and a new member goes on where the group was', async (t) => {
  const { servers } = await testBroker(t)
  await runTool('kafka-topics', [...servers, '--create', '--topic', 'shared', '--partitions', '4'])
  const write = (stdin: string) => runTool('kafka-console-producer', [...servers, '--topic', 'shared'], { stdin })
  await write('a\nb\nc\n')
  const consumer = [...servers, '--topic', 'shared', '--group', 'g', '--from-beginning', '--max-messages']
  const first = await runTool('kafka-console-consumer', [...consumer, '3'])
  deepEqual(first.out.split('\n').sort(), ['', 'a', 'b', 'c'])
  await write('d\n')
  deepEqual(await runTool('kafka-console-consumer', [...consumer, '1']), {
    code: 0,
    out: 'd\n',
    err: 'Processed a total of 1 messages\n',
  })
  const abort = new AbortController()
  let seen = ''
  const onOut = (text: string) => {
    seen += text
    if (seen.trim().split('\n').length === 40) abort.abort()
  }
  const argv = [...servers, '--topic', 'shared', '--group', 'g']
  const members = [1, 2].map(() => runTool('kafka-console-consumer', argv, { signal: abort.signal, onOut }))
  await groupHas(servers, 2)
  await write(Array.from({ length: 40 }, (_, at) => `${at}\n`).join(''))
  const ended = await Promise.all(members)
  deepEqual(
    ended.map(({ code }) => code),
    [130, 130],
  )
  equal(new Set(seen.trim().split('\n')).size, 40)
})

/** Waits until the group is stable with so many members. */
async function groupHas(servers: readonly string[], count: number): Promise<void> {
  const argv = [...servers, '--describe', '--group', 'g', '--state']
  for (;;) {
    const { out } = await runTool('kafka-consumer-groups', argv)
    if (new RegExp(`Stable +${count}$`, 'm').test(out)) return
  }
}

test('a consumer waits for a topic that is not there yet, and ends on Ctrl-C with 130', async (t) => {
  const { servers } = await testBroker(t)
  const abort = new AbortController()
  const argv = [...servers, '--topic', 'later', '--consumer-property', 'allow.auto.create.topics=false']
  const reading = runTool('kafka-console-consumer', [...argv, '--from-beginning'], {
    signal: abort.signal,
    onOut: (text) => {
      if (text.includes('here')) abort.abort()
    },
  })
  await runTool('kafka-console-producer', [...servers, '--topic', 'later'], { stdin: 'here\n' })
  const { code, out, err } = await reading
  equal(code, 130)
  ok(out.endsWith('here\n'))
  equal(err, 'Processed a total of 1 messages\n')
})

test('offsets, records and settings are shown and changed', async (t) => {
  const { servers } = await testBroker(t)
  await runTool('kafka-console-producer', [...servers, '--topic', 'o'], { stdin: 'a\nb\nc\n' })
  const offsets = (...argv: string[]) => runTool('kafka-get-offsets', [...servers, '--topic', 'o', ...argv])
  deepEqual(await offsets(), { code: 0, out: 'o:0:3\n', err: '' })
  equal((await offsets('--time', 'earliest')).out, 'o:0:0\n')
  match((await offsets('--time', 'bogus')).err, /^Error occurred: Malformed time argument bogus/)
  const configs = (...argv: string[]) => runTool('kafka-configs', [...servers, '--topic', 'o', ...argv])
  equal((await configs('--alter', '--add-config', 'retention.ms=1000')).out, 'Completed updating config for topic o.\n')
  equal(
    (await configs('--describe')).out,
    'Dynamic configs for topic o are:\n  retention.ms=1000 sensitive=false synonyms={DYNAMIC_TOPIC_CONFIG:retention.ms=1000}\n',
  )
  equal((await configs('--alter', '--add-config', 'no.such=1')).code, 1)
  const versions = await runTool('kafka-broker-api-versions', [...servers])
  match(
    versions.out,
    /^127\.0\.0\.1:\d+ \(id: 1 rack: null isFenced: false\) -> \(\n\tProduce\(0\): 0 to \d+ \[usable: \d+\],/,
  )
})

test('groups are described, reset and deleted', async (t) => {
  const { servers } = await testBroker(t)
  await runTool('kafka-console-producer', [...servers, '--topic', 'o'], { stdin: 'a\nb\nc\n' })
  const consumer = [...servers, '--topic', 'o', '--group', 'g', '--from-beginning', '--max-messages', '2']
  await runTool('kafka-console-consumer', consumer)
  const groups = (...argv: string[]) => runTool('kafka-consumer-groups', [...servers, ...argv])
  equal((await groups('--list')).out, 'g\n')
  const described = await groups('--describe', '--group', 'g')
  equal(described.err, "\nConsumer group 'g' has no active members.\n")
  match(described.out, /^g {15}o {15}0 {10}2 {15}3 {15}1 {15}- {15}- {15}-$/m)
  const reset = ['--reset-offsets', '--group', 'g', '--topic', 'o', '--to-earliest', '--execute']
  match((await groups(...reset)).out, /^g {15}o {15}0 {10}0$/m)
  match((await groups('--describe', '--group', 'g')).out, /^g {15}o {15}0 {10}0 {15}3 {15}3 /m)
  equal((await groups('--delete', '--group', 'g')).out, "Deletion of requested consumer groups ('g') was successful.\n")
  match((await groups('--describe', '--group', 'g')).out, /GroupIdNotFoundException: Group g not found\./)
})

test('a broker that is not there is told of in the words of the Java tool', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'ottla-cli-test-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'client.properties')
  writeFileSync(file, 'default.api.timeout.ms=300\n')
  const argv = ['--bootstrap-server', '127.0.0.1:1', '--list', '--command-config']
  deepEqual(await runTool('kafka-topics', [...argv, file]), {
    code: 1,
    out: 'Error while executing topic command : Timed out waiting for a node assignment. Call: listTopics\n',
    err: '',
  })
  const missing = await runTool('kafka-topics', [...argv, '/no/such/file'])
  deepEqual([missing.code, missing.err], [1, '/no/such/file\nCaused by: there is no such file\n'])
})
