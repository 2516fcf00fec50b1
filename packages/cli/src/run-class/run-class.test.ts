import { deepEqual, equal, match } from 'node:assert/strict'
import { test } from 'node:test'
import { runTool, testBroker } from '../test-io.test.ts'
import { TOOLS } from '../tools-table.ts'
import { CLASS_TABLE } from './class-table.ts'

test('a class of Kafka leads to the tool that it is, under old names too', async (t) => {
  const { servers } = await testBroker(t)
  const run = (...argv: string[]) => runTool('kafka-run-class', argv)
  const created = await run('-name', 'x', 'org.apache.kafka.tools.TopicCommand', ...servers, '--create', '--topic', 'a')
  deepEqual(created, { code: 0, out: 'Created topic a.\n', err: '' })
  equal((await run('kafka.tools.GetOffsetShell', ...servers, '--topic', 'a')).out, 'a:0:0\n')
  const unknown = await run('foo.Bar')
  equal(unknown.code, 1)
  match(unknown.err, /^Error: Could not find or load main class foo\.Bar\n.*\n {2}kafka\.admin\./)
  match((await run()).out, /^USAGE: kafka-run-class\.sh /)
})

test('every tool that Kafka has a class for is found by it', () => {
  const known = new Set(Object.values(CLASS_TABLE))
  const own = new Set(['kafka-run-class', 'kafka-server-stop'])
  deepEqual(
    Object.keys(TOOLS).filter((name) => name.startsWith('kafka-') && !known.has(name) && !own.has(name)),
    [],
  )
})
