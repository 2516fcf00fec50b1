/**
 * Apache Kafka and this broker clean copies of one folder, twice; what Kafka's dump tool shows of both is held against each other, batch
 * for batch. Then each opens the other's folder. cleaner-checks.mjs CLASS_PATH
 */
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startApacheKafka } from '../../../scripts/lib/apache-kafka.mjs'
import { startBroker } from '../../../scripts/lib/test-broker.mjs'
import { differences } from './differences.mjs'
import { command, expect, reporter } from './report.mjs'
import { batchOf, recordsIn, until, Wire } from './wire.mjs'

const [classPath] = process.argv.slice(2)
const { run } = reporter('Log cleaner beside Apache Kafka', '4.3.1')
const TOPIC = 'cleaned'
const START_MS = 1_700_000_000_000
const RETENTION_MS = 1000
const SETTINGS = {
  'log.cleaner.backoff.ms': '200',
  'transaction.state.log.num.partitions': '1',
  'offsets.topic.num.partitions': '1',
  'log.initial.task.delay.ms': '100',
}
const folders = []
const running = new Set()

function newFolder(name) {
  const folder = mkdtempSync(join(tmpdir(), `ottla-${name}-`))
  folders.push(folder)
  return folder
}

const kafka = async (folder) => {
  const broker = await startApacheKafka({ folder, heap: '512m', settings: SETTINGS })
  await broker.started
  return broker
}
const ottla = (folder) => startBroker({ folder, settings: { 'node.id': '1', ...SETTINGS } })

async function withBroker(start, folder, body) {
  const broker = await start(folder)
  running.add(broker)
  const wire = await Wire.open(broker.bootstrap)
  try {
    return await body(wire)
  } finally {
    wire.close()
    await broker.stop()
    running.delete(broker)
  }
}

async function untilNoError(ask, errorOf) {
  return until(async () => {
    const answer = await ask()
    return errorOf(answer) === 0 && answer
  })
}

async function produce(wire, records, { transactionalId = null } = {}) {
  const body = {
    transactionalId,
    acks: -1,
    timeoutMs: 10_000,
    topicData: [{ name: TOPIC, partitionData: [{ index: 0, records }] }],
  }
  await untilNoError(
    () => wire.ask('Produce', 11, body),
    (answer) => answer.responses[0].partitionResponses[0].errorCode,
  )
}

async function logEnd(wire) {
  const topics = [{ name: TOPIC, partitions: [{ partitionIndex: 0, timestamp: -1 }] }]
  const answer = await wire.ask('ListOffsets', 7, { replicaId: -1, isolationLevel: 0, topics })
  return answer.topics[0].partitions[0].offset
}

class Producer {
  sequence = 0
  constructor(wire, transactionalId, { producerId, producerEpoch }) {
    Object.assign(this, { wire, transactionalId, producerId, producerEpoch })
  }

  static async open(wire, transactionalId) {
    const find = { key: transactionalId, keyType: 1, coordinatorKeys: [transactionalId] }
    await untilNoError(
      () => wire.ask('FindCoordinator', 4, find),
      (answer) => answer.coordinators[0].errorCode,
    )
    const init = { transactionalId, transactionTimeoutMs: 900_000 }
    const answer = await untilNoError(
      () => wire.ask('InitProducerId', 4, init),
      ({ errorCode }) => errorCode,
    )
    return new Producer(wire, transactionalId, answer)
  }

  async write(records, options) {
    const { producerId, producerEpoch, transactionalId } = this
    const add = {
      v3AndBelowTransactionalId: transactionalId,
      v3AndBelowProducerId: producerId,
      v3AndBelowProducerEpoch: producerEpoch,
      v3AndBelowTopics: [{ name: TOPIC, partitions: [0] }],
    }
    const errorOf = (answer) => answer.resultsByTopicV3AndBelow[0].resultsByPartition[0].partitionErrorCode
    await untilNoError(() => this.wire.ask('AddPartitionsToTxn', 3, add), errorOf)
    const batch = batchOf(records, {
      ...options,
      producerId,
      producerEpoch,
      baseSequence: this.sequence,
      transactional: true,
    })
    this.sequence += records.length
    await produce(this.wire, batch, { transactionalId })
  }

  /** Markers come some time later: they are waited for, so that they lie at the same offsets everywhere. */
  async end(committed) {
    const { transactionalId, producerId, producerEpoch } = this
    const body = { transactionalId, producerId, producerEpoch, committed }
    const before = await logEnd(this.wire)
    await untilNoError(
      () => this.wire.ask('EndTxn', 3, body),
      ({ errorCode }) => errorCode,
    )
    await until(async () => (await logEnd(this.wire)) === before + 1, { what: 'a marker' })
  }
}

/** About a megabyte and a half, of many kinds. */
async function write(wire, round) {
  const producers = [await Producer.open(wire, `a-${round}`), await Producer.open(wire, `b-${round}`)]
  for (let i = 0; i < 160; i++) {
    const record = (n) => ({
      key: `key-${(i * 7 + n * 3) % 40}`,
      value: (i + n) % 9 === 0 ? null : `${round}.${i}.${n}-`.padEnd(1800, 'abcdefghijk'),
      timestamp: START_MS + round * 1_000_000 + i * 100 + n,
      headers: [{ key: 'h', value: `${i}` }],
    })
    const records = Array.from({ length: 1 + (i % 6) }, (_, n) => record(n))
    const options = { compression: i % 5 }
    if (i % 4 === 0) await producers[i % 8 === 0 ? 0 : 1].write(records, options)
    else await produce(wire, batchOf(records, options))
    if (i % 20 === 19) for (const [p, producer] of producers.entries()) await producer.end((i + p * 20) % 40 === 19)
  }
  await produce(wire, batchOf([{ key: 'only tombstone', value: null, timestamp: START_MS + round }]))
  const filler = 'x'.repeat(900_000)
  for (let i = 0; i < 2; i++)
    await produce(wire, batchOf([{ key: `filler-${round}`, value: filler, timestamp: START_MS }]))
}

async function setRatio(wire, value) {
  const configs = [{ name: 'min.cleanable.dirty.ratio', configOperation: 0, value }]
  const body = { resources: [{ resourceType: 2, resourceName: TOPIC, configs }], validateOnly: false }
  const { responses } = await wire.ask('IncrementalAlterConfigs', 1, body)
  expect(responses[0].errorCode === 0, responses[0].errorMessage)
}

const partitionFolder = (folder) => join(folder, 'data', `${TOPIC}-0`)
const lastBase = (folder) => Math.max(...logsOf(folder).map((name) => Number(name.slice(0, 20))))
const logsOf = (folder) => readdirSync(partitionFolder(folder)).filter((name) => name.endsWith('.log'))

function cleanedUpTo(folder) {
  const path = join(folder, 'data', 'cleaner-offset-checkpoint')
  const line = existsSync(path)
    ? readFileSync(path, 'utf8')
        .split('\n')
        .find((each) => each.startsWith(`${TOPIC} 0 `))
    : undefined
  return line === undefined ? -1 : Number(line.split(' ')[2])
}

async function clean(wire, folder) {
  await setRatio(wire, '0.001')
  await until(() => cleanedUpTo(folder) === lastBase(folder), { what: 'the cleaning', timeoutMs: 60_000 })
  await setRatio(wire, '1')
  // The checkpoint is written before the last names have changed.
  await until(() => !readdirSync(partitionFolder(folder)).some((name) => /swap|cleaned/.test(name)))
}

async function dump(folder) {
  const files = logsOf(folder)
    .sort()
    .map((name) => join(partitionFolder(folder), name))
  const words = [
    '-XX:TieredStopAtLevel=1',
    '-cp',
    classPath,
    'org.apache.kafka.tools.DumpLogSegments',
    '--deep-iteration',
    '--files',
  ]
  const { code, stdout, stderr } = await command('java', [...words, files.join(',')], { timeoutMs: 180_000 })
  expect(code === 0, stderr.slice(0, 300))
  expect(!/isvalid: false|Exception/.test(stdout), 'the dump tool complains')
  return stdout
    .split('\n')
    .filter((line) => /^baseOffset|^\| offset/.test(line))
    .map((line) =>
      line
        .replace(/ position: \d+| crc: \d+| size: \d+| partitionLeaderEpoch: -?\d+| compressedSize: \d+/g, '')
        .replace(/OptionalLong\[\d+\]/, 'OptionalLong[set]')
        // Markers have the time at which they were written.
        .replace(/CreateTime: 17[1-9]\d+/, 'CreateTime: now'),
    )
}

async function read(wire) {
  const seen = []
  for (let fetchOffset = 0; ; ) {
    const partitions = [{ partition: 0, fetchOffset, partitionMaxBytes: 1 << 20 }]
    const body = { maxWaitMs: 100, minBytes: 1, isolationLevel: 1, topics: [{ topic: TOPIC, partitions }] }
    const ask = () => wire.ask('Fetch', 11, body)
    const answer = await untilNoError(ask, ({ responses }) => responses[0].partitions[0].errorCode)
    const { records, lastStableOffset } = answer.responses[0].partitions[0]
    const found = records === null ? [] : recordsIn(records)
    seen.push(...found.filter(({ offset }) => offset >= fetchOffset))
    const last = Math.max(fetchOffset, ...found.map(({ offset }) => offset + 1))
    if (last === fetchOffset) return { seen, lastStableOffset }
    fetchOffset = last
  }
}

/** What is written in between is written by Apache Kafka: both folders get the same. */
async function cleanTwice(start, folder) {
  await withBroker(start, folder, (wire) => clean(wire, folder))
  const dumps = [await dump(folder)]
  await new Promise((resolve) => setTimeout(resolve, RETENTION_MS + 500))
  await withBroker(kafka, folder, (wire) => write(wire, 2))
  const seen = await withBroker(start, folder, async (wire) => {
    await clean(wire, folder)
    return read(wire)
  })
  dumps.push(await dump(folder))
  return { dumps, seen }
}

function expectSame(expected, found) {
  const list = differences(expected, found)
  expect(list.length === 0, `${list.length} differences: ${list.slice(0, 6).join('; ')}`)
}

const origin = newFolder('origin')
let ours
let theirs
const copies = {}
try {
  await withBroker(kafka, origin, async (wire) => {
    const configs = {
      'cleanup.policy': 'compact',
      'segment.bytes': '1048576',
      'min.cleanable.dirty.ratio': '1',
      'delete.retention.ms': `${RETENTION_MS}`,
    }
    const topic = {
      name: TOPIC,
      numPartitions: 1,
      replicationFactor: 1,
      configs: Object.entries(configs).map(([name, value]) => ({ name, value })),
    }
    await wire.ask('CreateTopics', 5, { topics: [topic], timeoutMs: 10_000 })
    await write(wire, 1)
  })
  for (const name of ['kafka', 'ottla']) {
    copies[name] = newFolder(name)
    cpSync(origin, copies[name], { recursive: true })
  }
  await run('both clean a folder of Apache Kafka', async () => {
    theirs = await cleanTwice(kafka, copies.kafka)
    ours = await cleanTwice(ottla, copies.ottla)
  })
  await run('after the first cleaning the same batches are left', () => expectSame(theirs.dumps[0], ours.dumps[0]))
  await run('after the second cleaning the same batches are left', () => expectSame(theirs.dumps[1], ours.dumps[1]))
  await run('a consumer sees the same', () => expectSame(theirs.seen, ours.seen))
  await run('Apache Kafka goes on with the folder that was cleaned here', async () => {
    expectSame(theirs.seen, await withBroker(kafka, copies.ottla, read))
  })
  await run('the folder that Apache Kafka cleaned is served the same here', async () => {
    expectSame(theirs.seen, await withBroker(ottla, copies.kafka, read))
  })
} finally {
  for (const broker of running) await broker.stop('SIGKILL')
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
}
