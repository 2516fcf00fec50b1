/**
 * Kafka Streams applications, with a restart of the broker in between; then Kafka's own tool for streams groups on what they left. Or
 * one whose cluster changes hands while it runs: from Apache Kafka, by kill -9, to this broker.
 * streams-checks.mjs STREAMS_CLASS_PATH TOOLS_CLASS_PATH [from-apache-kafka]
 */
import { spawn } from 'node:child_process'
import { rmSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { startApacheKafka } from '../../../scripts/lib/apache-kafka.mjs'
import { startBroker } from '../../../scripts/lib/test-broker.mjs'
import { command, expect, reporter } from './report.mjs'

const [streamsClassPath, toolsClassPath, where] = process.argv.slice(2)
const PREFIX = 'ks'
const GROUP = `${PREFIX}-streams-alo`
const TOOL = 'org.apache.kafka.tools.streams.StreamsGroupCommand'
const settings = {
  'group.streams.initial.rebalance.delay.ms': '500',
  // The default interval would make each rebalance as long as several of them.
  'group.streams.min.heartbeat.interval.ms': '500',
  'group.streams.heartbeat.interval.ms': '500',
}
const { run } = reporter('kafka-streams-groups.sh', '4.3.1')

let broker

/** The same folder, the same port. */
async function restart(signal) {
  const { folder, port } = broker
  await broker.stop(signal)
  broker = await startBroker({ settings, folder, port })
}

/** Runs the Java program; its outcomes go out as they come. `signal` ends the broker when it is to be started again. */
function applications(prefix, cases, signal = 'SIGTERM') {
  return new Promise((resolve) => {
    const env = { ...process.env, BOOTSTRAP: broker.bootstrap, PREFIX: prefix, CLIENT_VERSION: '4.3.1' }
    const flags = ['-XX:TieredStopAtLevel=1', '-Xmx400m']
    const child = spawn('java', [...flags, '-cp', streamsClassPath, 'checks.StreamsChecks', ...cases], {
      env,
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    createInterface({ input: child.stdout }).on('line', (line) => {
      if (line.startsWith('{')) console.log(line)
      const goOn = () => child.stdin.write('go on\n')
      if (line === 'restart') void restart(signal).then(goOn)
      if (line.startsWith('describe ')) void describe(line.slice('describe '.length)).then(goOn)
    })
    child.on('exit', resolve)
  })
}

async function tool(...args) {
  const { code, stdout, stderr } = await command('java', [
    '-XX:TieredStopAtLevel=1',
    '-cp',
    toolsClassPath,
    TOOL,
    '--bootstrap-server',
    broker.bootstrap,
    ...args,
  ])
  expect(code === 0, `${args.join(' ')} ended with ${code}: ${stdout}${stderr}`)
  return stdout
}

function expectMatch(text, pattern) {
  expect(pattern.test(text), `${JSON.stringify(text)} does not match ${pattern}`)
}

/** While its two instances run. */
async function describe(group) {
  await run('describes the offsets, the state and the members of a running application', async () => {
    expectMatch(await tool('--describe', '--group', group), new RegExp(`${group}-lines\\s+3\\s+0`))
    expectMatch(await tool('--describe', '--group', group, '--state'), new RegExp(`${group}\\s.*Stable\\s+2`))
    const members = await tool('--describe', '--group', group, '--members', '--verbose')
    expectMatch(members, /ACTIVE: 0:\[0,1\]; 1:\[0,1\]; STANDBY: 1:\[2,3\]/)
    expectMatch(members, /ACTIVE: 0:\[2,3\]; 1:\[2,3\]; STANDBY: 1:\[0,1\]/)
  })
}

async function onThisBroker() {
  broker = await startBroker({ settings })
  const pairs = ['classic', 'streams'].flatMap((protocol) =>
    ['at_least_once', 'exactly_once_v2'].map((guarantee) => `${protocol}:${guarantee}:word_count`),
  )
  await applications(PREFIX, pairs)
  await run('lists the groups with their states', async () => {
    expectMatch(await tool('--list', '--state'), new RegExp(`${GROUP}\\s+Empty`))
  })
  await run('describes the state of a group without members', async () => {
    expectMatch(await tool('--describe', '--group', GROUP, '--state'), new RegExp(`${GROUP}\\s.*Empty\\s+0`))
  })
  await run('resets and deletes offsets', async () => {
    const reset = ['--reset-offsets', '--group', GROUP, '--input-topic', `${GROUP}-lines`, '--to-earliest', '--execute']
    expectMatch(await tool(...reset), new RegExp(`${GROUP}\\s+${GROUP}-lines\\s+0\\s+0`))
    await tool('--delete-offsets', '--group', GROUP, '--input-topic', `${GROUP}-lines`)
  })
  await run('deletes a group with its internal topics', async () => {
    await tool('--delete', '--group', GROUP, '--delete-all-internal-topics')
    expect(!(await tool('--list')).includes(GROUP), 'the group is gone')
  })
}

async function fromApacheKafka() {
  broker = await startApacheKafka({ heap: '384m', settings: { ...settings, 'offsets.topic.num.partitions': '5' } })
  await broker.started
  await applications(
    'kf',
    ['streams:exactly_once_v2:Apache_Kafka_is_killed_and_this_broker_goes_on_with_its_folder'],
    'SIGKILL',
  )
}

try {
  await (where === 'from-apache-kafka' ? fromApacheKafka() : onThisBroker())
} finally {
  await broker?.stop()
  if (broker !== undefined) rmSync(broker.folder, { recursive: true, force: true })
}
