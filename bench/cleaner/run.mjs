/**
 * Log cleaning beside Apache Kafka: both clean copies of one folder. MB/s are those of the log before it is cleaned, over the time until the
 * cleaner's checkpoint says that it is done. run.mjs [MEGABYTES]
 */
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startApacheKafka } from '../../scripts/lib/apache-kafka.mjs'
import { freePort, startBroker } from '../../scripts/lib/test-broker.mjs'
import { batchOf, until, Wire } from '../../tests/clients/tools/wire.mjs'

const megabytes = Number(process.argv[2] ?? 256)
const TOPIC = 'cleaned'
const VALUE_BYTES = 1000
const BATCH_RECORDS = 60
const BACKOFF_MS = 50
const TICKS_PER_SECOND = 100
const CODECS = { none: 0, lz4: 3 }
const folders = []

const settings = { 'log.cleaner.backoff.ms': `${BACKOFF_MS}`, 'log.initial.task.delay.ms': '100' }
const newFolder = (name) => {
  const folder = mkdtempSync(join(tmpdir(), `ottla-bench-${name}-`))
  folders.push(folder)
  return folder
}

async function kafka(folder) {
  const broker = await startApacheKafka({ folder, settings })
  await broker.started
  return broker
}

async function ottla(folder) {
  const http = await freePort()
  const own = { 'node.id': '1', 'ottla.http.listener': `http://127.0.0.1:${http}` }
  return { ...(await startBroker({ folder, settings: { ...own, ...settings } })), http }
}

async function setRatio(wire, value) {
  const configs = [{ name: 'min.cleanable.dirty.ratio', configOperation: 0, value }]
  await wire.ask('IncrementalAlterConfigs', 1, {
    resources: [{ resourceType: 2, resourceName: TOPIC, configs }],
    validateOnly: false,
  })
}

/** Keys come three times on average; values are half random, so that they pack to a half. */
async function fill(wire, compression) {
  const configs = { 'cleanup.policy': 'compact', 'segment.bytes': '67108864', 'min.cleanable.dirty.ratio': '1' }
  const list = Object.entries(configs).map(([name, value]) => ({ name, value }))
  await wire.ask('CreateTopics', 5, {
    topics: [{ name: TOPIC, numPartitions: 1, replicationFactor: 1, configs: list }],
    timeoutMs: 10_000,
  })
  const records = Math.floor((megabytes * 1e6) / (VALUE_BYTES + 30))
  const keys = Math.floor(records / 3)
  let seed = 1
  const random = () => (seed = (Math.imul(seed, 1103515245) + 12345) >>> 0)
  const value = Buffer.alloc(VALUE_BYTES, 'the same again and again ')
  for (let sent = 0; sent < records; sent += BATCH_RECORDS) {
    const batch = Array.from({ length: BATCH_RECORDS }, () => {
      for (let i = 0; i < VALUE_BYTES / 2; i += 4) value.writeUInt32LE(random(), i)
      return { key: `key-${random() % keys}`, value: Buffer.from(value) }
    })
    const partitionData = [{ index: 0, records: batchOf(batch, { compression }) }]
    const body = { acks: -1, timeoutMs: 10_000, topicData: [{ name: TOPIC, partitionData }] }
    await until(async () => (await wire.ask('Produce', 9, body)).responses[0].partitionResponses[0].errorCode === 0)
  }
}

const partition = (folder) => join(folder, 'data', `${TOPIC}-0`)
const logsOf = (folder) => readdirSync(partition(folder)).filter((name) => name.endsWith('.log'))
const bytesOf = (folder) => logsOf(folder).reduce((sum, name) => sum + statSync(join(partition(folder), name)).size, 0)

function cleanedUpTo(folder) {
  const path = join(folder, 'data', 'cleaner-offset-checkpoint')
  const lines = existsSync(path) ? readFileSync(path, 'utf8').split('\n') : []
  return Number(lines.find((line) => line.startsWith(`${TOPIC} 0 `))?.split(' ')[2] ?? -1)
}

function cpuSeconds(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ')
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND
}

async function measure(start, folder) {
  const before = bytesOf(folder)
  const last = Math.max(...logsOf(folder).map((name) => Number(name.slice(0, 20))))
  const broker = await start(folder)
  const wire = await Wire.open(broker.bootstrap)
  await new Promise((resolve) => setTimeout(resolve, 3000))
  const cpu = cpuSeconds(broker.pid)
  const startedAt = performance.now()
  await setRatio(wire, '0.01')
  await until(() => cleanedUpTo(folder) === last, { what: 'the cleaning', timeoutMs: 300_000 })
  const seconds = (performance.now() - startedAt) / 1000
  const used = cpuSeconds(broker.pid) - cpu
  const metrics = broker.http === undefined ? '' : await metricsOf(broker.http)
  const slice = /^ottla_log_cleaner_longest_slice_ms (\S+)/m.exec(metrics)?.[1]
  wire.close()
  const residentBytes = broker.residentBytes()
  await broker.stop()
  return { megabytes: before / 1e6, seconds, cpu: used, left: bytesOf(folder) / 1e6, residentBytes, slice }
}

/** The broker is busy: a first attempt may be too early. */
async function metricsOf(port) {
  return until(() =>
    fetch(`http://127.0.0.1:${port}/metrics`).then(
      (answer) => answer.text(),
      () => null,
    ),
  )
}

function tell(name, { megabytes: size, seconds, cpu, left, residentBytes, slice }) {
  const parts = [
    `${(size / seconds).toFixed(0)} MB/s`,
    `${cpu.toFixed(1)} s of CPU for ${size.toFixed(0)} MB`,
    `${left.toFixed(0)} MB left`,
    `${(residentBytes / 1e6).toFixed(0)} MB resident`,
  ]
  if (slice !== undefined) parts.push(`event loop held for at most ${Number(slice).toFixed(1)} ms`)
  console.log(`  ${name.padEnd(14)} ${parts.join(', ')}`)
}

try {
  for (const [codec, compression] of Object.entries(CODECS)) {
    const origin = newFolder('origin')
    const broker = await kafka(origin)
    const wire = await Wire.open(broker.bootstrap)
    await fill(wire, compression)
    wire.close()
    await broker.stop()
    console.log(`cleaning, ${codec}`)
    for (const [name, start] of [
      ['Apache Kafka', kafka],
      ['Ottla', ottla],
    ]) {
      const copy = newFolder(name.toLowerCase().replace(' ', '-'))
      cpSync(origin, copy, { recursive: true })
      tell(name, await measure(start, copy))
      rmSync(copy, { recursive: true, force: true })
    }
    rmSync(origin, { recursive: true, force: true })
  }
} finally {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
}
