/**
 * npm run bench -- figures: start time, memory, throughput and latency by Kafka's own Java load tools, beside Apache Kafka on the
 * same machine in the same run. Writes docs/benchmarks/figures.md. Needs npm run setup:clients.
 *   --rounds N     rounds of the load tools (default 3); the median is reported with the spread
 *   --quick        one round of a tenth of the records
 */
import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { availableParallelism, cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { startApacheKafka } from '../../scripts/lib/apache-kafka.mjs'
import { cacheOf } from '../../scripts/lib/clients.mjs'
import { freePort, startBroker } from '../../scripts/lib/test-broker.mjs'
import { root, say } from '../../scripts/lib/workspace.mjs'
import { produceFrame } from './produce-frame.mjs'

const quick = process.argv.includes('--quick')
const roundsAt = process.argv.indexOf('--rounds')
const rounds = quick ? 1 : roundsAt === -1 ? 3 : Number(process.argv[roundsAt + 1])
const scale = quick ? 0.1 : 1
const jars = join(cacheOf('java-latest'), 'jars', '*')
const ticksPerSecond = 100

const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]
const spread = (values) => `${Math.min(...values).toFixed(1)}–${Math.max(...values).toFixed(1)}`
const megabytes = (bytes) => bytes / 2 ** 20

/** User and system time of a process, in seconds. */
function cpuSeconds(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ')
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond
}

function java(main, args) {
  return new Promise((resolve, reject) => {
    const child = spawn('java', ['-Xmx512m', '-cp', jars, main, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    child.stdout.on('data', (chunk) => (output += chunk))
    child.stderr.on('data', (chunk) => (output += chunk))
    child.on('close', (code) =>
      code === 0 ? resolve(output) : reject(new Error(`${main} ended with ${code}: ${output}`)),
    )
  })
}

const systems = {
  'Ottla (replicated)': () => startBroker({ settings: { 'ottla.durability': 'replicated' } }),
  'Apache Kafka 4.3.1': async () => {
    const kafka = await startApacheKafka()
    await kafka.started
    return kafka
  },
  'Ottla (fsync, its default)': () => startBroker(),
}

async function topic(broker, name, partitions = 1) {
  await java('org.apache.kafka.tools.TopicCommand', [
    '--bootstrap-server',
    broker.bootstrap,
    '--create',
    '--topic',
    name,
    '--partitions',
    String(partitions),
    '--replication-factor',
    '1',
  ])
}

async function produce(broker, name, recordBytes, count) {
  const before = cpuSeconds(broker.pid)
  const output = await java('org.apache.kafka.tools.ProducerPerformance', [
    '--topic',
    name,
    '--num-records',
    String(count),
    '--record-size',
    String(recordBytes),
    '--throughput',
    '-1',
    '--producer-props',
    `bootstrap.servers=${broker.bootstrap}`,
    'acks=all',
  ])
  const match =
    /records sent, ([\d.]+) records\/sec \(([\d.]+) MB\/sec\), ([\d.]+) ms avg latency(?!.*records sent)/s.exec(
      output.trim().split('\n').at(-1),
    )
  return {
    recordsPerSecond: Number(match[1]),
    megabytesPerSecond: Number(match[2]),
    cpu: cpuSeconds(broker.pid) - before,
  }
}

async function consume(broker, name, count) {
  const before = cpuSeconds(broker.pid)
  const output = await java('org.apache.kafka.tools.ConsumerPerformance', [
    '--bootstrap-server',
    broker.bootstrap,
    '--topic',
    name,
    '--num-records',
    String(count),
    '--hide-header',
  ])
  const fields = output.trim().split('\n').at(-1).split(', ')
  return {
    fetchMegabytesPerSecond: Number(fields[8]),
    recordsPerSecond: Number(fields[9]),
    cpu: cpuSeconds(broker.pid) - before,
  }
}

async function latency(broker, name, count) {
  const output = await java('org.apache.kafka.tools.EndToEndLatency', [
    '--bootstrap-server',
    broker.bootstrap,
    '--topic',
    name,
    '--num-records',
    String(count),
    '--producer-acks',
    'all',
    '--record-size',
    '100',
  ])
  const average = Number(/Avg latency: ([\d.]+)/.exec(output)[1])
  const percentiles = /50th = (\d+), 99th = (\d+), 99.9th = (\d+)/.exec(output)
  return { average, p50: Number(percentiles[1]), p99: Number(percentiles[2]), p999: Number(percentiles[3]) }
}

/** From spawn to the first accepted connection, and to the first acknowledged record on a topic that exists. */
async function startTimes(prepare, start, count) {
  const { folder, port } = await prepare()
  const accepted = []
  const acknowledged = []
  for (let i = 0; i < count; i += 1) {
    const began = performance.now()
    const starting = start({ folder, port })
    const socket = await firstConnection(port)
    accepted.push(performance.now() - began)
    await firstAcknowledged(socket, port)
    acknowledged.push(performance.now() - began)
    const broker = await starting
    await broker.stop()
  }
  rmSync(folder, { recursive: true, force: true })
  return { accepted, acknowledged }
}

function firstConnection(port) {
  return new Promise((resolve) => {
    const attempt = () => {
      const socket = connect(port, '127.0.0.1')
      socket.once('connect', () => resolve(socket))
      socket.once('error', () => setTimeout(attempt, 2))
    }
    attempt()
  })
}

async function firstAcknowledged(first, port) {
  for (let socket = first; ; socket = await firstConnection(port)) {
    const ok = await new Promise((resolve) => {
      const received = []
      socket.on('error', () => resolve(false))
      socket.on('close', () => resolve(false))
      socket.on('data', (chunk) => {
        received.push(chunk)
        const bytes = Buffer.concat(received)
        if (bytes.length >= 4 && bytes.length >= bytes.readInt32BE(0) + 4) resolve(produceFrame.errorOf(bytes) === 0)
      })
      socket.write(produceFrame.bytes('start'))
    })
    socket.destroy()
    if (ok) return
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
}

async function prepared(start) {
  const folder = mkdtempSync(join(tmpdir(), 'bench-start-'))
  const port = await freePort()
  const broker = await start({ folder, port })
  await broker.started
  await topic(broker, 'start')
  await broker.stop()
  return { folder, port }
}

const lines = []
const write = (line = '') => {
  lines.push(line)
  console.log(line)
}

say('start times')
const ottlaStart = await startTimes(() => prepared(startBroker), startBroker, 10)
const kafkaStart = await startTimes(() => prepared(startApacheKafka), startApacheKafka, quick ? 1 : 3)
write('| start, median | Ottla | Apache Kafka 4.3.1 | ratio |')
write('| --- | --- | --- | --- |')
for (const [title, key] of [
  ['first accepted connection', 'accepted'],
  ['first acknowledged record', 'acknowledged'],
]) {
  const [ours, theirs] = [median(ottlaStart[key]), median(kafkaStart[key])]
  write(
    `| ${title} | ${ours.toFixed(0)} ms (${spread(ottlaStart[key])}) | ${theirs.toFixed(0)} ms | ${(ours / theirs).toFixed(2)} |`,
  )
}

const results = Object.fromEntries(
  Object.keys(systems).map((name) => [
    name,
    { rest: [], loaded: [], small: [], large: [], smallRead: [], largeRead: [], latency: [] },
  ]),
)
for (let round = 0; round < rounds; round += 1) {
  for (const [name, start] of Object.entries(systems)) {
    say(`round ${round + 1} of ${rounds}: ${name}`)
    const broker = await start()
    const result = results[name]
    await new Promise((resolve) => setTimeout(resolve, 2000))
    result.rest.push(megabytes(broker.residentBytes()))
    for (const each of ['small', 'large', 'latency']) await topic(broker, each)
    result.large.push(await produce(broker, 'large', 1000, 1_000_000 * scale))
    result.loaded.push(megabytes(broker.residentBytes()))
    result.largeRead.push(await consume(broker, 'large', 1_000_000 * scale))
    result.small.push(await produce(broker, 'small', 100, 3_000_000 * scale))
    result.smallRead.push(await consume(broker, 'small', 3_000_000 * scale))
    result.latency.push(await latency(broker, 'latency', 10_000 * scale))
    await broker.stop()
    rmSync(broker.folder, { recursive: true, force: true })
  }
}

const names = Object.keys(systems)
write()
write(`| load (${rounds} rounds, median) | ${names.join(' | ')} | ratio, like for like |`)
write(`| --- |${' --- |'.repeat(names.length + 1)}`)
const row = (title, unit, key, pick, digits = 1) => {
  const values = names.map((name) => results[name][key].map(pick))
  const medians = values.map(median)
  write(
    `| ${title} | ${values.map((each, i) => `${medians[i].toFixed(digits)} ${unit} (${spread(each)})`).join(' | ')} | ${(medians[0] / medians[1]).toFixed(2)} |`,
  )
}
row('memory at rest', 'MB', 'rest', (value) => value, 0)
row('memory after 1 M records of 1 KB', 'MB', 'loaded', (value) => value, 0)
row('produce 1 KB, acks=all', 'MB/s', 'large', (value) => value.megabytesPerSecond)
row('produce 1 KB: broker CPU', 's', 'large', (value) => value.cpu, 2)
row('consume 1 KB', 'MB/s', 'largeRead', (value) => value.fetchMegabytesPerSecond)
row('consume 1 KB: broker CPU', 's', 'largeRead', (value) => value.cpu, 2)
row('produce 100 B, acks=all', 'k records/s', 'small', (value) => value.recordsPerSecond / 1000)
row('produce 100 B: broker CPU', 's', 'small', (value) => value.cpu, 2)
row('consume 100 B', 'k records/s', 'smallRead', (value) => value.recordsPerSecond / 1000)
row('consume 100 B: broker CPU', 's', 'smallRead', (value) => value.cpu, 2)
row('end-to-end latency, average', 'ms', 'latency', (value) => value.average, 3)
row('end-to-end latency, p50', 'ms', 'latency', (value) => value.p50, 0)
row('end-to-end latency, p99', 'ms', 'latency', (value) => value.p99, 0)
row('end-to-end latency, p99.9', 'ms', 'latency', (value) => value.p999, 0)

if (!quick) {
  mkdirSync(join(root, 'docs', 'benchmarks'), { recursive: true })
  writeFileSync(
    join(root, 'docs', 'benchmarks', 'figures.md'),
    `# Figures beside Apache Kafka

Written by \`npm run bench -- figures\` on Node ${process.version}, ${availableParallelism()} cores (${cpus()[0].model}). Load by Kafka's own Java tools
(ProducerPerformance, ConsumerPerformance, EndToEndLatency of 4.3.1), one partition. Ratio: Ottla with page-cache acknowledgement
to Apache Kafka, which acknowledges from the page cache too. In brackets the lowest and highest of the rounds. Where the
load tool binds, compare CPU.

${lines.join('\n')}
`,
  )
}
