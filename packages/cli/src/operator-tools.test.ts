import { deepEqual, equal, match } from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { runTool, testBroker } from './test-io.test.ts'

test('kafka-log-dirs tells the replicas of the named topics as JSON', async (t) => {
  const { servers } = await testBroker(t)
  await runTool('kafka-topics', [...servers, '--create', '--topic', 'a', '--partitions', '2'])
  await runTool('kafka-topics', [...servers, '--create', '--topic', 'b'])
  const { code, out, err } = await runTool('kafka-log-dirs', [...servers, '--describe', '--topic-list', 'a'])
  deepEqual([code, err], [0, ''])
  const lines = out.split('\n')
  deepEqual(lines.slice(0, 2), [
    'Querying brokers for log directories information',
    'Received log directory information from brokers 1',
  ])
  const { version, brokers } = JSON.parse(lines[2]!)
  equal(version, 1)
  deepEqual(brokers[0].logDirs[0].partitions.map(({ partition }: { partition: string }) => partition).sort(), [
    'a-0',
    'a-1',
  ])
  deepEqual(await runTool('kafka-log-dirs', [...servers, '--describe', '--broker-list', '1,7']), {
    code: 1,
    out: '',
    err: 'ERROR: The given brokers do not exist from --broker-list: 7. Current existent brokers: 1\n',
  })
})

test('kafka-leader-election says which partitions have their leader already and which do not exist', async (t) => {
  const { servers } = await testBroker(t)
  const folder = mkdtempSync(join(tmpdir(), 'ottla-cli-test-'))
  t.after(() => rmSync(folder, { recursive: true }))
  await runTool('kafka-topics', [...servers, '--create', '--topic', 'a'])
  const elect = (...argv: string[]) => runTool('kafka-leader-election', [...servers, ...argv])
  deepEqual(await elect('--election-type', 'preferred', '--topic', 'a', '--partition', '0'), {
    code: 0,
    out: 'Valid replica already elected for partitions a-0\n',
    err: '',
  })
  deepEqual(await elect('--election-type', 'UNCLEAN', '--all-topic-partitions'), { code: 0, out: '', err: '' })
  const file = join(folder, 'partitions.json')
  writeFileSync(file, '{"partitions":[{"topic":"a","partition":9}]}')
  const missing = await elect('--election-type', 'preferred', '--path-to-json-file', file)
  deepEqual([missing.code, missing.err], [1, '1 replica(s) could not be elected\n'])
  match(missing.out, /^Error completing leader election \(PREFERRED\) for partition: a-9: .*UnknownTopicOrPartition/)
  equal((await elect('--election-type', 'preferred')).code, 1)
})

test('kafka-client-metrics sets subscriptions up, shows and deletes them', async (t) => {
  const { servers } = await testBroker(t)
  const metrics = (...argv: string[]) => runTool('kafka-client-metrics', [...servers, ...argv])
  deepEqual(await metrics('--alter', '--name', 's', '--interval', '1000', '--metrics', 'a.,b.'), {
    code: 0,
    out: 'Altered client metrics config for s.\n',
    err: '',
  })
  equal((await metrics('--list')).out, 's\n')
  match(
    (await metrics('--describe')).out,
    /^Client metrics configs for s are:\n {2}interval\.ms=1000\n.*metrics=a\.,b\.\n$/s,
  )
  equal((await metrics('--alter', '--name', 's', '--interval', 'soon')).code, 1)
  match(
    (await metrics('--alter', '--name', 's', '--interval', '3')).out,
    /^Error while executing client metrics command : /,
  )
  deepEqual(await metrics('--delete', '--name', 's'), {
    code: 0,
    out: 'Deleted client metrics config for s.\n',
    err: '',
  })
  match((await metrics('--describe', '--name', 's')).out, /doesn't exist/)
  match(
    (await metrics('--alter', '--generate-name', '--interval', '5000')).out,
    /^Altered client metrics config for [\w-]{22}\.\n$/,
  )
})
