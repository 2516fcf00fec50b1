/**
 * Kafka's own tools on the log dirs of a broker that has two, and its console clients on a compacted topic. log-dirs-checks.mjs CLASS_PATH
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startBroker } from '../../../scripts/lib/test-broker.mjs'
import { command, expect, reporter } from './report.mjs'
import { batchOf, until, Wire } from './wire.mjs'

const [classPath] = process.argv.slice(2)
const { run } = reporter('Kafka tools: log dirs, compaction', '4.3.1')
const folder = mkdtempSync(join(tmpdir(), 'ottla-log-dirs-'))
const dirs = ['a', 'b'].map((name) => join(folder, name))
const broker = await startBroker({
  folder,
  settings: { 'node.id': '1', 'log.dirs': dirs.join(), 'log.cleaner.backoff.ms': '200' },
})
const wire = await Wire.open(broker.bootstrap)
const bootstrap = ['--bootstrap-server', broker.bootstrap]

async function tool(main, args, input) {
  const words = ['-XX:TieredStopAtLevel=1', '-Xshare:auto', '-cp', classPath, main, ...args]
  const { code, stdout, stderr } = await command('java', words, { timeoutMs: 180_000, input })
  expect(code === 0, `${main} ended with ${code}: ${(stderr + stdout).slice(0, 400)}`)
  return stdout
}

const reassign = (file, ...args) =>
  tool('org.apache.kafka.tools.reassign.ReassignPartitionsCommand', [
    ...bootstrap,
    '--reassignment-json-file',
    file,
    ...args,
  ])

/** The log dirs as the tool shows them: {dir, future} of each replica of the topic. */
async function placesOf(topic) {
  const output = await tool('org.apache.kafka.tools.LogDirsCommand', [
    ...bootstrap,
    '--describe',
    '--topic-list',
    topic,
  ])
  const { brokers } = JSON.parse(output.split('\n').find((line) => line.startsWith('{')))
  return brokers[0].logDirs.flatMap(({ logDir, error, partitions }) => {
    expect(error === null, `${logDir}: ${error}`)
    return partitions.map(({ partition, size, offsetLag, isFuture }) => ({
      partition,
      logDir,
      size,
      offsetLag,
      isFuture,
    }))
  })
}

async function produce(topic, records) {
  const topicData = [{ name: topic, partitionData: [{ index: 0, records: batchOf(records) }] }]
  const body = { acks: -1, timeoutMs: 10_000, topicData }
  await until(async () => (await wire.ask('Produce', 9, body)).responses[0].partitionResponses[0].errorCode === 0)
}

async function createTopic(name, configs) {
  const list = Object.entries(configs).map(([key, value]) => ({ name: key, value }))
  const topics = [{ name, numPartitions: 1, replicationFactor: 1, configs: list }]
  const answer = await wire.ask('CreateTopics', 5, { topics, timeoutMs: 10_000 })
  expect(answer.topics[0].errorCode === 0, answer.topics[0].errorMessage)
}

const value = 'x'.repeat(10_000)
let count = 0
const produceMore = async () => {
  await produce('moved', [{ key: `${count}`, value }])
  count++
}

try {
  await createTopic('moved', {})
  for (let i = 0; i < 1000; i++) await produceMore()
  let from
  await run('kafka-log-dirs shows a replica and its size', async () => {
    const [place, ...others] = await placesOf('moved')
    expect(others.length === 0 && !place.isFuture && place.offsetLag === 0, JSON.stringify(place))
    expect(place.size > 10_000_000, `${place.size} bytes`)
    from = place.logDir
  })
  const file = join(folder, 'reassignment.json')
  const to = dirs.find((dir) => dir !== from)
  const plan = { version: 1, partitions: [{ topic: 'moved', partition: 0, replicas: [1], log_dirs: [to] }] }
  writeFileSync(file, JSON.stringify(plan))
  await run(
    'kafka-reassign-partitions begins a throttled move, kafka-log-dirs shows the copy and its lag',
    async () => {
      await reassign(file, '--execute', '--replica-alter-log-dirs-throttle', '200000')
      const places = await placesOf('moved')
      const future = places.find(({ isFuture }) => isFuture)
      expect(future?.logDir === to && future.offsetLag > 0, JSON.stringify(places))
      const verified = await reassign(file, '--verify', '--preserve-throttles')
      expect(/still in progress/.test(verified), verified)
    },
  )
  await run('the move ends while the partition is written', async () => {
    await reassign(file, '--execute', '--additional', '--replica-alter-log-dirs-throttle', '100000000')
    await until(async () => {
      for (let i = 0; i < 20; i++) await produceMore()
      // The line about the replica: that about the partition says that it is complete from the first.
      return /completed successfully/.test(await reassign(file, '--verify'))
    })
    const places = await placesOf('moved')
    expect(places.length === 1 && places[0].logDir === to && !places[0].isFuture, JSON.stringify(places))
  })
  await run('the console consumer reads every record from the new log dir', async () => {
    const args = [
      ...bootstrap,
      '--topic',
      'moved',
      '--from-beginning',
      '--max-messages',
      `${count}`,
      '--timeout-ms',
      '20000',
    ]
    const lines = (await tool('org.apache.kafka.tools.consumer.ConsoleConsumer', args))
      .split('\n')
      .filter((line) => line === value)
    expect(lines.length === count, `${lines.length} of ${count}`)
  })
  await run('the console consumer sees a topic compacted that the console producer wrote', async () => {
    await createTopic('table', { 'cleanup.policy': 'compact', 'min.cleanable.dirty.ratio': '0.01', 'segment.ms': '1' })
    const produceKeyed = (text) =>
      tool(
        'org.apache.kafka.tools.ConsoleProducer',
        [
          ...bootstrap,
          '--topic',
          'table',
          '--reader-property',
          'parse.key=true',
          '--reader-property',
          'key.separator=:',
        ],
        text,
      )
    for (const round of ['one', 'two', 'three']) await produceKeyed(`a:${round}\nb:${round}\n`)
    await produceKeyed('c:last\n')
    const read = async () => {
      const args = [...bootstrap, '--topic', 'table', '--from-beginning', '--timeout-ms', '3000']
      const output = await tool('org.apache.kafka.tools.consumer.ConsoleConsumer', args)
      return output
        .split('\n')
        .filter((line) => /^(one|two|three|last)$/.test(line))
        .sort()
        .join()
    }
    let seen
    const isCompacted = async () => (seen = await read()) === 'last,three,three'
    await until(isCompacted).catch(() => expect(false, `seen: ${seen}`))
  })
} finally {
  wire.close()
  await broker.stop()
  rmSync(folder, { recursive: true, force: true })
}
