import { deepEqual, equal, match } from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { runTool, testBroker } from '../test-io.test.ts'

test('the tool of 2.4 says which partitions have their leader already, and which do not exist', async (t) => {
  const { servers } = await testBroker(t)
  const folder = mkdtempSync(join(tmpdir(), 'ottla-cli-test-'))
  t.after(() => rmSync(folder, { recursive: true }))
  await runTool('kafka-topics', [...servers, '--create', '--topic', 'a'])
  const path = join(folder, 'partitions.json')
  writeFileSync(path, '{"partitions":[{"topic":"a","partition":0},{"topic":"b","partition":1}]}')
  const elect = (...argv: string[]) => runTool('kafka-preferred-replica-election', argv)
  const { code, out, err } = await elect(...servers, '--path-to-json-file', path)
  deepEqual([code, err], [1, '1 preferred replica(s) could not be elected\n'])
  const [first, second, third] = out.split('\n')
  match(first!, /^This tool is deprecated\./)
  equal(second, 'Preferred replica already elected for partitions a-0')
  match(third!, /^Error completing preferred leader election for partition: b-1: .*UnknownTopicOrPartition/)
  equal((await elect(...servers)).code, 0)
  match((await elect('--zookeeper', 'z:2181')).err, /zookeeper is not a recognized option\n.*--bootstrap-server/)
})
