/**
 * Data folders change hands between Apache Kafka and this broker, both ways, after clean stops and after kill -9: records, offsets,
 * settings, groups and producers are the same; and Kafka's own tools read the metadata. folder-checks.mjs CLASS_PATH
 */
import { cpSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startApacheKafka } from '../../../scripts/lib/apache-kafka.mjs'
import { startBroker } from '../../../scripts/lib/test-broker.mjs'
import { root } from '../../../scripts/lib/workspace.mjs'
import { differences } from './differences.mjs'
import { contents, continueWriting, fill } from './folder-content.mjs'
import { command, expect, reporter } from './report.mjs'
import { Wire } from './wire.mjs'

const [classPath] = process.argv.slice(2)
const { run } = reporter('Apache Kafka folders', '4.3.1')
const folders = []
const running = new Set()
/** Apache Kafka makes no internal topic with more replicas than there are brokers. */
const SHARE_SETTINGS = {
  'share.coordinator.state.topic.num.partitions': '2',
  'share.coordinator.state.topic.replication.factor': '1',
  'share.coordinator.state.topic.min.isr': '1',
}
const GROUPS = ['simple', 'classic']
/** That of startApacheKafka. */
const CLUSTER_ID = '4L6g3nShT-eMCtK--X86sw'
const COMPLAINT = /isvalid: false|Mismatches|Non-consecutive|Could not find|Exception|not found|Corrupt|invalid/i

function newFolder(name) {
  const folder = mkdtempSync(join(tmpdir(), `ottla-${name}-`))
  folders.push(folder)
  return folder
}

/** Runs `body` with a connection to a broker on the folder, then stops it by `signal`. */
async function withBroker(start, { folder, signal = 'SIGTERM' }, body) {
  const broker = await start(folder)
  running.add(broker)
  const wire = await Wire.open(broker.bootstrap)
  let result
  try {
    result = await body(wire, broker)
  } finally {
    wire.close()
    const { code } = await broker.stop(signal)
    running.delete(broker)
    if (signal === 'SIGTERM') expect(code === 0 || code === 143, `the stop ended with ${code}`)
  }
  return result
}

/** Gives what starts Apache Kafka on a folder. */
const kafka = (voters) => async (folder) => {
  const broker = await startApacheKafka({
    folder,
    voters,
    heap: '384m',
    settings: {
      ...SHARE_SETTINGS,
      'offsets.topic.num.partitions': '5',
      'transaction.state.log.num.partitions': '2',
    },
  })
  await broker.started
  return broker
}

const ottla = (folder) =>
  startBroker({
    folder,
    settings: {
      ...SHARE_SETTINGS,
      'node.id': '1',
      'offsets.topic.num.partitions': '5',
      'metadata.log.max.record.bytes.between.snapshots': '3000',
    },
  })

function expectSame(expected, found) {
  const list = differences(expected, found)
  expect(list.length === 0, `${list.length} differences: ${list.slice(0, 5).join('; ')}`)
}

/** Runs a Java tool; gives its output. */
async function tool(main, ...args) {
  const words = ['-XX:TieredStopAtLevel=1', '-Xshare:auto', '-cp', classPath, main, ...args]
  const result = await command('java', words, { timeoutMs: 180_000 })
  expect(result.code === 0, `${main} ended with ${result.code}: ${result.stderr.slice(0, 300)}`)
  return result.stdout
}

async function dump(files, ...options) {
  expect(files.length > 0, 'there is no such file')
  const output = await tool('org.apache.kafka.tools.DumpLogSegments', '--files', files.join(','), ...options)
  const complaint = output.split('\n').find((line) => COMPLAINT.test(line))
  expect(complaint === undefined, `complaint: ${complaint}`)
  return output
}

/** Paths of the files of a folder that end so. */
const filesIn = (folder, ...endings) =>
  readdirSync(folder)
    .filter((name) => endings.some((ending) => name.endsWith(ending)))
    .map((name) => join(folder, name))

/** A folder begins with Apache Kafka, goes on here, goes back, and is killed there. */
async function checkFolderOfKafka(folder) {
  let written
  let producer
  let groups = [...GROUPS, 'modern']
  await run('a folder of Apache Kafka, stopped cleanly, serves the same', async () => {
    written = await withBroker(kafka('dynamic'), { folder }, async (wire) => {
      producer = await fill(wire, { isKafka: true })
      return contents(wire, groups)
    })
    await withBroker(ottla, { folder }, async (wire, broker) => {
      expectSame(written, await contents(wire, groups))
      producer = await continueWriting(wire, producer, 'ottla')
      groups = [...groups, 'late-ottla']
      written = await contents(wire, groups)
      expect(!/ERROR|FATAL/.test(broker.output()), broker.output())
    })
  })
  await run('Apache Kafka goes on with its folder after this broker', async () => {
    await withBroker(kafka('dynamic'), { folder, signal: 'SIGKILL' }, async (wire) => {
      expectSame(written, await contents(wire, groups))
      producer = await continueWriting(wire, producer, 'kafka')
      groups = [...groups, 'late-kafka']
      written = await contents(wire, groups)
    })
  })
  await run('a folder of Apache Kafka, killed, serves the same', () =>
    withBroker(ottla, { folder }, async (wire) => expectSame(written, await contents(wire, groups))),
  )
  await run('DumpLogSegments reads rebuilt indexes of transactions and producers', async () => {
    const partition = join(folder, 'data', 'transactional-0')
    const output = await dump(filesIn(partition, '.txnindex', '.snapshot'))
    expect(/producerId: \d+/.test(output), output)
  })
}

/** A folder that was formatted here at the level of Apache Kafka 4.3 goes to Apache Kafka, and its tools. */
async function checkOwnFolder(folder) {
  const data = join(folder, 'data')
  let written
  let producer
  await run('a folder of this broker, formatted for 4.3, opens in Apache Kafka', async () => {
    const file = join(folder, 'format.properties')
    writeFileSync(file, `node.id=1\nlog.dirs=${data}\n`)
    const args = ['format', '-t', CLUSTER_ID, '-c', file, '--release-version', '4.3']
    const formatted = await command(join(root, 'bin', 'kafka-storage.sh'), args)
    expect(formatted.code === 0, formatted.stdout + formatted.stderr)
    written = await withBroker(ottla, { folder }, async (wire) => {
      producer = await fill(wire, { isKafka: false })
      return contents(wire, GROUPS)
    })
    cpSync(data, join(folder, 'copy'), { recursive: true })
    await withBroker(kafka('static'), { folder }, async (wire) => {
      expectSame(written, await contents(wire, GROUPS))
      producer = await continueWriting(wire, producer, 'kafka')
      written = await contents(wire, [...GROUPS, 'late-kafka'])
    })
  })
  await run('and comes back', () =>
    withBroker(ottla, { folder }, async (wire) => expectSame(written, await contents(wire, [...GROUPS, 'late-kafka']))),
  )
  await checkTools(join(folder, 'copy'))
}

/** Kafka's tools on what this broker wrote. */
async function checkTools(data) {
  const metadata = join(data, '__cluster_metadata-0')
  await run('DumpLogSegments reads metadata log and snapshots', async () => {
    const files = filesIn(metadata, '.log', '.checkpoint')
    expect(files.length > 1, 'no snapshot was taken')
    const output = await dump(files, '--cluster-metadata-decoder', '--skip-record-metadata')
    for (const type of ['FEATURE_LEVEL', 'REGISTER_BROKER', 'TOPIC', 'PARTITION', 'CONFIG', 'REMOVE_TOPIC']) {
      expect(output.includes(`"type":"${type}_RECORD"`), `no ${type}_RECORD`)
    }
    expect(/Snapshot end offset: \d+/.test(output), 'the snapshot is not told as one')
  })
  await run('DumpLogSegments reads indexes and producer snapshots', async () => {
    const partitions = ['plain-0', 'segments-0', 'rolled-0', 'idempotent-0'].map((name) => join(data, name))
    const files = partitions.flatMap((folder) => filesIn(folder, '.index', '.timeindex', '.snapshot'))
    const output = await dump(files, '--index-sanity-check')
    expect(/producerId: \d+ producerEpoch: 0/.test(await dump(filesIn(partitions[3], '.snapshot'))), output)
  })
  await run('DumpLogSegments reads share state', async () => {
    const files = ['__share_group_state-0', '__share_group_state-1'].flatMap((name) =>
      filesIn(join(data, name), '.log'),
    )
    const output = await dump(files, '--share-group-state-decoder')
    expect(/"groupId":"sharing".*"startOffset":3/.test(output) && /"firstOffset":8,"lastOffset":9/.test(output), output)
  })
  await run('MetadataShell reads the metadata', async () => {
    const [snapshot] = filesIn(metadata, '.checkpoint')
    await shell([snapshot, 'ls', 'image/topics/byName'], /^segments$/m)
    await shell([snapshot, 'cat', 'image/topics/byName/plain/0'], /replicas=\[1\].*isr=\[1\].*leader=1/)
    await shell([filesIn(metadata, '.log')[0], 'ls', 'image/topics/byName'], /^segments$/m)
  })
}

/** The shell sometimes runs its command before the image that it loaded is there to see: it gets a few chances. */
async function shell([file, ...words], expected) {
  let output = ''
  for (let chance = 0; chance < 4; chance++) {
    output = await tool('org.apache.kafka.shell.MetadataShell', '--snapshot', file, ...words)
    if (expected.test(output)) return
  }
  throw new Error(output)
}

await Promise.all([checkFolderOfKafka(newFolder('from-kafka')), checkOwnFolder(newFolder('own'))])
for (const broker of running) await broker.stop('SIGKILL')
for (const folder of folders) rmSync(folder, { recursive: true, force: true })
