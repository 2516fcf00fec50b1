/**
 * npm run bench -- coordinators: commits, rebalances, transactions, acknowledgements of share groups, memory and loading of coordinators beside Apache Kafka on the
 * same machine in the same run. The load is raw requests of one client, so that the client weighs the same on both.
 * Writes docs/benchmarks/coordinators.md. Needs npm run setup:clients.
 *   --quick        a tenth of the offsets, less time for each figure, without the column of fsync; nothing is written
 */
import { spawnSync } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism, cpus } from 'node:os'
import { join } from 'node:path'
import { startApacheKafka } from '../../scripts/lib/apache-kafka.mjs'
import { startBroker } from '../../scripts/lib/test-broker.mjs'
import { root, say } from '../../scripts/lib/workspace.mjs'
import { commitRate } from './commits.mjs'
import { commitOffsets, makeTopics, watchLoading } from './offsets.mjs'
import { Peer } from './peer.mjs'
import { HEARTBEAT_MS, rebalanceTimes } from './rebalance.mjs'
import { acknowledgementRate } from './shares.mjs'
import { makeTransactionalIds, transactionRate } from './transactions.mjs'

const quick = process.argv.includes('--quick')
const durationMs = quick ? 2000 : 10_000
const groups = quick ? 100 : 1000
const offsetsPerGroup = 1000
const many = quick ? 10_000 : 20_000
const MEMBERS = 50
const PARTITIONS = 200

const heartbeats = {
  'group.consumer.min.heartbeat.interval.ms': String(HEARTBEAT_MS),
  'group.consumer.heartbeat.interval.ms': String(HEARTBEAT_MS),
}

/** Apache Kafka makes no internal topic with more replicas than there are brokers. */
const oneReplica = {
  'share.coordinator.state.topic.replication.factor': '1',
  'share.coordinator.state.topic.min.isr': '1',
}

async function startKafka(options = {}) {
  const kafka = await startApacheKafka({ ...options, settings: { ...heartbeats, ...oneReplica } })
  await kafka.started
  return { ...kafka, heldBytes: () => javaHeap(kafka.pid) }
}

async function startOttla(durability, options = {}) {
  const broker = await startBroker({ ...options, settings: { ...heartbeats, 'ottla.durability': durability } })
  return { ...broker, heldBytes: () => broker.residentBytes() }
}

/** Heap in use after a full collection: what the process holds of the system says nothing, it is given at the start. */
function javaHeap(pid) {
  spawnSync('jcmd', [String(pid), 'GC.run'])
  const { stdout } = spawnSync('jcmd', [String(pid), 'GC.heap_info'], { encoding: 'utf8' })
  return Number(/used (\d+)K/.exec(stdout)?.[1]) * 1024
}

const systems = {
  'Ottla (replicated)': (options) => startOttla('replicated', options),
  'Apache Kafka 4.3.1': startKafka,
  ...(quick ? {} : { 'Ottla (fsync, its default)': (options) => startOttla('fsync', options) }),
}

async function makeTopic(bootstrap, name, numPartitions) {
  const peer = await Peer.open(bootstrap)
  const { topics } = await peer.ask('CreateTopics', 5, {
    topics: [{ name, numPartitions, replicationFactor: 1 }],
    timeoutMs: 60_000,
  })
  if (topics[0].errorCode !== 0) throw new Error(`${name}: error ${topics[0].errorCode}`)
  peer.close()
}

async function memoryPer(broker, count, make) {
  await new Promise((resolve) => setTimeout(resolve, 500))
  const before = broker.heldBytes()
  await make()
  await new Promise((resolve) => setTimeout(resolve, 500))
  return Math.max(0, broker.heldBytes() - before) / count / 1024
}

async function measure(start) {
  const broker = await start()
  const { bootstrap } = broker
  const figures = {}
  await makeTopic(bootstrap, 'commits', 1)
  await makeTopic(bootstrap, 'rebalance', PARTITIONS)
  await makeTopic(bootstrap, 'transactions', 50)
  // Both once before they are measured: code is compiled, internal topics are made.
  await commitRate(bootstrap, { topic: 'commits', consumers: 50, connections: 50, durationMs: 2000 })
  const commits = await commitRate(bootstrap, { topic: 'commits', consumers: 50, connections: 50, durationMs })
  figures.commits = commits.perSecond
  figures.commitP99 = commits.p99Ms
  const deep = await commitRate(bootstrap, { topic: 'commits', consumers: 50, connections: 50, atOnce: 8, durationMs })
  figures.deepCommits = deep.perSecond
  for (const kind of ['classic', 'consumer']) {
    const times = await rebalanceTimes(bootstrap, {
      kind,
      count: MEMBERS,
      topic: 'rebalance',
      partitions: PARTITIONS,
      groupId: `rebalance-${kind}`,
    })
    for (const [name, ms] of Object.entries(times)) figures[`${kind} ${name}`] = ms
  }
  const transactions = { topic: 'transactions', durationMs }
  figures.oneTransactions = await transactionRate(bootstrap, { ...transactions, producers: 1, prefix: 'one' })
  figures.manyTransactions = await transactionRate(bootstrap, { ...transactions, producers: 50, prefix: 'many' })
  const shares = { durationMs, maxRecords: 500 }
  await acknowledgementRate(bootstrap, { ...shares, topic: 'shares-first', consumers: 2, records: 20_000 })
  const fewRecords = quick ? 100_000 : 1_000_000
  figures.oneShares = await acknowledgementRate(bootstrap, {
    ...shares,
    topic: 'shares-one',
    consumers: 1,
    records: fewRecords,
  })
  figures.manyShares = await acknowledgementRate(bootstrap, {
    ...shares,
    topic: 'shares-many',
    consumers: 50,
    records: fewRecords / 25,
  })
  figures.smallShares = await acknowledgementRate(bootstrap, {
    ...shares,
    topic: 'shares-small',
    consumers: 50,
    maxRecords: 10,
    records: fewRecords / 50,
  })
  figures.perGroup = await memoryPer(broker, many, () => commitOffsets(bootstrap, { groups: many, single: 'commits' }))
  figures.perTransactionalId = await memoryPer(broker, many, () => makeTransactionalIds(bootstrap, many, 'memory'))
  await makeTopics(bootstrap, offsetsPerGroup)
  await commitOffsets(bootstrap, { groups, partitions: offsetsPerGroup })
  await broker.stop()
  const since = performance.now()
  const again = await start({ folder: broker.folder, port: broker.port })
  const startMs = performance.now() - since
  const { loadedMs, longestWaitMs } = await watchLoading(again.bootstrap, {
    groups,
    partitions: offsetsPerGroup,
    since,
  })
  figures.load = loadedMs - startMs
  figures.loadWait = longestWaitMs
  await again.stop()
  rmSync(broker.folder, { recursive: true, force: true })
  return figures
}

const lines = []
const write = (line = '') => {
  lines.push(line)
  console.log(line)
}

const results = {}
for (const [name, start] of Object.entries(systems)) {
  say(name)
  results[name] = await measure(start)
  say(JSON.stringify(results[name], (_, value) => (typeof value === 'number' ? Number(value.toFixed(2)) : value)))
}

const names = Object.keys(systems)
write()
write(`| figure | ${names.join(' | ')} | ratio, like for like |`)
write(`| --- |${' --- |'.repeat(names.length + 1)}`)
const row = (title, unit, key, digits = 0) => {
  const values = names.map((name) => results[name][key])
  const cells = values.map((value) => `${value.toFixed(digits)} ${unit}`)
  write(`| ${title} | ${cells.join(' | ')} | ${(values[0] / values[1]).toFixed(2)} |`)
}
row('offset commits, 50 consumers', '/s', 'commits')
row('of these the slowest 1 %', 'ms', 'commitP99', 1)
row('offset commits, 50 consumers with 8 under way each', '/s', 'deepCommits')
for (const kind of ['classic', 'consumer']) {
  row(`${kind} group: ${MEMBERS} members come at once`, 'ms', `${kind} formed`)
  row(`${kind} group: one more comes`, 'ms', `${kind} joined`)
  row(`${kind} group: one leaves`, 'ms', `${kind} left`)
}
row('transactions, one producer', '/s', 'oneTransactions')
row('transactions, 50 producers', '/s', 'manyTransactions')
row('records acknowledged by one share consumer, 500 at a time', '/s', 'oneShares')
row('records acknowledged by 50 share consumers, 500 at a time', '/s', 'manyShares')
row('records acknowledged by 50 share consumers, 10 at a time', '/s', 'smallShares')
row('memory per group with one offset', 'KB', 'perGroup', 2)
row('memory per transactional id', 'KB', 'perTransactionalId', 2)
row(`loading ${((groups * offsetsPerGroup) / 1e6).toFixed(1)} M offsets of ${groups} groups`, 'ms', 'load')
row('longest wait of another connection meanwhile', 'ms', 'loadWait', 1)

if (!quick) {
  mkdirSync(join(root, 'docs', 'benchmarks'), { recursive: true })
  writeFileSync(
    join(root, 'docs', 'benchmarks', 'coordinators.md'),
    `# Coordinators beside Apache Kafka

Written by \`npm run bench -- coordinators\` on Node ${process.version}, ${availableParallelism()} cores (${cpus()[0].model}). The load is raw requests of one client
in Node, the same for all. Ratio: Ottla with page-cache acknowledgement to Apache Kafka, which acknowledges from the page cache too. Heartbeats every
${HEARTBEAT_MS} ms; no initial rebalance delay. A rebalance is over when every member has its partitions. A transaction is one record and its end. Share consumers have a partition each, and acknowledge with their next fetch. Memory of Ottla is what the
process holds more than before, garbage included; of Apache Kafka the heap in use after a full collection. Loading is measured from the end of the start until
every group answers.

${lines.join('\n')}
`,
  )
}
