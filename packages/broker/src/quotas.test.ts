/** Quotas as clients meet them: told at once, paused afterwards. Where rates are compared, on a simulated machine's time. */
import { deepEqual, equal, ok } from 'node:assert/strict'
import { test } from 'node:test'
import type { ClientConnection } from '@ottla/net'
import {
  AlterClientQuotasRequest,
  AlterClientQuotasResponse,
  DescribeClientQuotasRequest,
  DescribeClientQuotasResponse,
  ErrorCode,
  MetadataRequest,
  MetadataResponse,
} from '@ottla/protocol'
import { type SimulatedBroker, simulated } from './simulated-broker.test.ts'
import { batch, CREATE_TOPICS, FETCH, PRODUCE, TestBroker } from './test-broker.test.ts'

const ALTER_QUOTAS = { request: AlterClientQuotasRequest, response: AlterClientQuotasResponse }
const DESCRIBE_QUOTAS = { request: DescribeClientQuotasRequest, response: DescribeClientQuotasResponse }
const METADATA = { request: MetadataRequest, response: MetadataResponse }
const CLIENT: [string, string] = ['client-id', 'test']

async function setQuota(connection: ClientConnection, key: string, value: number, entity = CLIENT): Promise<void> {
  const [entityType, entityName] = entity
  const ops = [{ key, value, remove: false }]
  const answer = await connection.request(ALTER_QUOTAS, 1, { entries: [{ entity: [{ entityType, entityName }], ops }] })
  equal(answer.entries[0]?.errorCode, ErrorCode.NONE)
}

function produceOf(valueBytes: number, timestamp = Date.now()) {
  const records = batch([{ value: Buffer.alloc(valueBytes, 1) }], { timestamp })
  return { acks: 1, timeoutMs: 5000, topicData: [{ name: 'events', partitionData: [{ index: 0, records }] }] }
}

const TWO_WINDOWS = { 'quota.window.num': '2', 'quota.window.size.seconds': '1' }

/** Produces a record of the size; gives how long the client is told to pause. */
async function throttledBy({ connection, simulation }: SimulatedBroker, valueBytes: number): Promise<number> {
  const request = produceOf(valueBytes, simulation.env('client').clock.now())
  return (await connection.request(PRODUCE, 9, request)).throttleTimeMs
}

test('quotas are described as they were set', async (t) => {
  const broker = await TestBroker.start(t)
  const connection = await broker.connect()
  await setQuota(connection, 'producer_byte_rate', 1000)
  const { entries } = await connection.request(DESCRIBE_QUOTAS, 1, {
    components: [{ entityType: 'client-id', matchType: 0, match: 'test' }],
  })
  deepEqual(entries, [
    { entity: [{ entityType: 'client-id', entityName: 'test' }], values: [{ key: 'producer_byte_rate', value: 1000 }] },
  ])
})

test('a producer over its rate hears of the pause at once, and its next request is read when the pause is over', () =>
  simulated(async (broker) => {
    const { connection, simulation } = broker
    await setQuota(connection, 'producer_byte_rate', 10_000)
    equal(await throttledBy(broker, 1000), 0)
    const throttleMs = await throttledBy(broker, 13_000)
    ok(throttleMs >= 300 && throttleMs < 600, `${throttleMs} ms`)
    const before = simulation.now
    await connection.request(METADATA, 12, { topics: [] })
    const waitedMs = simulation.now - before
    ok(waitedMs > throttleMs - 50 && waitedMs < throttleMs + 50, `waited ${waitedMs} of ${throttleMs} ms`)
  }, TWO_WINDOWS))

test('a consumer over its rate gets nothing and may come again; what it did not get is not counted', () =>
  simulated(async (broker) => {
    const { connection } = broker
    for (let count = 0; count < 3; count++) await throttledBy(broker, 900)
    await setQuota(connection, 'consumer_byte_rate', 1200)
    const partitions = [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 1 }]
    const fetch = { maxWaitMs: 0, minBytes: 1, maxBytes: 1_000_000, topics: [{ topic: 'events', partitions }] }
    const first = await connection.request(FETCH, 12, fetch)
    equal(first.throttleTimeMs, 0)
    ok((first.responses[0]?.partitions[0]?.records?.length ?? 0) > 0)
    const second = await connection.request(FETCH, 12, fetch)
    ok(second.throttleTimeMs > 0)
    deepEqual(second.responses, [])
    for (;;) {
      const later = await connection.request(FETCH, 12, fetch)
      if (later.throttleTimeMs > 0) continue
      ok((later.responses[0]?.partitions[0]?.records?.length ?? 0) > 0)
      break
    }
  }, TWO_WINDOWS))

test('a fetch is never larger than what fits into the windows, or it could never be answered', async (t) => {
  const broker = await TestBroker.start(t)
  await broker.createTopics({ events: 1 })
  const connection = await broker.connect()
  for (let count = 0; count < 30; count++) await connection.request(PRODUCE, 9, produceOf(1000))
  await setQuota(connection, 'consumer_byte_rate', 1000)
  const partitions = [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 1_000_000 }]
  const fetch = { maxWaitMs: 0, minBytes: 1, maxBytes: 1_000_000, topics: [{ topic: 'events', partitions }] }
  const { responses } = await connection.request(FETCH, 12, fetch)
  const bytes = responses[0]?.partitions[0]?.records?.length ?? 0
  ok(bytes > 1000 && bytes <= 10_000, `${bytes} bytes`)
})

test('a client that takes too much of the broker is paused, whatever it asks', async (t) => {
  const broker = await TestBroker.start(t)
  const connection = await broker.connect()
  await setQuota(connection, 'request_percentage', 0.0001)
  for (;;) {
    const { throttleTimeMs } = await connection.request(METADATA, 12, { topics: [] })
    if (throttleTimeMs === 0) continue
    ok(throttleTimeMs <= 1000)
    break
  }
})

test('changes of the metadata beyond the rate are refused for clients that know the error, and made for older ones', () =>
  simulated(async ({ connection }) => {
    await setQuota(connection, 'controller_mutation_rate', 10)
    const create = (names: string[]) => ({
      topics: names.map((name) => ({ name, numPartitions: 56, replicationFactor: 1 })),
      timeoutMs: 5000,
    })
    const strict = await connection.request(CREATE_TOPICS, 7, create(['a', 'b', 'c']))
    deepEqual(
      strict.topics.map(({ errorCode }) => errorCode),
      [ErrorCode.NONE, ErrorCode.NONE, ErrorCode.THROTTLING_QUOTA_EXCEEDED],
    )
    ok(strict.throttleTimeMs > 0 && strict.throttleTimeMs <= 200)
    const older = await connection.request(CREATE_TOPICS, 5, create(['d']))
    equal(older.topics[0]?.errorCode, ErrorCode.NONE)
    ok(older.throttleTimeMs > 0)
  }))

test('connections beyond the rate of their address are closed without an answer', async (t) => {
  const broker = await TestBroker.start(t)
  const connection = await broker.connect()
  await setQuota(connection, 'connection_creation_rate', 1, ['ip', '127.0.0.1'])
  let refused = 0
  // The twelfth or so, unless the machine is slow.
  for (let count = 0; count < 1000; count++) {
    await broker.connect().catch(() => {
      refused += 1
    })
    if (refused > 0) break
  }
  equal(refused, 1)
  equal((await connection.request(METADATA, 12, { topics: [] })).throttleTimeMs, 0)
})
