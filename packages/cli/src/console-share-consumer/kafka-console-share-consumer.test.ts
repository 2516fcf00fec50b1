import { deepEqual, equal, match } from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { runTool, testBroker } from '../test-io.test.ts'

/** A broker with three records in topic t, and a share group g that begins with the first. */
async function records(t: TestContext) {
  const { servers } = await testBroker(t)
  await runTool('kafka-topics', [...servers, '--create', '--topic', 't', '--partitions', '1'])
  await runTool('kafka-console-producer', [...servers, '--topic', 't'], { stdin: 'a\nbb\nccc\n' })
  const reset = ['--reset-offsets', '--group', 'g', '--topic', 't', '--to-earliest', '--execute']
  await runTool('kafka-share-groups', [...servers, ...reset])
  return (...argv: string[]) =>
    runTool('kafka-console-share-consumer', [...servers, '--topic', 't', '--group', 'g', ...argv])
}

const DELIVERY = ['--formatter-property', 'print.delivery=true', '--formatter-property', 'key.separator=|']

test('records are printed once, with the number of their delivery', async (t) => {
  const consume = await records(t)
  deepEqual(await consume('--max-messages', '3', ...DELIVERY), {
    code: 0,
    out: 'Delivery:1|a\nDelivery:1|bb\nDelivery:1|ccc\n',
    err: 'Processed a total of 3 messages\n',
  })
  equal((await consume('--timeout-ms', '300')).err, 'Processed a total of 0 messages\n')
})

test('released records come again, rejected ones do not', async (t) => {
  const consume = await records(t)
  equal((await consume('--max-messages', '3', '--release')).out, 'a\nbb\nccc\n')
  equal((await consume('--max-messages', '1', '--reject', ...DELIVERY)).out, 'Delivery:2|a\n')
  match((await consume('--max-messages', '2', ...DELIVERY)).out, /^Delivery:\d\|bb\nDelivery:\d\|ccc\n$/)
})

test('a record that cannot be printed ends the tool, or is rejected', async (t) => {
  const consume = await records(t)
  const asShort = ['--value-deserializer', 'org.apache.kafka.common.serialization.ShortDeserializer']
  const halted = await consume(...asShort)
  equal(halted.code, 1)
  match(halted.err, /Size of data received by the deserializer is not 2\n/)
  const going = await consume(...asShort, '--reject-message-on-error', '--max-messages', '3')
  equal(going.out, '25186\n')
  match(
    going.err,
    /^ERROR Error processing message, rejecting this message: .*\n.*\nProcessed a total of 3 messages\n$/,
  )
  equal((await consume('--timeout-ms', '300')).out, '')
})

test('what does not go together is refused', async () => {
  const first = async (...argv: string[]) =>
    (await runTool('kafka-console-share-consumer', ['--bootstrap-server', 'nobody:1', ...argv])).err.split('\n')[0]
  equal(await first(), '--topic is a required argument')
  equal(await first('--topic', 't', '--reject', '--release'), 'At most one of --reject and --release may be specified.')
  match(
    (await first('--topic', 't', '--group', 'a', '--command-property', 'group.id=b'))!,
    /Detected group ids: 'a', 'b'$/,
  )
})
