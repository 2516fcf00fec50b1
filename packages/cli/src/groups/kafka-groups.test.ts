import { deepEqual, equal, match } from 'node:assert/strict'
import { test } from 'node:test'
import { runTool, testBroker } from '../test-io.test.ts'

const LIST_OF_NONE = 'GROUP                TYPE                 PROTOCOL            \n'

test('groups are listed with their type and protocol, and filtered by them', async (t) => {
  const { servers } = await testBroker(t)
  const groups = (...argv: string[]) => runTool('kafka-groups', [...servers, '--list', ...argv])
  deepEqual(await groups(), { code: 0, out: LIST_OF_NONE, err: '' })
  await runTool('kafka-topics', [...servers, '--create', '--topic', 't', '--partitions', '1'])
  await runTool('kafka-console-producer', [...servers, '--topic', 't'], { stdin: 'a\n' })
  const consume = ['--topic', 't', '--from-beginning', '--max-messages', '1']
  await runTool('kafka-console-consumer', [...servers, ...consume, '--group', 'old'])
  const property = ['--consumer-property', 'group.protocol=consumer']
  await runTool('kafka-console-consumer', [...servers, ...consume, '--group', 'new', ...property])
  const rows = {
    old: 'old                  Classic              consumer             \n',
    new: 'new                  Consumer             consumer             \n',
  }
  equal((await groups('--consumer')).out, `${LIST_OF_NONE}${rows.new}${rows.old}`)
  equal((await groups('--group-type', 'Classic')).out, `${LIST_OF_NONE}${rows.old}`)
  equal((await groups('--group-type', 'consumer', '--protocol', 'consumer')).out, `${LIST_OF_NONE}${rows.new}`)
  equal((await groups('--share')).out, LIST_OF_NONE)
  equal((await groups('--streams')).out, LIST_OF_NONE)
})

test('filters that exclude each other, and types that are none, are refused', async () => {
  const groups = (...argv: string[]) => runTool('kafka-groups', ['--bootstrap-server', 'nobody:1', ...argv])
  match(
    (await groups('--list', '--share', '--streams')).err,
    /^Option "\[share\]" can't be used with option "\[streams\]"\n/,
  )
  deepEqual(await groups('--list', '--group-type', 'x'), {
    code: 1,
    out: '',
    err: '--group-type must be a valid group type.\n',
  })
  match((await groups()).err, /^Command must include exactly one action: --list\.\n/)
  match((await runTool('kafka-groups', [])).err, /^Missing required option\(s\) \[bootstrap-server\]\n/)
})
