import { deepEqual, equal, match } from 'node:assert/strict'
import { test } from 'node:test'
import { ApiVersionsResponse, codecOf, ErrorCode, encodeMessage, FetchRequest, Reader } from '@ottla/protocol'
import { metricValue } from './metrics/metric-value.ts'
import { batch, fetchOf, produceTo, type RawClient, requestFrame, TestBroker } from './test-broker.test.ts'

const METADATA_V1_ALL = Buffer.from([0xff, 0xff, 0xff, 0xff])

/** The broker closes the connection, and another client is served as before. */
async function closesAlone(broker: TestBroker, bytes: Buffer): Promise<RawClient> {
  const bystander = await broker.connectRaw()
  const client = await broker.connectRaw()
  client.send(bytes)
  await client.closed()
  bystander.send(requestFrame({ key: 3, version: 1, correlationId: 5 }, METADATA_V1_ALL))
  deepEqual(await bystander.correlationIds(1), [5])
  bystander.stream.destroy()
  return client
}

function size(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32BE(value)
  return bytes
}

test('frames whose size is a lie close their connection and no other', async (t) => {
  const broker = await TestBroker.start(t)
  for (const value of [-1, -(2 ** 31), 0, 1, 3, 7, 2 ** 31 - 1, 200 << 20]) await closesAlone(broker, size(value))
})

test('unknown keys and versions close their connection', async (t) => {
  const broker = await TestBroker.start(t)
  for (const [key, version] of [
    [-1, 0],
    [99, 0],
    [32767, 0],
    [0, 2],
    [1, 99],
    [3, -1],
  ] as const) {
    await closesAlone(broker, requestFrame({ key, version, correlationId: 1 }, Buffer.alloc(4)))
  }
})

test('an ApiVersions request of an unknown version is answered in version 0 with what is served', async (t) => {
  const broker = await TestBroker.start(t)
  const client = await broker.connectRaw()
  client.send(requestFrame({ key: 18, version: 77, correlationId: 3, isFlexible: true }, Buffer.from([1, 1, 0])))
  deepEqual(await client.correlationIds(1), [3])
  const answer = codecOf(ApiVersionsResponse, 0).decode(new Reader(client.received, 8))
  equal(answer.errorCode, ErrorCode.UNSUPPORTED_VERSION)
  deepEqual(
    answer.apiKeys.map(({ apiKey }) => apiKey),
    [18],
  )
  client.send(requestFrame({ key: 3, version: 1, correlationId: 4 }, METADATA_V1_ALL))
  deepEqual(await client.correlationIds(2), [3, 4])
})

test('bodies that are cut short or lie about their counts close their connection', async (t) => {
  const broker = await TestBroker.start(t)
  const fetch = encodeMessage(FetchRequest, 4, fetchOf([{ topic: 'a' }]))
  for (const body of [
    Buffer.alloc(0),
    fetch.subarray(0, fetch.length - 3),
    Buffer.concat([fetch.subarray(0, 17), size(2 ** 31 - 1)]),
    Buffer.alloc(40, 0xff),
  ]) {
    await closesAlone(broker, requestFrame({ key: 1, version: 4, correlationId: 1 }, body))
  }
})

test('bytes behind a request are ignored, since librdkafka 2.16 sends some', async (t) => {
  const broker = await TestBroker.start(t)
  const client = await broker.connectRaw()
  const body = Buffer.concat([METADATA_V1_ALL, Buffer.alloc(3)])
  client.send(requestFrame({ key: 3, version: 1, correlationId: 5 }, body))
  deepEqual(await client.correlationIds(1), [5])
})

test('other protocols are turned away', async (t) => {
  const broker = await TestBroker.start(t)
  for (const text of [
    'GET / HTTP/1.1\r\nHost: x\r\n\r\n',
    'SSH-2.0-x\r\n',
    '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03',
  ]) {
    const client = await closesAlone(broker, Buffer.from(text, 'latin1'))
    equal(client.received.length, 0)
  }
})

test('one byte at a time is as good as all at once', async (t) => {
  const broker = await TestBroker.start(t)
  const client = await broker.connectRaw()
  for (const byte of requestFrame({ key: 3, version: 1, correlationId: 9 }, METADATA_V1_ALL)) {
    client.send(Buffer.from([byte]))
    await new Promise((resolve) => setImmediate(resolve))
  }
  deepEqual(await client.correlationIds(1), [9])
})

test('responses come in the order of the requests while a fetch waits, and what is behind it is done meanwhile', async (t) => {
  const broker = await TestBroker.start(t)
  await broker.createTopics({ events: 1, other: 1 })
  const client = await broker.connectRaw()
  const connection = await broker.connect()
  const waiting = encodeMessage(FetchRequest, 4, fetchOf([{ topic: 'events' }], { maxWaitMs: 20_000 }))
  client.send(
    requestFrame({ key: 1, version: 4, correlationId: 1 }, waiting),
    requestFrame({ key: 19, version: 4, correlationId: 2 }, createTopic('made-meanwhile')),
    requestFrame({ key: 3, version: 1, correlationId: 3 }, METADATA_V1_ALL),
  )
  const { broker: services } = broker.running
  while (services.image.topics.byName('made-meanwhile') === undefined) await new Promise((r) => setImmediate(r))
  equal(client.received.length, 0)
  await produceTo(connection, { topic: 'events' }, batch([{ value: 'wakes the fetch' }]))
  deepEqual(await client.correlationIds(3), [1, 2, 3])
  match(client.received.toString('latin1'), /wakes the fetch/)
})

/** CreateTopics version 4, one partition, one replica. */
function createTopic(name: string): Buffer {
  const head = Buffer.alloc(4 + 2 + name.length + 4 + 2 + 4 + 4 + 4 + 1)
  let at = head.writeInt32BE(1, 0)
  at = head.writeInt16BE(name.length, at)
  at += head.write(name, at)
  at = head.writeInt32BE(1, at)
  at = head.writeInt16BE(1, at)
  at = head.writeInt32BE(0, at)
  at = head.writeInt32BE(0, at)
  at = head.writeInt32BE(5000, at)
  head.writeInt8(0, at)
  return head
}

test('memory of frames is given back when all is answered', async (t) => {
  const broker = await TestBroker.start(t, { 'ottla.tail.budget.bytes': '0' })
  await broker.createTopics({ events: 1 })
  const connection = await broker.connect()
  for (let turn = 0; turn < 50; turn++) {
    await produceTo(connection, { topic: 'events' }, batch([{ value: 'x'.repeat(10_000) }]))
  }
  const { pool } = broker.running.broker
  while (pool.counters.inUseBytes > 0) await new Promise((resolve) => setImmediate(resolve))
  equal(pool.counters.inUseBytes, 0)
})

test('a client that asks for much at once and waits has one fetch measured at a time', async (t) => {
  const broker = await TestBroker.start(t, { 'ottla.tail.budget.bytes': '0' })
  await broker.createTopics({ events: 1 })
  const records = batch([{ value: 'x'.repeat(1000) }])
  await produceTo(await broker.connect(), { topic: 'events' }, Buffer.from(records))
  const client = await broker.connectRaw()
  const limits = { minBytes: 1_000_000, maxWaitMs: 60_000 }
  const body = encodeMessage(FetchRequest, 4, fetchOf([{ topic: 'events' }], limits))
  const counted = (name: string): number => metricValue(broker.running.broker, name)
  const reads = (): number => counted('ottla_log_disk_read_bytes_total') / records.length
  const before = reads()
  client.send(...Array.from({ length: 30 }, (_, id) => requestFrame({ key: 1, version: 4, correlationId: id }, body)))
  const underWay = 'kafka_server_delayedoperationpurgatory_purgatorysize'
  while (counted(underWay) < 30 || reads() === before) await new Promise((resolve) => setImmediate(resolve))
  equal(reads() - before, 1)
  // All are answered now, and each of them is read for when it is the next to leave.
  await produceTo(await broker.connect(), { topic: 'events' }, batch([{ value: 'x'.repeat(1_000_000) }]))
  equal((await client.correlationIds(30)).length, 30)
  equal(counted(underWay), 0)
})
