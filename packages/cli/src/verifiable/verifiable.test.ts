import { deepEqual, equal, match } from 'node:assert/strict'
import { test } from 'node:test'
import { runTool, testBroker } from '../test-io.test.ts'

type Event = Record<string, unknown> & { readonly name: string }

/** Without times, which differ. */
function eventsOf(out: string): Event[] {
  return out
    .trimEnd()
    .split('\n')
    .map((line) => {
      const { timestamp, ...event } = JSON.parse(line)
      equal(typeof timestamp, 'number')
      return event
    })
}

test('kafka-verifiable-producer tells what became of each record, and sums up', async (t) => {
  const { servers } = await testBroker(t)
  const produce = (...argv: string[]) => runTool('kafka-verifiable-producer', [...servers, '--topic', 'v', ...argv])
  const sent = await produce('--max-messages', '2', '--value-prefix', '7', '--repeating-keys', '2')
  deepEqual([sent.code, sent.err], [0, ''])
  match(
    sent.out.split('\n')[1]!,
    /^\{"timestamp":\d+,"name":"producer_send_success","key":"0","value":"7\.0","offset":0,/,
  )
  const { avg_throughput: average, ...summary } = eventsOf(sent.out).at(-1)!
  equal(typeof average, 'number')
  deepEqual(summary, { name: 'tool_data', sent: 2, acked: 2, target_throughput: -1 })
  deepEqual(
    eventsOf(sent.out).map(({ name }) => name),
    ['startup_complete', 'producer_send_success', 'producer_send_success', 'shutdown_complete', 'tool_data'],
  )
  await runTool('kafka-topics', [...servers, '--create', '--topic', 'small', '--config', 'max.message.bytes=10'])
  const refused = await runTool('kafka-verifiable-producer', [...servers, '--topic', 'small', '--max-messages', '1'])
  const failure = eventsOf(refused.out)[1]!
  deepEqual(
    [failure.name, failure.exception, failure.value],
    ['producer_send_error', 'class org.apache.kafka.common.errors.RecordTooLargeException', '0'],
  )
})

test('kafka-verifiable-producer goes on until it is told to end, and says so', async (t) => {
  const { servers } = await testBroker(t)
  const stop = new AbortController()
  const onOut = (text: string) => {
    if (text.includes('"value":"2"')) stop.abort(new Error('stopped by SIGTERM'))
  }
  const argv = [...servers, '--topic', 'v', '--throughput', '200']
  const { code, out } = await runTool('kafka-verifiable-producer', argv, { signal: stop.signal, onOut })
  equal(code, 143)
  deepEqual(
    eventsOf(out)
      .slice(-2)
      .map(({ name }) => name),
    ['shutdown_complete', 'tool_data'],
  )
})

test('kafka-verifiable-consumer tells assignment, records, commits and its end in order', async (t) => {
  const { servers } = await testBroker(t)
  await runTool('kafka-verifiable-producer', [...servers, '--topic', 'v', '--max-messages', '5'])
  const group = [...servers, '--topic', 'v', '--group-id', 'g']
  const first = await runTool('kafka-verifiable-consumer', [...group, '--max-messages', '2', '--verbose'])
  deepEqual([first.code, first.err], [0, ''])
  const partitions = [{ topic: 'v', partition: 0 }]
  deepEqual(eventsOf(first.out), [
    { name: 'startup_complete' },
    { name: 'partitions_assigned', partitions },
    { name: 'record_data', key: null, value: '0', topic: 'v', partition: 0, offset: 0 },
    { name: 'record_data', key: null, value: '1', topic: 'v', partition: 0, offset: 1 },
    {
      name: 'records_consumed',
      count: 5,
      partitions: [{ topic: 'v', partition: 0, count: 2, minOffset: 0, maxOffset: 1 }],
    },
    { name: 'offsets_committed', offsets: [{ topic: 'v', partition: 0, offset: 2 }], success: true },
    { name: 'partitions_revoked', partitions },
    { name: 'shutdown_complete' },
    { name: 'shutdown_requested' },
  ])
  const stop = new AbortController()
  const onOut = (text: string) => {
    if (text.includes('offsets_committed')) stop.abort(new Error('stopped by SIGTERM'))
  }
  const next = [...group, '--group-protocol', 'consumer']
  const { code, out } = await runTool('kafka-verifiable-consumer', next, { signal: stop.signal, onOut })
  equal(code, 143)
  const names = eventsOf(out).map(({ name }) => name)
  deepEqual(names.slice(-4), ['offsets_committed', 'shutdown_requested', 'partitions_revoked', 'shutdown_complete'])
  match(out, /"count":3,"minOffset":2,"maxOffset":4/)
})

test('kafka-verifiable-share-consumer tells records and their acknowledgement', async (t) => {
  const { servers } = await testBroker(t)
  await runTool('kafka-verifiable-producer', [...servers, '--topic', 'v', '--max-messages', '2'])
  const argv = [...servers, '--topic', 'v', '--group-id', 's', '--offset-reset-strategy', 'Earliest']
  const { code, out, err } = await runTool('kafka-verifiable-share-consumer', [...argv, '--max-messages', '2'])
  deepEqual([code, err], [0, ''])
  const partitions = [{ topic: 'v', partition: 0, count: 2, offsets: [0, 1] }]
  deepEqual(eventsOf(out), [
    { name: 'startup_complete' },
    { name: 'offset_reset_strategy_set', offsetResetStrategy: 'earliest' },
    { name: 'records_consumed', count: 2, partitions },
    { name: 'offsets_acknowledged', count: 2, partitions, success: true },
    { name: 'shutdown_complete' },
  ])
})

test('the verifiable tools say what is wrong with their arguments', async () => {
  const common = ['--bootstrap-server', 'a:1', '--topic', 'v']
  const of = async (name: string, ...argv: string[]) => {
    const { code, err } = await runTool(`kafka-verifiable-${name}`, [...common, ...argv])
    equal(code, 1)
    return err
      .replace(/^usage: (.*\n)(?: +.*\n)*/, '')
      .replaceAll(/\s+/g, ' ')
      .trim()
  }
  equal(await of('consumer'), 'verifiable-consumer: error: argument --group-id is required')
  equal(
    await of('producer', '--max-messages', 'x'),
    `verifiable-producer: error: argument --max-messages: could not convert 'x' to Integer (For input string: "x")`,
  )
  equal(
    await of('consumer', '--group-id', 'g', '--group-protocol', 'consumer', '--session-timeout', '5'),
    'session.timeout.ms cannot be set when group.protocol=CONSUMER',
  )
  equal(await of('consumer', '--group-id', 'g', '--assignment-strategy', 'x.Y'), 'Class x.Y cannot be found')
  match(await of('share-consumer', '--group-id', 'g', '--acknowledgement-mode', 'q'), /AcknowledgementMode\.Q$/)
})
