import { deepEqual, equal, ok } from 'node:assert/strict'
import { test } from 'node:test'
import type { ClientConnection } from '@ottla/net'
import {
  AlterReplicaLogDirsRequest,
  AlterReplicaLogDirsResponse,
  DescribeLogDirsRequest,
  DescribeLogDirsResponse,
  ErrorCode,
  IncrementalAlterConfigsRequest,
  IncrementalAlterConfigsResponse,
  readRecords,
} from '@ottla/protocol'
import { batch, CREATE_TOPICS, FETCH, fetchOf, produceTo, TestBroker } from './test-broker.test.ts'

const ALTER = { request: AlterReplicaLogDirsRequest, response: AlterReplicaLogDirsResponse }
const DESCRIBE = { request: DescribeLogDirsRequest, response: DescribeLogDirsResponse }
const CONFIGS = { request: IncrementalAlterConfigsRequest, response: IncrementalAlterConfigsResponse }

async function until<T>(look: () => Promise<T | undefined>): Promise<T> {
  for (;;) {
    const found = await look()
    if (found !== undefined) return found
    await new Promise((resolve) => setImmediate(resolve))
  }
}

async function startWithTwo(t: Parameters<typeof TestBroker.start>[0]): Promise<TestBroker> {
  const folder = `/tmp/ottla-log-dirs-${process.pid}-${Math.trunc(performance.now() * 1000)}`
  const broker = await TestBroker.start(t, { 'log.dirs': `${folder}/a,${folder}/b`, 'log.cleaner.backoff.ms': '20' })
  t.after(() => broker.env.files.removeDirectory(folder))
  return broker
}

const dirsOf = (broker: TestBroker): string[] => broker.running.directories.map(({ path }) => path)

async function alter(connection: ClientConnection, path: string, topic: string): Promise<number> {
  const dirs = [{ path, topics: [{ name: topic, partitions: [0] }] }]
  const { results } = await connection.request(ALTER, 2, { dirs })
  return results[0]!.partitions[0]!.errorCode
}

/** The dirs in which the topic has a replica, or one to come. */
async function placesOf(connection: ClientConnection, topic: string): Promise<{ dir: string; isFuture: boolean }[]> {
  const { results } = await connection.request(DESCRIBE, 5, { topics: null })
  return results.flatMap(({ logDir, topics }) =>
    topics
      .filter(({ name }) => name === topic)
      .flatMap(({ partitions }) => partitions.map(({ isFutureKey }) => ({ dir: logDir, isFuture: isFutureKey }))),
  )
}

test('a replica moves between log dirs while it is written, and the controller is told', async (t) => {
  const broker = await startWithTwo(t)
  const ids = await broker.createTopics({ events: 1 })
  const [connection, producer] = [await broker.connect(), await broker.connect()]
  let sent = 0
  const produce = async (): Promise<void> => {
    const { errorCode } = await produceTo(producer, { topic: 'events' }, batch([{ value: `${sent}` }]))
    // While the new log takes the place of the old one, clients are told to come again.
    if (errorCode === ErrorCode.NONE) sent++
    else equal(errorCode, ErrorCode.NOT_LEADER_OR_FOLLOWER)
  }
  for (let i = 0; i < 20; i++) await produce()
  const from = (await placesOf(connection, 'events'))[0]!.dir
  const to = dirsOf(broker).find((path) => path !== from)!
  equal(await alter(connection, to, 'events'), ErrorCode.NONE)
  await until(async () => {
    await produce()
    const places = await placesOf(connection, 'events')
    return places.length === 1 && places[0]!.dir === to && !places[0]!.isFuture ? true : undefined
  })
  for (let i = 0; i < 5; i++) await produce()
  const answer = await connection.request(FETCH, 12, fetchOf([{ topic: 'events' }]))
  const [partition] = answer.responses[0]!.partitions
  equal(partition!.highWatermark, sent)
  ok(partition!.records !== null && [...readRecords(partition!.records, 0)][0]!.value?.toString() === '0')
  const directoryId = broker.running.directories.find(({ path }) => path === to)!.directoryId
  const { broker: services } = broker.running
  await until(async () =>
    services.image.topics.byId(ids.get('events')!)?.partitions[0]?.directories[0] === directoryId ? true : undefined,
  )
})

test('the dir of a replica that is to come is remembered; dirs that are unknown or cordoned are refused', async (t) => {
  const broker = await startWithTwo(t)
  const connection = await broker.connect()
  const [a, b] = dirsOf(broker) as [string, string]
  equal(await alter(connection, '/no/such/dir', 'later'), ErrorCode.LOG_DIR_NOT_FOUND)
  equal(await alter(connection, b, 'later'), ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
  await broker.createTopics({ later: 1 })
  deepEqual(await until(async () => nonEmpty(await placesOf(connection, 'later'))), [{ dir: b, isFuture: false }])
  const configs = [{ name: 'cordoned.log.dirs', configOperation: 0, value: a }]
  const resource = { resourceType: 4, resourceName: String(broker.running.nodeId), configs }
  const altered = await connection.request(CONFIGS, 1, { resources: [resource], validateOnly: false })
  equal(altered.responses[0]!.errorCode, ErrorCode.NONE)
  equal(await alter(connection, a, 'later'), ErrorCode.INVALID_REPLICA_ASSIGNMENT)
  const { results } = await connection.request(DESCRIBE, 5, { topics: [] })
  deepEqual(
    results.map(({ logDir, isCordoned, totalBytes }) => [logDir, isCordoned, totalBytes > 0]),
    [
      [a, true, true],
      [b, false, true],
    ],
  )
  await broker.createTopics({ elsewhere: 1 })
  deepEqual(await until(async () => nonEmpty(await placesOf(connection, 'elsewhere'))), [{ dir: b, isFuture: false }])
})

test('a compacted topic is seen to be compacted by its consumers', async (t) => {
  const broker = await startWithTwo(t)
  const connection = await broker.connect()
  const configs = Object.entries({
    'cleanup.policy': 'compact',
    'min.cleanable.dirty.ratio': '0.01',
    'segment.ms': '1',
  })
  const topic = {
    name: 'table',
    numPartitions: 1,
    replicationFactor: 1,
    configs: configs.map(([name, value]) => ({ name, value })),
  }
  await connection.request(CREATE_TOPICS, 7, { topics: [topic], timeoutMs: 10_000 })
  for (let i = 0; i < 12; i++) {
    await produceTo(
      connection,
      { topic: 'table' },
      batch([{ key: `k${i % 3}`, value: `${i}`, timestamp: 1000 + i * 10 }]),
    )
  }
  const values = await until(async () => {
    const found: string[] = []
    for (let offset = 0; offset < 12; ) {
      const answer = await connection.request(FETCH, 12, fetchOf([{ topic: 'table', offset }]))
      const { records } = answer.responses[0]!.partitions[0]!
      if (records === null || records.length === 0) break
      for (const record of readRecords(records, 0)) {
        found.push(record.value!.toString())
        offset = record.offset + 1
      }
    }
    return found.length < 6 ? found : undefined
  })
  deepEqual(values.slice(-3), ['9', '10', '11'])
})

function nonEmpty<T>(list: T[]): T[] | undefined {
  return list.length > 0 ? list : undefined
}
