/**
 * Kafka's tools for administration: admin-tools-checks.mjs CLASS_PATH. Starts a broker of its own, with an HTTP listener that is free, and has
 * a producer throttled and another one push its metrics.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort, startBroker } from '../../../scripts/lib/test-broker.mjs'
import { command, expect, reporter } from './report.mjs'

const [classPath] = process.argv.slice(2)
const { run } = reporter('Admin tools', '4.3.1')
const httpPort = await freePort()
const broker = await startBroker({
  // Two windows of a second: what may come at once does not blur the rate of a short run.
  settings: { 'node.id': '1', 'quota.window.num': '3', 'ottla.http.listener': `http://localhost:${httpPort}` },
})
const folder = mkdtempSync(join(tmpdir(), 'ottla-admin-tools-'))
const file = (name, content) => {
  const path = join(folder, name)
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content))
  return path
}

/** Everything that the tool printed, and how it ended. */
async function tool(mainClass, ...args) {
  const words = ['-XX:TieredStopAtLevel=1', '-Xmx256m', '-cp', classPath, mainClass]
  const { code, stdout, stderr } = await command('java', [...words, '--bootstrap-server', broker.bootstrap, ...args])
  return { code, text: stdout + stderr }
}

const configs = (...args) => tool('kafka.admin.ConfigCommand', ...args)
const topics = (...args) => tool('org.apache.kafka.tools.TopicCommand', ...args)
const reassign = (...args) => tool('org.apache.kafka.tools.reassign.ReassignPartitionsCommand', ...args)
const features = (...args) => tool('org.apache.kafka.tools.FeatureCommand', ...args)

/** Asserts on the end of a tool and on a pattern in what it printed. */
function says({ code, text }, pattern, expected = 0) {
  expect(code === expected && pattern.test(text), `exit ${code}: ${text}`)
}

/** Sets, describes, takes away, describes. `entity`: its arguments. */
async function roundTrip({ entity, add, shown, remove }) {
  says(await configs('--alter', ...entity, '--add-config', add), /Completed updating/)
  says(await configs('--describe', ...entity), shown)
  says(await configs('--alter', ...entity, '--delete-config', remove), /Completed updating/)
  const { text } = await configs('--describe', ...entity)
  expect(!shown.test(text), `still there: ${text}`)
}

const entity = (type, name) => ['--entity-type', type, '--entity-name', name]

says(await topics('--create', '--topic', 'events', '--partitions', '2'), /Created topic/)

await run('configs of topics', () =>
  roundTrip({
    entity: entity('topics', 'events'),
    add: 'cleanup.policy=[compact,delete]',
    shown: /cleanup\.policy=compact,delete .*DYNAMIC_TOPIC_CONFIG/,
    remove: 'cleanup.policy',
  }),
)
await run('configs of brokers', () =>
  roundTrip({
    entity: entity('brokers', '1'),
    add: 'log.retention.ms=1000000',
    shown: /log\.retention\.ms=1000000 .*DYNAMIC_BROKER_CONFIG/,
    remove: 'log.retention.ms',
  }),
)
await run('configs of all brokers', () =>
  roundTrip({
    entity: ['--entity-type', 'brokers', '--entity-default'],
    add: 'log.retention.ms=1000000',
    shown: /log\.retention\.ms=1000000 .*DYNAMIC_DEFAULT_BROKER_CONFIG/,
    remove: 'log.retention.ms',
  }),
)
await run('configs of brokers, read-only', async () => {
  says(
    await configs('--alter', ...entity('brokers', '1'), '--add-config', 'num.partitions=3'),
    /Cannot update these configs dynamically/,
    1,
  )
})
await run('configs of groups', () =>
  roundTrip({
    entity: entity('groups', 'g'),
    add: 'consumer.session.timeout.ms=50000',
    shown: /consumer\.session\.timeout\.ms=50000/,
    remove: 'consumer.session.timeout.ms',
  }),
)
await run('levels of loggers', async () => {
  const of = entity('broker-loggers', '1')
  says(await configs('--alter', ...of, '--add-config', 'broker.replica=DEBUG'), /Completed updating/)
  says(await configs('--describe', ...of), /broker\.replica=DEBUG/)
  says(await configs('--alter', ...of, '--delete-config', 'broker.replica'), /Completed updating/)
  says(await configs('--describe', ...of), /broker\.replica=INFO/)
})
await run('quotas of users and clients', async () => {
  const both = ['--entity-type', 'users', '--entity-name', 'alice', '--entity-type', 'clients', '--entity-name', 'c']
  await roundTrip({
    entity: both,
    add: 'producer_byte_rate=1024',
    shown: /producer_byte_rate=1024/,
    remove: 'producer_byte_rate',
  })
})
await run('quotas of addresses', () =>
  roundTrip({
    entity: entity('ips', '127.0.0.7'),
    add: 'connection_creation_rate=10',
    shown: /connection_creation_rate=10/,
    remove: 'connection_creation_rate',
  }),
)
await run('SCRAM credentials', () =>
  roundTrip({
    entity: entity('users', 'alice'),
    add: 'SCRAM-SHA-256=[iterations=4096,password=secret]',
    shown: /SCRAM-SHA-256=iterations=4096/,
    remove: 'SCRAM-SHA-256',
  }),
)
await run('features', async () => {
  says(await features('describe'), /metadata\.version\s+SupportedMinVersion: 3\.3-IV3/)
  says(await features('upgrade', '--feature', 'group.version=77'), /only supports versions/, 1)
  says(await features('downgrade', '--feature', 'transaction.version=0', '--dry-run'), /can be downgraded to 0/)
})
await run('leader election', async () => {
  const elect = (...args) =>
    tool('org.apache.kafka.tools.LeaderElectionCommand', '--election-type', 'preferred', ...args)
  says(await elect('--topic', 'events', '--partition', '0'), /Valid replica already elected/)
  says(await elect('--all-topic-partitions'), /^/)
  says(await elect('--topic', 'none', '--partition', '0'), /does not host|No such topic|UnknownTopicOrPartition/, 1)
})
await run('reassignment of partitions', async () => {
  const to = (replicas) => ({ version: 1, partitions: [{ topic: 'events', partition: 0, replicas }] })
  const own = file('own.json', to([1]))
  says(await reassign('--reassignment-json-file', own, '--execute'), /Successfully started/)
  says(await reassign('--reassignment-json-file', own, '--verify'), /Reassignment of partition events-0 is completed/)
  says(await reassign('--reassignment-json-file', file('other.json', to([7])), '--execute'), /Unknown broker id 7/, 1)
  says(await reassign('--list'), /No partition reassignments found/)
  const move = file('move.json', { version: 1, topics: [{ topic: 'events' }] })
  says(await reassign('--topics-to-move-json-file', move, '--broker-list', '1', '--generate'), /Proposed partition/)
})
await run('metadata quorum', async () => {
  const quorum = (...args) => tool('org.apache.kafka.tools.MetadataQuorumCommand', 'describe', ...args)
  says(await quorum('--status'), /LeaderId:\s+1[\s\S]*MaxFollowerLag:\s+0[\s\S]*CurrentVoters:\s+\[\{"id": 1/)
  says(await quorum('--replication'), /1\s+\S+\s+\d+\s+0\s+\d+\s+\d+\s+Leader/)
})
await run('access rules are refused', async () => {
  says(await tool('org.apache.kafka.tools.AclCommand', '--list'), /SecurityDisabledException/, 1)
})
await run('delegation tokens are refused', async () => {
  const args = ['--create', '--max-life-time-period', '-1', '--command-config', file('empty.properties', '')]
  says(await tool('org.apache.kafka.tools.DelegationTokenCommand', ...args), /not allowed on PLAINTEXT/, 1)
})
await run('cluster', async () => {
  const cluster = async (verb, ...args) => {
    const words = ['-XX:TieredStopAtLevel=1', '-cp', classPath, 'org.apache.kafka.tools.ClusterTool', verb]
    const { code, stdout, stderr } = await command('java', [...words, '--bootstrap-server', broker.bootstrap, ...args])
    return { code, text: stdout + stderr }
  }
  says(await cluster('cluster-id'), /Cluster ID: \S{22}/)
  says(await cluster('list-endpoints'), /1\s+127\.0\.0\.1\s+\d+\s+null\s+unfenced\s+broker/)
  says(await cluster('unregister', '--id', '9'), /Broker ID 9 is not currently registered/, 1)
})
await run('API versions', async () => {
  const { code, text } = await tool('org.apache.kafka.tools.BrokerApiVersionsCommand')
  const unsupported = text.split('\n').filter((line) => /UNSUPPORTED|UNKNOWN\(/.test(line))
  // What only Kafka 4.4 knows has no name in 4.3.1.
  const strange = unsupported.filter(
    (line) => !/UNKNOWN\((93|94)\)|\((4|5|6|7|52|53|54|56|58|59|62|63|67|70|73|82)\)/.test(line),
  )
  expect(code === 0 && strange.length === 0, `exit ${code}: ${strange.join('; ')}`)
})

const producer = (...args) => {
  const words = ['-XX:TieredStopAtLevel=1', '-cp', classPath, 'org.apache.kafka.tools.ProducerPerformance']
  return command('java', [...words, '--bootstrap-server', broker.bootstrap, ...args], { timeoutMs: 120_000 })
}
await run('a throttled producer has the rate of its quota', async () => {
  const bytesPerSecond = 2_000_000
  const [records, recordBytes] = [60_000, 1000]
  says(
    await configs('--alter', ...entity('clients', 'slow'), '--add-config', `producer_byte_rate=${bytesPerSecond}`),
    /Completed/,
  )
  const props = ['--producer-props', 'client.id=slow', 'acks=1', 'linger.ms=5']
  const load = ['--topic', 'events', '--num-records', `${records}`, '--record-size', `${recordBytes}`]
  const { stdout } = await producer(...load, '--throughput', '-1', ...props)
  const perSecond = Number(/([\d.]+) records\/sec.*99\.9th/.exec(stdout)?.[1]) * recordBytes
  const ratio = perSecond / bytesPerSecond
  expect(ratio > 0.9 && ratio < 1.1, `${perSecond} bytes/s of ${bytesPerSecond}: ${stdout.split('\n').at(-2)}`)
})
await run('metrics of a client are shown', async () => {
  const metrics = (...args) => tool('org.apache.kafka.tools.ClientMetricsCommand', ...args)
  const args = ['--alter', '--name', 'producers', '--metrics', 'org.apache.kafka.producer.', '--interval', '500']
  says(await metrics(...args, '--match', 'client_id=told'), /Altered client metrics config/)
  says(await metrics('--describe', '--name', 'producers'), /interval\.ms=500/)
  const load = ['--topic', 'events', '--num-records', '1500', '--record-size', '100', '--throughput', '300']
  await producer(...load, '--producer-props', 'client.id=told', 'acks=1')
  const page = await (await fetch(`http://localhost:${httpPort}/metrics`)).text()
  const own = page
    .split('\n')
    .filter((line) => line.startsWith('ottla_client_metric{') && line.includes('client_id="told"'))
  expect(
    own.some((line) => line.includes('metric="org.apache.kafka.producer.')),
    `${own.length} series of the client at /metrics`,
  )
})

await broker.stop()
rmSync(folder, { recursive: true, force: true })
