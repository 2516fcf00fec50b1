import { deepEqual, equal, match } from 'node:assert/strict'
import { test } from 'node:test'
import { runTool, testBroker } from './test-io.test.ts'

const TIME = String.raw`\d{4}-\d\d-\d\d \d\d:\d\d:\d\d:\d{3}`
const NUMBER = String.raw`[\d.]+`
const SUMMARY =
  /^(\d+)( steady state)? records sent, [\d.]+ records\/sec \([\d.]+ MB\/sec\), [\d.]+ ms avg latency, [\d.]+ ms max latency, \d+ ms 50th, \d+ ms 95th, \d+ ms 99th, \d+ ms 99\.9th\.$/

test('kafka-producer-perf-test sends what it is asked to, and sums up the warm-up and the rest', async (t) => {
  const { servers } = await testBroker(t)
  const to = [...servers, '--topic', 'p', '--throughput', '-1']
  const plain = await runTool('kafka-producer-perf-test', [...to, '--num-records', '500', '--record-size', '20'])
  deepEqual([plain.code, plain.err], [0, ''])
  equal(SUMMARY.exec(plain.out.trimEnd())?.[1], '500')
  const warm = [
    '--num-records',
    '300',
    '--payload-monotonic',
    '--warmup-records',
    '100',
    '--transaction-duration-ms',
    '5',
  ]
  const { code, out } = await runTool('kafka-producer-perf-test', [...to, ...warm, '--print-metrics'])
  equal(code, 0)
  const lines = out.split('\n')
  equal(lines[0], 'Warmup first 100 records. Steady state results will print after the complete test summary.')
  const totals = lines.flatMap((line) => SUMMARY.exec(line) ?? []).filter((part) => /^\d+$/.test(part ?? ''))
  deepEqual(totals, ['300', '200'])
  match(out, /\n\nMetric Name +Value\n(.* : .*\n)+$/)
  const read = await runTool('kafka-console-consumer', [
    ...servers,
    ...['--topic', 'p', '--from-beginning', '--max-messages', '800', '--isolation-level', 'read_committed'],
  ])
  const values = read.out.trimEnd().split('\n')
  match(values[0]!, /^[A-Z]{20}$/)
  deepEqual(values.slice(500, 503), ['0', '1', '2'])
})

test('kafka-producer-perf-test says what is wrong with its arguments as Kafka does', async () => {
  const perf = (...argv: string[]) => runTool('kafka-producer-perf-test', argv)
  const common = ['--bootstrap-server', 'a:1', '--topic', 'x', '--throughput', '-1']
  const cases: [string[], string][] = [
    [
      [...common, '--num-records', '5'],
      'error:  one  of  the  arguments  --record-size --\npayload-file --payload-monotonic is required\n',
    ],
    [
      [...common, '--num-records', '0', '--record-size', '1'],
      '  error:  --num-records  should  be  greater  than\nzero.\n',
    ],
    [
      [...common, '--num-records', 'x', '--record-size', '1'],
      'error: argument --num-records:  could not convert\n\'x\' to Long (For input string: "x")\n',
    ],
    [[...common, '--foo'], "error: unrecognized arguments: '--foo'\n\nDid you mean:\n\t--topic\n"],
    [[...common, '--pro', 'a'], 'ambiguous option: --pro could match --\nproducer-props, --producer.config\n'],
  ]
  for (const [argv, message] of cases) {
    const { code, out, err } = await perf(...argv)
    deepEqual(
      [code, out, err.startsWith('usage: kafka-producer-perf-test\n       [-h] [--bootstrap-server ')],
      [1, '', true],
    )
    equal(err.replaceAll(/ +/g, ' ').includes(message.replaceAll(/ +/g, ' ')), true, err)
  }
  const wrong = await perf(...common, '--num-records', '1', '--record-size', '1', '--producer-props', 'acks')
  deepEqual([wrong.code, wrong.err], [1, 'Invalid property: acks\n'])
  equal((await perf()).code, 0)
  equal((await perf('--help')).code, 1)
})

test('kafka-consumer-perf-test and kafka-share-consumer-perf-test print one line under a header', async (t) => {
  const { servers } = await testBroker(t)
  await runTool('kafka-producer-perf-test', [
    ...servers,
    ...['--topic', 'p', '--num-records', '1000', '--record-size', '50', '--throughput', '-1'],
  ])
  const read = await runTool('kafka-consumer-perf-test', [...servers, '--topic', 'p', '--num-records', '1000'])
  deepEqual([read.code, read.err], [0, ''])
  const [header, line] = read.out.split('\n')
  equal(
    header,
    'start.time, end.time, data.consumed.in.MB, MB.sec, data.consumed.in.nMsg, nMsg.sec, rebalance.time.ms, fetch.time.ms, fetch.MB.sec, fetch.nMsg.sec',
  )
  match(line!, new RegExp(`^${TIME}, ${TIME}, 0\\.0477, ${NUMBER}, 1000, ${NUMBER}, \\d+, \\d+, ${NUMBER}, ${NUMBER}$`))
  const few = await runTool('kafka-consumer-perf-test', [
    ...['--broker-list', servers[1]!, '--topic', 'p', '--messages', '2000', '--timeout', '200', '--hide-header'],
  ])
  match(
    few.out,
    /^Warning: --messages is deprecated.*\nWARNING: Exiting before consuming .* timeout \(200 ms\) exceeded/,
  )
  await runTool('kafka-configs', [
    ...servers,
    ...['--alter', '--entity-type', 'groups', '--entity-name', 's', '--add-config', 'share.auto.offset.reset=earliest'],
  ])
  const shared = ['--topic', 'p', '--group', 's', '--num-records', '1000', '--show-consumer-stats']
  const share = await runTool('kafka-share-consumer-perf-test', [...servers, ...shared])
  deepEqual([share.code, share.err], [0, ''])
  const columns = `${TIME}, ${TIME}, 0\\.0477, ${NUMBER}, ${NUMBER}, 1000, \\d+`
  const each = `Share consumer 1 having client id perf-share-consumer-client consumption metrics- ${columns}`
  match(
    share.out,
    new RegExp(
      `^start\\.time, end\\.time, data\\.consumed\\.in\\.MB, MB\\.sec, nMsg\\.sec, data\\.consumed\\.in\\.nMsg, fetch\\.time\\.ms\n${each}\n${columns}\n$`,
    ),
  )
})

test('the reading performance tools say what is missing', async () => {
  const of = async (name: string, ...argv: string[]) => (await runTool(name, argv)).err.split('\n')[0]
  const consumer = 'kafka-consumer-perf-test'
  equal(await of(consumer, '--topic', 'x'), 'Missing required argument "[bootstrap-server]"')
  equal(
    await of(consumer, '--bootstrap-server', 'a:1', '--num-records', '1'),
    'Exactly one of the following arguments is required: [topic], [include]',
  )
  equal(
    await of('kafka-share-consumer-perf-test', '--bootstrap-server', 'a:1', '--topic', 'x'),
    'Exactly one of the following arguments is required: [messages], [num-records]',
  )
  const wrongDate = ['--bootstrap-server', 'a:1', '--topic', 'x', '--num-records', '1', '--date-format', 'Q']
  equal(await of(consumer, ...wrongDate), "Illegal pattern character 'Q'")
})

test('kafka-e2e-latency measures in both forms of its arguments', async (t) => {
  const { servers } = await testBroker(t)
  const old = await runTool('kafka-e2e-latency', [servers[1]!, 'e', '5', '1', '10'])
  equal(old.err, '')
  match(
    old.out,
    /^WARNING: Positional .*\nTopic "e" does not exist\. .*\n0\t[\d.]+\nAvg latency: \d+\.\d{4} ms\nPercentiles: 50th = \d+, 99th = \d+, 99\.9th = \d+\n$/,
  )
  const named = ['--topic', 'e', '--num-records', '3', '--producer-acks', 'all', '--record-size', '4']
  const more = ['--record-key-size', '2', '--num-headers', '2', '--record-header-size', '-1']
  const { code, out } = await runTool('kafka-e2e-latency', [...servers, ...named, ...more])
  equal(code, 0)
  match(out, /^0\t[\d.]+\nAvg/)
  const wrong = await runTool('kafka-e2e-latency', ['a:1', 'e', '5', '1'])
  deepEqual([wrong.code, wrong.out], [1, ''])
  match(wrong.err, /^Invalid number of arguments\. Expected 5 or 6 positional arguments, but got 4\./)
  match((await runTool('kafka-e2e-latency', ['a:1', 'e', '5', '0', '1'])).err, /^Invalid value for --producer-acks\./)
})
