import { deepEqual, equal, match } from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { runTool, testBroker } from '../test-io.test.ts'

test('input topics begin anew, and internal topics go', async (t) => {
  const { servers } = await testBroker(t)
  for (const topic of ['in', 'app-store-changelog', 'app-other']) {
    await runTool('kafka-topics', [...servers, '--create', '--topic', topic])
  }
  await runTool('kafka-verifiable-producer', [...servers, '--topic', 'in', '--max-messages', '9'])
  const reset = (...argv: string[]) =>
    runTool('kafka-streams-application-reset', [...servers, '--application-id', 'app', ...argv])
  const seeking = [
    'Reset-offsets for input topics [in]',
    'Following input topics offsets will be reset to (for consumer group app)',
  ]
  const dry = await reset('--input-topics', 'in', '--to-latest', '--dry-run')
  deepEqual([dry.code, dry.err], [0, ''])
  equal(
    dry.out,
    [
      '----Dry run displays the actions which will be performed when running Streams Reset Tool----',
      ...seeking,
      'Topic: in Partition: 0 Offset: 9',
      'Done.',
      'Deleting inferred internal topics [app-store-changelog]',
      'Done.',
      '',
    ].join('\n'),
  )
  const done = await reset('--input-topics', 'in', '--to-offset', '50')
  match(
    done.out,
    /New offset \(50\) is higher than latest offset\. Value will be set to 9\nTopic: in Partition: 0 Offset: 9\n/,
  )
  equal((await runTool('kafka-topics', [...servers, '--list'])).out.includes('app-store-changelog'), false)
  const shifted = await reset('--input-topics', 'in', '--shift-by', '-4')
  match(shifted.out, /Topic: in Partition: 0 Offset: 5\nDone\.\nDeleting inferred internal topics \[\]\nDone\.\n$/)
  const described = await runTool('kafka-consumer-groups', [...servers, '--describe', '--group', 'app'])
  match(described.out, /app +in +0 +5 +9 +4/)
  const folder = mkdtempSync(join(tmpdir(), 'ottla-cli-test-'))
  t.after(() => rmSync(folder, { recursive: true }))
  writeFileSync(join(folder, 'plan.csv'), 'in,0,2\n')
  match((await reset('--input-topics', 'in', '--from-file', join(folder, 'plan.csv'), '--dry-run')).out, /Offset: 2\n/)
})

test('what cannot be reset is told', async (t) => {
  const { servers } = await testBroker(t)
  const reset = (...argv: string[]) =>
    runTool('kafka-streams-application-reset', [...servers, '--application-id', 'app', ...argv])
  const missing = await reset('--input-topics', 'none')
  equal(missing.code, 1)
  match(missing.out, /Following input topics are not found, skipping them\nTopic: none\n/)
  const internal = await reset('--internal-topics', 'app-x')
  deepEqual([internal.code, internal.out], [1, 'No input or intermediate topics specified. Skipping seek.\n'])
  match(internal.err, /^ERROR: java\.lang\.IllegalArgumentException: Invalid topic specified in the --internal-topics/)
  const both = await reset('--to-offset', '5', '--to-latest')
  match(both.err, /^Option "\[to-offset\]" can't be used with option "\[to-latest\]"\n/)
  match(
    (await runTool('kafka-streams-application-reset', [])).err,
    /^Missing required option\(s\) \[application-id\]\n/,
  )
})
