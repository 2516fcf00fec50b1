/**
 * npm run bench -- clients: Ottla's client beside kafkajs, @platformatic/kafka, node-rdkafka and Java's load tools, on one broker in one run.
 * Writes docs/benchmarks.md, and the figures of each round to bench/clients/build/results.json. Needs npm run setup:clients; the first run compiles node-rdkafka (two minutes).
 *   --rounds N     how often each contestant has its turn (default 3)
 *   --quick        one round with less time for each; docs/benchmarks.md stays as it is
 *   --broker NAME  ottla (default) or kafka: Apache Kafka 4.3.1
 *   --only TEXT    rows whose name contains the text; docs/benchmarks.md stays as it is
 *   --clients A,B  only these; docs/benchmarks.md stays as it is
 */
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { Kafka, unwrap } from '@ottla/client'
import { startApacheKafka } from '../../scripts/lib/apache-kafka.mjs'
import { nodeVersions } from '../../scripts/lib/node-versions.mjs'
import { startBroker } from '../../scripts/lib/test-broker.mjs'
import { root, say } from '../../scripts/lib/workspace.mjs'
import { measureJava } from './java.mjs'
import { payloadLines } from './payloads.mjs'
import { median, page } from './report.mjs'
import { contestantsFolder, NODE_MAJOR, setUp } from './setup.mjs'

const option = (name, otherwise) => {
  const at = process.argv.indexOf(name)
  return at === -1 ? otherwise : process.argv[at + 1]
}
const quick = process.argv.includes('--quick')
const rounds = Number(option('--rounds', quick ? 1 : 3))
const brokerName = option('--broker', 'ottla')
const only = option('--only', '')
const all = ['ottla', 'ottla-each', 'kafkajs', 'platformatic', 'rdkafka', 'java']
const contestants = option('--clients', all.join(',')).split(',')
const isWhole = !quick && only === '' && contestants.length === all.length

const times = quick ? { warmUpMs: 700, durationMs: 800 } : { warmUpMs: 1500, durationMs: 2000 }
const settings = { lingerMs: 0, batchBytes: 131_072, pollMs: 2, scale: quick ? 0.4 : 1, ...times }
const FILL = { 100: quick ? 1_000_000 : 2_500_000, 1024: quick ? 200_000 : 400_000 }
const FIRST = quick ? 3 : 7
const LINGERS = new Set(['rdkafka', 'java'])

const node = await setUp()
const memory = existsSync('/dev/shm') ? '/dev/shm' : tmpdir()
const folder = mkdtempSync(join(memory, 'bench-clients-'))
const children = new Set()

async function start() {
  if (brokerName === 'ottla') return startBroker({ folder, settings: { 'ottla.durability': 'replicated' } })
  const kafka = await startApacheKafka({ folder })
  await kafka.started
  return kafka
}

const broker = await start()
const { bootstrap } = broker
const admin = new Kafka({ bootstrapServers: bootstrap }).admin()

/** Runs a contestant at a task; null when it cannot do it. */
function worker(name, task) {
  return new Promise((resolve) => {
    const args = ['worker.mjs', name, JSON.stringify({ bootstrap, ...settings, ...task })]
    const env = { ...process.env, BENCH_CONTESTANTS: contestantsFolder, NODE_NO_WARNINGS: '1' }
    const child = spawn(node, args, { cwd: join(root, 'bench', 'clients'), env, stdio: ['ignore', 'pipe', 'pipe'] })
    children.add(child)
    let [output, errors] = ['', '']
    child.stdout.on('data', (chunk) => (output += chunk))
    child.stderr.on('data', (chunk) => (errors += chunk))
    const limit = setTimeout(() => child.kill('SIGKILL'), 90_000)
    child.once('exit', (code) => {
      clearTimeout(limit)
      children.delete(child)
      if (code === 0) return resolve(JSON.parse(output.trim().split('\n').at(-1)))
      say(`${name} could not do ${task.kind}: ${errors.slice(0, 600)}`)
      resolve(null)
    })
  })
}

const results = {
  broker: brokerName === 'ottla' ? 'Ottla, acknowledging from the page cache' : 'Apache Kafka 4.3.1',
  node: nodeVersions[NODE_MAJOR],
  java: /version "([^"]+)"/.exec(spawnSync('java', ['-version'], { encoding: 'utf8' }).stderr)?.[1],
  rounds,
  /** Of the machine before this began: figures of a busy one say little, least of all the times. */
  loadBefore: loadavg()[0],
  contestants,
  labels: { java: "Java's tools 4.3.1" },
  samples: {},
}

function keep(row, name, sample) {
  if (sample === null) return
  if (sample.label !== undefined) results.labels[name] = sample.label
  results.samples[row] ??= {}
  results.samples[row][name] ??= []
  results.samples[row][name].push(sample)
}

const newTopic = async (name) =>
  unwrap((await admin.createTopics([{ name, partitionCount: 1, replicationFactor: 1 }])).get(name))
const dropTopic = async (name) => unwrap((await admin.deleteTopics({ names: [name] })).get(name))

const payloadFiles = new Map()
function payloadFile(bytes) {
  if (!payloadFiles.has(bytes)) {
    const file = join(folder, `payloads-${bytes}`)
    writeFileSync(file, payloadLines(bytes).join('\n'))
    payloadFiles.set(bytes, file)
  }
  return payloadFiles.get(bytes)
}

let topics = 0

async function produceRow(row, load) {
  for (const name of contestants) {
    const topic = `produce-${topics++}`
    await newTopic(topic)
    const task = { kind: 'produce', topic, ...load, lingerMs: LINGERS.has(name) ? 5 : 0 }
    if (name === 'java')
      keep(row, name, await measureJava({ bootstrap, ...settings, ...task, payloadFile: payloadFile(load.bytes) }))
    else keep(row, name, await worker(name, task))
    await dropTopic(topic)
  }
}

async function consumeRow(row, load) {
  const topic = `consume-${topics++}`
  await newTopic(topic)
  const records = FILL[load.bytes]
  await worker('ottla', { kind: 'fill', topic, ...load, records })
  for (const name of contestants) {
    const task = { kind: 'consume', topic, group: `${topic}-${name}`, records, ...load }
    if (name === 'java') keep(row, name, await measureJava({ bootstrap, ...settings, ...task }))
    else keep(row, name, await worker(name, task))
  }
  await dropTopic(topic)
}

/** Every client of a kind in turn, those apart that do the same as ours. */
const singles = contestants.filter((name) => name !== 'java' && name !== 'ottla-each')

async function latencyRow(row) {
  for (const name of singles) {
    const topic = `latency-${topics++}`
    await newTopic(topic)
    const counts = quick ? { warmUp: 500, count: 2000 } : { warmUp: 1000, count: 5000 }
    keep(
      row,
      name,
      await worker(name, { kind: 'latency', topic, bytes: 100, compression: 'none', ...counts, pollMs: 0 }),
    )
    await dropTopic(topic)
  }
}

async function firstRow(row, kind) {
  const topic = `first-${topics++}`
  await newTopic(topic)
  const task = { topic, bytes: 100, compression: 'none', pollMs: 0 }
  await worker('ottla', { kind: 'firstSent', ...task })
  for (const name of singles) {
    const starts = []
    for (let i = 0; i < FIRST; i++) {
      const began = performance.timeOrigin + performance.now()
      const sample = await worker(name, { kind, ...task, group: `${topic}-${name}-${i}` })
      if (sample !== null) starts.push({ ...sample, ms: sample.atMs - began })
    }
    if (starts.length > 0) keep(row, name, { label: starts[0].label, ms: median(starts.map(({ ms }) => ms)) })
  }
  await dropTopic(topic)
}

const rows = []
for (const [kind, measure] of [
  ['produce', produceRow],
  ['consume', consumeRow],
]) {
  for (const [bytes, size] of [
    [100, '100 B'],
    [1024, '1 KB'],
  ]) {
    for (const compression of ['none', 'lz4']) {
      const row = `${kind} ${size}${compression === 'none' ? '' : ', lz4'}`
      rows.push([row, () => measure(row, { bytes, compression })])
    }
  }
}
rows.push(['one send', () => latencyRow('one send')])
rows.push(['first record sent', () => firstRow('first record sent', 'firstSent')])
rows.push(['first record received', () => firstRow('first record received', 'firstReceived')])

try {
  for (let round = 0; round < rounds; round++) {
    for (const [row, measure] of rows) {
      if (!row.includes(only)) continue
      say(`round ${round + 1} of ${rounds}: ${row}`)
      await measure()
    }
  }
} finally {
  for (const child of children) child.kill('SIGKILL')
  await broker.stop()
  rmSync(folder, { recursive: true, force: true })
}
writeFileSync(join(root, 'bench', 'clients', 'build', 'results.json'), JSON.stringify(results, null, 2))
const text = page(results)
console.log(text)
if (isWhole) writeFileSync(join(root, 'docs', 'benchmarks.md'), text)
process.exit(0)
