/** What clients meet in long runs: topics that go and come back, records and producers whose time is over, every version. */
import { deepEqual, equal, notEqual, ok } from 'node:assert/strict'
import { test } from 'node:test'
import type { ClientConnection } from '@ottla/net'
import {
  apiOf,
  DeleteTopicsRequest,
  DeleteTopicsResponse,
  ErrorCode,
  ListOffsetsRequest,
  ListOffsetsResponse,
  MetadataRequest,
  MetadataResponse,
} from '@ottla/protocol'
import { isData, simulated } from './simulated-broker.test.ts'
import { batch, CREATE_TOPICS, FETCH, fetchOf, produceTo, TestBroker } from './test-broker.test.ts'

const DELETE_TOPICS = { request: DeleteTopicsRequest, response: DeleteTopicsResponse }
const LIST_OFFSETS = { request: ListOffsetsRequest, response: ListOffsetsResponse }
const METADATA = { request: MetadataRequest, response: MetadataResponse }
const EARLIEST = -2

async function errorAt(connection: ClientConnection, offset: number): Promise<number> {
  const response = await connection.request(FETCH, 12, fetchOf([{ topic: 'events', offset }]))
  return response.responses[0]!.partitions[0]!.errorCode
}

async function earliest(connection: ClientConnection): Promise<number> {
  const topics = [{ name: 'events', partitions: [{ partitionIndex: 0, timestamp: EARLIEST }] }]
  const response = await connection.request(LIST_OFFSETS, 7, { replicaId: -1, topics })
  return response.topics[0]!.partitions[0]!.offset
}

test('a produce and a session that wait when their topic goes are told, and the session says what the new topic of the name is', async () => {
  await simulated(async ({ simulation, connect, produce }) => {
    equal(await produce('old'), ErrorCode.NONE)
    const [consumer, admin] = [await connect(), await connect()]
    const begun = await consumer.request(FETCH, 12, {
      ...fetchOf([{ topic: 'events', offset: 1 }]),
      sessionEpoch: 0,
    })
    const { sessionId } = begun
    notEqual(sessionId, 0)
    const { faults } = simulation.host('broker').disk
    faults.inject({ operation: 'sync', effect: { kind: 'slow', ms: 4000 }, path: isData })
    const produced = produce('never acknowledged')
    const session = { ...fetchOf([], { maxWaitMs: 30_000 }), sessionId }
    const waiting = consumer.request(FETCH, 12, { ...session, sessionEpoch: 1 })
    await simulation.sleep(100)
    const startedAt = simulation.now
    await admin.request(DELETE_TOPICS, 6, { topics: [{ name: 'events' }], timeoutMs: 5000 })
    equal((await waiting).responses[0]!.partitions[0]!.errorCode, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
    equal(await produced, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
    ok(simulation.now - startedAt < 1000, 'at once, not when a wait is over')
    await admin.request(CREATE_TOPICS, 7, {
      topics: [{ name: 'events', numPartitions: 1, replicationFactor: 1 }],
      timeoutMs: 5000,
    })
    const recreated = await consumer.request(FETCH, 12, { ...session, sessionEpoch: 2 })
    equal(recreated.responses[0]!.partitions[0]!.errorCode, ErrorCode.OFFSET_OUT_OF_RANGE)
    equal(await produce('new'), ErrorCode.NONE)
    const reset = await consumer.request(FETCH, 12, {
      ...fetchOf([{ topic: 'events', offset: 0 }]),
      sessionId,
      sessionEpoch: 3,
    })
    const [partition] = reset.responses[0]!.partitions
    deepEqual([partition!.errorCode, partition!.highWatermark], [ErrorCode.NONE, 1])
  })
})

test('after retention old offsets are out of range, the reset finds the new start, and offsets go on', async () => {
  const settings = { 'log.retention.ms': '60000', 'log.retention.check.interval.ms': '1000' }
  await simulated(async ({ simulation, connection, produce }) => {
    for (const value of ['a', 'b', 'c']) equal(await produce(value), ErrorCode.NONE)
    equal(await earliest(connection), 0)
    await simulation.sleep(62_000)
    equal(await errorAt(connection, 0), ErrorCode.OFFSET_OUT_OF_RANGE)
    const start = await earliest(connection)
    equal(start, 3)
    equal(await errorAt(connection, start), ErrorCode.NONE)
    equal(await produce('d'), ErrorCode.NONE)
    const response = await connection.request(FETCH, 12, fetchOf([{ topic: 'events', offset: start }]))
    equal(response.responses[0]!.partitions[0]!.highWatermark, 4)
  }, settings)
})

test('a producer that was silent for its time is forgotten: it may go on anywhere, and nothing is a repetition any more', async () => {
  const settings = { 'producer.id.expiration.ms': '60000', 'log.retention.check.interval.ms': '1000' }
  await simulated(async ({ simulation, connection }) => {
    const send = async (baseSequence: number): Promise<readonly number[]> => {
      const options = { timestamp: simulation.env('client').clock.now(), producerId: 7, producerEpoch: 0, baseSequence }
      const answer = await produceTo(connection, { topic: 'events' }, batch([{ value: 'x' }], options))
      return [answer.errorCode, answer.baseOffset]
    }
    deepEqual(await send(0), [ErrorCode.NONE, 0])
    deepEqual(await send(1), [ErrorCode.NONE, 1])
    deepEqual(await send(1), [ErrorCode.NONE, 1])
    deepEqual(await send(9), [ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER, -1])
    await simulation.sleep(50_000)
    deepEqual(await send(9), [ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER, -1])
    await simulation.sleep(12_000)
    deepEqual(await send(9), [ErrorCode.NONE, 2])
    deepEqual(await send(10), [ErrorCode.NONE, 3])
    deepEqual(await send(12), [ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER, -1])
  }, settings)
})

test('a topic that is created on demand is unknown at first, and there when it is asked for again', async (t) => {
  const broker = await TestBroker.start(t, { 'num.partitions': '3' })
  const connection = await broker.connect()
  const ask = async (allowAutoTopicCreation: boolean) => {
    const response = await connection.request(METADATA, 12, { topics: [{ name: 'wanted' }], allowAutoTopicCreation })
    return response.topics[0]!
  }
  equal((await ask(false)).errorCode, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
  const first = await ask(true)
  deepEqual([first.errorCode, first.partitions.length], [ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, 0])
  let again = await ask(true)
  while (again.errorCode !== ErrorCode.NONE) again = await ask(true)
  equal(again.partitions.length, 3)
  const unwilling = await TestBroker.start(t, { 'auto.create.topics.enable': 'false' })
  const other = await unwilling.connect()
  for (let turn = 0; turn < 2; turn++) {
    const { topics } = await other.request(METADATA, 12, { topics: [{ name: 'x' }], allowAutoTopicCreation: true })
    equal(topics[0]!.errorCode, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
  }
})

test('every API answers in every version that is advertised, and says that nothing was throttled', async (t) => {
  const broker = await TestBroker.start(t)
  let connection = await broker.connect()
  const produce = 0
  for (const [key, { min, max }] of connection.peer.apis) {
    const { request, response } = apiOf(key)!
    for (let version = Math.max(min, request.versions.min); version <= max; version++) {
      if (key === produce) continue
      const body = key === 18 ? { clientSoftwareName: 'test', clientSoftwareVersion: '1' } : {}
      const answer: object = await connection.request({ request, response }, version, body as never)
      if ('throttleTimeMs' in answer) equal(answer.throttleTimeMs, 0, `${request.name} version ${version}`)
      if (connection.isClosed) connection = await broker.connect()
    }
  }
})
