import { deepEqual, equal } from 'node:assert/strict'
import { test } from 'node:test'
import type { ClientConnection } from '@ottla/net'
import {
  ErrorCode,
  FindCoordinatorRequest,
  FindCoordinatorResponse,
  InitProducerIdRequest,
  InitProducerIdResponse,
  ListOffsetsRequest,
  ListOffsetsResponse,
  OffsetForLeaderEpochRequest,
  OffsetForLeaderEpochResponse,
} from '@ottla/protocol'
import { batch, FETCH, fetchOf, produceTo, TestBroker } from './test-broker.test.ts'

const LIST_OFFSETS = { request: ListOffsetsRequest, response: ListOffsetsResponse }
const FIND_COORDINATOR = { request: FindCoordinatorRequest, response: FindCoordinatorResponse }
const OFFSET_FOR_LEADER_EPOCH = { request: OffsetForLeaderEpochRequest, response: OffsetForLeaderEpochResponse }
const INIT_PRODUCER_ID = { request: InitProducerIdRequest, response: InitProducerIdResponse }

interface Lookup {
  readonly timestamp: number
  readonly partition?: number
  readonly currentLeaderEpoch?: number
  readonly version?: number
}

async function lookUp(connection: ClientConnection, lookup: Lookup) {
  const { timestamp, partition = 0, currentLeaderEpoch = -1, version = 11 } = lookup
  const response = await connection.request(LIST_OFFSETS, version, {
    replicaId: -1,
    topics: [
      { name: 'events', partitions: [{ partitionIndex: partition, timestamp, currentLeaderEpoch, maxNumOffsets: 1 }] },
    ],
  })
  return response.topics[0]!.partitions[0]!
}

/** A topic with three records, a second apart. */
async function eventsBroker(t: Parameters<typeof TestBroker.start>[0]) {
  const broker = await TestBroker.start(t)
  await broker.createTopics({ events: 1 })
  const connection = await broker.connect()
  const startMs = Date.now() - 10_000
  for (let second = 0; second < 3; second++) {
    const records = batch([{ value: `${second}`, timestamp: startMs + second * 1000 }])
    await produceTo(connection, { topic: 'events' }, records)
  }
  return { broker, connection, startMs }
}

test('offsets are found by time, and by the names for start, end and largest time', async (t) => {
  const { connection, startMs } = await eventsBroker(t)
  const found = async (timestamp: number): Promise<[number, number]> => {
    const { offset, timestamp: at } = await lookUp(connection, { timestamp })
    return [offset, at]
  }
  deepEqual(await found(-1), [3, -1])
  deepEqual(await found(-2), [0, -1])
  deepEqual(await found(-3), [2, startMs + 2000])
  deepEqual(await found(-4), [0, -1])
  deepEqual(await found(-5), [-1, -1])
  deepEqual(await found(startMs + 500), [1, startMs + 1000])
  deepEqual(await found(startMs + 1000), [1, startMs + 1000])
  deepEqual(await found(startMs + 5000), [-1, -1])
})

test('what a version does not know is said to be unsupported, and leader epochs fence', async (t) => {
  const { broker, connection } = await eventsBroker(t)
  const { leaderEpoch } = broker.running.broker.replicas.find('events', 0).replica!
  const errorOf = async (lookup: Lookup): Promise<number> => (await lookUp(connection, lookup)).errorCode
  equal(await errorOf({ timestamp: -4, version: 7 }), ErrorCode.UNSUPPORTED_VERSION)
  equal(await errorOf({ timestamp: -1, partition: 9 }), ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
  equal(await errorOf({ timestamp: -1, currentLeaderEpoch: leaderEpoch }), ErrorCode.NONE)
  equal(await errorOf({ timestamp: -1, currentLeaderEpoch: leaderEpoch + 1 }), ErrorCode.UNKNOWN_LEADER_EPOCH)
  if (leaderEpoch > 0) {
    equal(await errorOf({ timestamp: -1, currentLeaderEpoch: leaderEpoch - 1 }), ErrorCode.FENCED_LEADER_EPOCH)
  }
})

test('every version of ListOffsets that is served is answered', async (t) => {
  const { broker, connection } = await eventsBroker(t)
  const { minVersion, maxVersion } = broker.running.broker.advertisedApis.find(({ apiKey }) => apiKey === 2)!
  for (let version = minVersion; version <= maxVersion; version++) {
    const found = await lookUp(connection, { timestamp: -1, version })
    deepEqual([found.errorCode, version === 0 ? found.oldStyleOffsets : found.offset], [0, version === 0 ? [3] : 3])
  }
})

test('a partition that is named twice is refused, in one answer as by Apache Kafka', async (t) => {
  const { connection } = await eventsBroker(t)
  const twice = [0, 0].map((partitionIndex) => ({ partitionIndex, timestamp: -1 }))
  const response = await connection.request(LIST_OFFSETS, 7, {
    replicaId: -1,
    topics: [{ name: 'events', partitions: twice }],
  })
  deepEqual(
    response.topics[0]!.partitions.map(({ errorCode }) => errorCode),
    [ErrorCode.INVALID_REQUEST],
  )
})

test('the end of a leader epoch is told, after a restart too; a fetch with an epoch that never was diverges', async (t) => {
  const { broker } = await eventsBroker(t)
  const epochBefore = broker.running.broker.replicas.find('events', 0).replica!.leaderEpoch
  await broker.stop()
  await broker.start()
  const connection = await broker.connect()
  await produceTo(connection, { topic: 'events' }, batch([{ value: 'after' }]))
  const { leaderEpoch } = broker.running.broker.replicas.find('events', 0).replica!
  equal(leaderEpoch > epochBefore, true)
  const endOf = async (epoch: number) => {
    const response = await connection.request(OFFSET_FOR_LEADER_EPOCH, 4, {
      topics: [
        { topic: 'events', partitions: [{ partition: 0, leaderEpoch: epoch, currentLeaderEpoch: leaderEpoch }] },
      ],
    })
    const { leaderEpoch: found, endOffset, errorCode } = response.topics[0]!.partitions[0]!
    return [errorCode, found, endOffset]
  }
  deepEqual(await endOf(epochBefore), [0, epochBefore, 3])
  deepEqual(await endOf(leaderEpoch), [0, leaderEpoch, 4])
  deepEqual(await endOf(leaderEpoch + 1), [0, -1, -1])
  const partitions = [{ partition: 0, fetchOffset: 4, lastFetchedEpoch: epochBefore, partitionMaxBytes: 1000 }]
  const fetched = await connection.request(FETCH, 12, { ...fetchOf([]), topics: [{ topic: 'events', partitions }] })
  deepEqual({ ...fetched.responses[0]!.partitions[0]!.divergingEpoch }, { epoch: epochBefore, endOffset: 3 })
})

test('the coordinator of a group is this broker, and the first who asks brings its topic about', async (t) => {
  const broker = await TestBroker.start(t, { 'offsets.topic.num.partitions': '3' })
  const connection = await broker.connect()
  const found = await connection.request(FIND_COORDINATOR, 6, { keyType: 0, coordinatorKeys: ['a', 'b', 'c'] })
  deepEqual(
    found.coordinators.map(({ key, errorCode, nodeId, port }) => [key, errorCode, nodeId, port]),
    ['a', 'b', 'c'].map((key) => [key, 0, broker.running.nodeId, broker.port]),
  )
  const old = await connection.request(FIND_COORDINATOR, 0, { key: 'a' })
  deepEqual([old.errorCode, old.port], [0, broker.port])
  const unknown = await connection.request(FIND_COORDINATOR, 2, { key: 'a', keyType: 7 })
  equal(unknown.errorCode, ErrorCode.INVALID_REQUEST)
})

test('producer ids are never given twice, restarts or not', async (t) => {
  const broker = await TestBroker.start(t)
  const given = new Set<number>()
  for (let start = 0; start < 3; start++) {
    const connection = await broker.connect()
    for (let turn = 0; turn < 20; turn++) {
      const { producerId, errorCode } = await connection.request(INIT_PRODUCER_ID, 4, { transactionalId: null })
      equal(errorCode, ErrorCode.NONE)
      given.add(producerId)
    }
    await broker.stop()
    await broker.start()
  }
  equal(given.size, 60)
})
