import { deepEqual, equal, notEqual } from 'node:assert/strict'
import { test } from 'node:test'
import {
  baseOffset,
  batchesIn,
  DeleteRecordsRequest,
  DeleteRecordsResponse,
  DeleteTopicsRequest,
  DeleteTopicsResponse,
  ErrorCode,
  InitProducerIdRequest,
  InitProducerIdResponse,
  ListOffsetsRequest,
  ListOffsetsResponse,
  readRecords,
} from '@ottla/protocol'
import { metricValue } from './metrics/metric-value.ts'
import { batch, FETCH, fetchOf, PRODUCE, produceTo, TestBroker } from './test-broker.test.ts'

const LIST_OFFSETS = { request: ListOffsetsRequest, response: ListOffsetsResponse }
const DELETE_TOPICS = { request: DeleteTopicsRequest, response: DeleteTopicsResponse }
const DELETE_RECORDS = { request: DeleteRecordsRequest, response: DeleteRecordsResponse }
const INIT_PRODUCER_ID = { request: InitProducerIdRequest, response: InitProducerIdResponse }

function valuesIn(records: Buffer | null): string[] {
  const values: string[] = []
  for (const pos of batchesIn(records!)) {
    for (const { value } of readRecords(records!, pos)) values.push(value!.toString())
  }
  return values
}

test('what was produced is fetched, byte for byte but for what the broker stamps', async (t) => {
  const broker = await TestBroker.start(t)
  await broker.createTopics({ events: 1 })
  const connection = await broker.connect()
  const sent = batch([{ key: 'k', value: 'one', headers: [{ key: 'h', value: 'x' }] }, { value: 'two' }])
  const produced = await produceTo(connection, { topic: 'events' }, sent)
  deepEqual([produced.errorCode, produced.baseOffset, produced.logStartOffset], [0, 0, 0])
  const response = await connection.request(FETCH, 12, fetchOf([{ topic: 'events' }]))
  const [partition] = response.responses[0]!.partitions
  equal(partition!.highWatermark, 2)
  deepEqual(valuesIn(partition!.records), ['one', 'two'])
  equal(partition!.records!.subarray(21).equals(sent.subarray(21)), true)
})

test('a waiting fetch is answered when a record comes, not when its time is over', async (t) => {
  const broker = await TestBroker.start(t)
  await broker.createTopics({ events: 1 })
  const [consumer, producer] = [await broker.connect(), await broker.connect()]
  const startedAt = broker.env.clock.monotonic()
  const fetched = consumer.request(FETCH, 12, fetchOf([{ topic: 'events' }], { maxWaitMs: 15_000 }))
  await produceTo(producer, { topic: 'events' }, batch([{ value: 'late' }]))
  deepEqual(valuesIn((await fetched).responses[0]!.partitions[0]!.records), ['late'])
  equal(broker.env.clock.monotonic() - startedAt < 10_000, true)
})

test('a fetch waits for its minimum of bytes', async (t) => {
  const broker = await TestBroker.start(t)
  await broker.createTopics({ events: 1 })
  const [consumer, producer] = [await broker.connect(), await broker.connect()]
  await produceTo(producer, { topic: 'events' }, batch([{ value: 'a' }]))
  const fetched = consumer.request(FETCH, 12, fetchOf([{ topic: 'events' }], { maxWaitMs: 15_000, minBytes: 2000 }))
  for (let turn = 0; turn < 3; turn++) {
    await produceTo(producer, { topic: 'events' }, batch([{ value: 'b'.repeat(1000) }]))
  }
  const { records } = (await fetched).responses[0]!.partitions[0]!
  equal(records!.length >= 2000, true)
})

test('a minimum over what an answer may hold is not waited for', async (t) => {
  const broker = await TestBroker.start(t, { 'fetch.max.bytes': '2048' })
  await broker.createTopics({ events: 1 })
  const connection = await broker.connect()
  const value = 'a'.repeat(1000)
  for (let count = 0; count < 3; count++) await produceTo(connection, { topic: 'events' }, batch([{ value }]))
  // The connection gives an answer up before this time is over.
  const asked = fetchOf([{ topic: 'events' }], { maxWaitMs: 600_000, minBytes: 1 << 20 })
  const response = await connection.request(FETCH, 12, asked)
  equal(valuesIn(response.responses[0]!.partitions[0]!.records).length, 1)
})

test('a fetch whose time is over is answered empty', async (t) => {
  const broker = await TestBroker.start(t)
  await broker.createTopics({ events: 1 })
  const connection = await broker.connect()
  // The log is open when this is answered; on a busy machine that takes longer than the wait.
  await connection.request(FETCH, 12, fetchOf([{ topic: 'events' }], { maxWaitMs: 10_000, minBytes: 0 }))
  const response = await connection.request(FETCH, 12, fetchOf([{ topic: 'events' }], { maxWaitMs: 30 }))
  const [partition] = response.responses[0]!.partitions
  deepEqual([partition!.errorCode, partition!.records!.length, partition!.highWatermark], [0, 0, 0])
})

test('an offset in the middle of a batch gets the whole batch', async (t) => {
  const broker = await TestBroker.start(t)
  await broker.createTopics({ events: 1 })
  const connection = await broker.connect()
  await produceTo(connection, { topic: 'events' }, batch([{ value: '0' }, { value: '1' }, { value: '2' }]))
  await produceTo(connection, { topic: 'events' }, batch([{ value: '3' }]))
  const response = await connection.request(FETCH, 12, fetchOf([{ topic: 'events', offset: 1 }]))
  const { records } = response.responses[0]!.partitions[0]!
  equal(baseOffset(records!, 0), 0)
  deepEqual(valuesIn(records), ['0', '1', '2', '3'])
})

test('offsets before the start and after the end are out of range, the end itself is not', async (t) => {
  const broker = await TestBroker.start(t)
  await broker.createTopics({ events: 1 })
  const connection = await broker.connect()
  for (const value of ['a', 'b', 'c']) await produceTo(connection, { topic: 'events' }, batch([{ value }]))
  const deleted = await connection.request(DELETE_RECORDS, 2, {
    topics: [{ name: 'events', partitions: [{ partitionIndex: 0, offset: 2 }] }],
    timeoutMs: 1000,
  })
  deepEqual(deleted.topics[0]!.partitions[0]!.lowWatermark, 2)
  const errorAt = async (offset: number): Promise<number> => {
    const response = await connection.request(FETCH, 12, fetchOf([{ topic: 'events', offset }]))
    return response.responses[0]!.partitions[0]!.errorCode
  }
  equal(await errorAt(1), ErrorCode.OFFSET_OUT_OF_RANGE)
  equal(await errorAt(2), ErrorCode.NONE)
  equal(await errorAt(3), ErrorCode.NONE)
  equal(await errorAt(4), ErrorCode.OFFSET_OUT_OF_RANGE)
  const offsets = await connection.request(LIST_OFFSETS, 7, {
    replicaId: -1,
    topics: [{ name: 'events', partitions: [{ partitionIndex: 0, timestamp: -2 }] }],
  })
  equal(offsets.topics[0]!.partitions[0]!.offset, 2)
})

test('a sessionless fetch of hundreds of partitions is answered for all of them', async (t) => {
  const broker = await TestBroker.start(t)
  await broker.createTopics({ many: 400 })
  const connection = await broker.connect()
  await connection.request(PRODUCE, 12, {
    acks: -1,
    timeoutMs: 10_000,
    topicData: [
      {
        name: 'many',
        partitionData: Array.from({ length: 400 }, (_, index) => ({ index, records: batch([{ value: `${index}` }]) })),
      },
    ],
  })
  const partitions = Array.from({ length: 400 }, (_, partition) => ({
    partition,
    fetchOffset: 0,
    partitionMaxBytes: 1000,
  }))
  const response = await connection.request(FETCH, 12, fetchOf([], { topics: [{ topic: 'many', partitions }] }))
  deepEqual(
    response.responses[0]!.partitions.map(({ records }) => valuesIn(records)[0]),
    partitions.map(({ partition }) => `${partition}`),
  )
})

test('the byte limits give at least one batch, and no second one above them', async (t) => {
  const broker = await TestBroker.start(t)
  await broker.createTopics({ a: 1, b: 1 })
  const connection = await broker.connect()
  for (const topic of ['a', 'a', 'b']) await produceTo(connection, { topic }, batch([{ value: 'x'.repeat(5000) }]))
  const small = fetchOf([
    { topic: 'a', maxBytes: 100 },
    { topic: 'b', maxBytes: 100 },
  ])
  const first = await connection.request(FETCH, 12, small)
  equal(valuesIn(first.responses[0]!.partitions[0]!.records).length, 1)
  equal(first.responses[1]!.partitions[0]!.records!.length, 0)
  const limited = await connection.request(FETCH, 12, {
    ...fetchOf([{ topic: 'a' }, { topic: 'b' }]),
    maxBytes: 11_000,
  })
  equal(valuesIn(limited.responses[0]!.partitions[0]!.records).length, 2)
  equal(limited.responses[1]!.partitions[0]!.records!.length, 0)
})

test('a negative limit is an error of the partition that has something to read, and of no other', async (t) => {
  const broker = await TestBroker.start(t)
  await broker.createTopics({ full: 1, empty: 1, good: 1 })
  const connection = await broker.connect()
  for (const topic of ['full', 'good']) await produceTo(connection, { topic }, batch([{ value: 'x' }]))
  const errorsOf = async (asked: ReturnType<typeof fetchOf>): Promise<number[]> => {
    const { responses } = await connection.request(FETCH, 12, asked)
    return responses.map(({ partitions: [partition] }) => partition!.errorCode)
  }
  const limits = [{ topic: 'full', maxBytes: -1 }, { topic: 'empty', maxBytes: -1 }, { topic: 'good' }]
  const waiting = { maxWaitMs: 600_000, minBytes: 1000 }
  deepEqual(await errorsOf(fetchOf(limits, waiting)), [ErrorCode.UNKNOWN_SERVER_ERROR, 0, 0])
  const ofAll = fetchOf([{ topic: 'full' }, { topic: 'empty' }], { ...waiting, maxBytes: -1 })
  deepEqual(await errorsOf(ofAll), [ErrorCode.UNKNOWN_SERVER_ERROR, 0])
})

test('fetches and produces that meet a deleted topic say so, and the new topic of the name starts empty', async (t) => {
  const broker = await TestBroker.start(t)
  const ids = await broker.createTopics({ events: 1 })
  const [byName, byId, producer] = [await broker.connect(), await broker.connect(), await broker.connect()]
  await produceTo(producer, { topic: 'events' }, batch([{ value: 'old' }]))
  const waitingByName = byName.request(FETCH, 12, fetchOf([{ topic: 'events', offset: 1 }], { maxWaitMs: 15_000 }))
  const topicId = ids.get('events')!
  const partitions = [{ partition: 0, fetchOffset: 1, partitionMaxBytes: 1000 }]
  const idFetch = { ...fetchOf([], { maxWaitMs: 15_000 }), topics: [{ topicId, partitions }] }
  const waitingById = byId.request(FETCH, 13, idFetch)
  await connectionIdle(broker)
  await producer.request(DELETE_TOPICS, 6, { topics: [{ name: 'events' }], timeoutMs: 5000 })
  equal((await waitingByName).responses[0]!.partitions[0]!.errorCode, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
  equal((await waitingById).responses[0]!.partitions[0]!.errorCode, ErrorCode.UNKNOWN_TOPIC_ID)
  const newIds = await broker.createTopics({ events: 1 })
  notEqual(newIds.get('events'), topicId)
  const produced = await produceTo(producer, { topic: 'events' }, batch([{ value: 'new' }]))
  deepEqual([produced.errorCode, produced.baseOffset], [0, 0])
  const fetched = await byName.request(FETCH, 12, fetchOf([{ topic: 'events' }]))
  deepEqual(valuesIn(fetched.responses[0]!.partitions[0]!.records), ['new'])
  const stale = await byId.request(FETCH, 13, { ...idFetch, maxWaitMs: 0 })
  equal(stale.responses[0]!.partitions[0]!.errorCode, ErrorCode.UNKNOWN_TOPIC_ID)
})

/** Waits until two fetches are under way at the broker. */
async function connectionIdle(broker: TestBroker): Promise<void> {
  while (broker.running.broker.deadlines.size < 2) await new Promise((resolve) => setImmediate(resolve))
}

test('topics that are there and topics that are not are answered each for itself', async (t) => {
  const broker = await TestBroker.start(t)
  await broker.createTopics({ good: 1 })
  const connection = await broker.connect()
  const records = (): Buffer => batch([{ value: 'x' }])
  const produced = await connection.request(PRODUCE, 12, {
    acks: -1,
    timeoutMs: 5000,
    topicData: [
      { name: 'none', partitionData: [{ index: 0, records: records() }] },
      {
        name: 'good',
        partitionData: [
          { index: 0, records: records() },
          { index: 7, records: records() },
        ],
      },
    ],
  })
  deepEqual(
    produced.responses.map(({ partitionResponses }) => partitionResponses.map(({ errorCode }) => errorCode)),
    [[ErrorCode.UNKNOWN_TOPIC_OR_PARTITION], [0, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION]],
  )
  const fetched = await connection.request(
    FETCH,
    12,
    fetchOf([{ topic: 'none' }, { topic: 'good' }], { maxWaitMs: 15_000 }),
  )
  equal(fetched.responses[0]!.partitions[0]!.errorCode, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
  deepEqual(valuesIn(fetched.responses[1]!.partitions[0]!.records), ['x'])
})

test('a timestamp too far in the future refuses the batch and names the record', async (t) => {
  const broker = await TestBroker.start(t)
  await broker.createTopics({ events: 1 })
  const connection = await broker.connect()
  const future = Date.now() + 2 * 3_600_000
  const produced = await produceTo(
    connection,
    { topic: 'events' },
    batch([{ value: 'now' }, { value: 'later', timestamp: future }]),
  )
  equal(produced.errorCode, ErrorCode.INVALID_TIMESTAMP)
  equal(produced.baseOffset, -1)
  deepEqual(
    produced.recordErrors.map(({ batchIndex }) => batchIndex),
    [1],
  )
})

test('a batch sent twice by an idempotent producer is appended once, and a gap is refused', async (t) => {
  const broker = await TestBroker.start(t)
  await broker.createTopics({ events: 1 })
  const connection = await broker.connect()
  const { producerId, producerEpoch, errorCode } = await connection.request(INIT_PRODUCER_ID, 5, {
    transactionalId: null,
  })
  deepEqual([errorCode, producerEpoch], [0, 0])
  const from = (baseSequence: number): Buffer =>
    batch([{ value: `${baseSequence}` }], { producerId, producerEpoch, baseSequence })
  equal((await produceTo(connection, { topic: 'events' }, from(0))).baseOffset, 0)
  equal((await produceTo(connection, { topic: 'events' }, from(1))).baseOffset, 1)
  const again = await produceTo(connection, { topic: 'events' }, from(0))
  deepEqual([again.errorCode, again.baseOffset], [0, 0])
  equal((await produceTo(connection, { topic: 'events' }, from(5))).errorCode, ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER)
  const response = await connection.request(FETCH, 12, fetchOf([{ topic: 'events' }]))
  deepEqual(valuesIn(response.responses[0]!.partitions[0]!.records), ['0', '1'])
})

test('acks = 0 has no answer, and an error closes the connection', async (t) => {
  const broker = await TestBroker.start(t)
  await broker.createTopics({ events: 1 })
  const [connection, other] = [await broker.connect(), await broker.connect()]
  const request = (name: string) => ({
    acks: 0,
    timeoutMs: 1000,
    topicData: [{ name, partitionData: [{ index: 0, records: batch([{ value: 'x' }]) }] }],
  })
  connection.send(PRODUCE.request, 12, request('events'))
  const fetched = await other.request(FETCH, 12, fetchOf([{ topic: 'events' }], { maxWaitMs: 15_000 }))
  deepEqual(valuesIn(fetched.responses[0]!.partitions[0]!.records), ['x'])
  const closed = new Promise((resolve) => {
    connection.onClose = resolve
  })
  connection.send(PRODUCE.request, 12, request('none'))
  await closed
})

test('unknown acks are refused, and so are old formats, control batches and transactions without an id', async (t) => {
  const broker = await TestBroker.start(t)
  await broker.createTopics({ events: 1 })
  const connection = await broker.connect()
  const errorOf = async (records: Buffer, acks = -1): Promise<number> =>
    (await produceTo(connection, { topic: 'events', acks }, records)).errorCode
  equal(await errorOf(batch([{ value: 'x' }]), 2), ErrorCode.INVALID_REQUIRED_ACKS)
  const old = batch([{ value: 'x' }])
  old[16] = 1
  equal(await errorOf(old), ErrorCode.INVALID_RECORD)
  equal(await errorOf(batch([{ value: 'x' }], { control: true })), ErrorCode.INVALID_RECORD)
  const transactional = { producerId: 5, producerEpoch: 0, baseSequence: 0, transactional: true }
  equal(await errorOf(batch([{ value: 'x' }], transactional)), ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED)
  equal(await errorOf(batch([{ value: 'x'.repeat(1_100_000) }])), ErrorCode.MESSAGE_TOO_LARGE)
  equal(await errorOf(batch([{ value: 'x' }])), ErrorCode.NONE)
})

test('what was acknowledged is there after a restart, and offsets go on', async (t) => {
  const broker = await TestBroker.start(t)
  await broker.createTopics({ events: 1 })
  await produceTo(await broker.connect(), { topic: 'events' }, batch([{ value: 'before' }]))
  await broker.stop()
  await broker.start()
  const connection = await broker.connect()
  const committed = await connection.request(FETCH, 12, fetchOf([{ topic: 'events' }], { isolationLevel: 1 }))
  deepEqual(
    valuesIn(committed.responses[0]!.partitions[0]!.records),
    ['before'],
    'also for readers of what is committed',
  )
  const produced = await produceTo(connection, { topic: 'events' }, batch([{ value: 'after' }]))
  deepEqual([produced.errorCode, produced.baseOffset], [0, 1])
  const response = await connection.request(FETCH, 12, fetchOf([{ topic: 'events' }]))
  deepEqual(valuesIn(response.responses[0]!.partitions[0]!.records), ['before', 'after'])
})

test('each response says throttle_time_ms, and it is 0', async (t) => {
  const broker = await TestBroker.start(t)
  const connection = await broker.connect()
  const fetched = await connection.request(FETCH, 12, fetchOf([]))
  const produced = await connection.request(PRODUCE, 12, { acks: -1, timeoutMs: 1000, topicData: [] })
  const offsets = await connection.request(LIST_OFFSETS, 7, { replicaId: -1, topics: [] })
  const id = await connection.request(INIT_PRODUCER_ID, 5, { transactionalId: null })
  deepEqual(
    [fetched, produced, offsets, id].map(({ throttleTimeMs }) => throttleTimeMs),
    [0, 0, 0, 0],
  )
})

test('bytes are copied once on their way in, and not at all on their way out of the tail', async (t) => {
  const broker = await TestBroker.start(t)
  await broker.createTopics({ events: 1 })
  const [producer, consumer] = [await broker.connect(), await broker.connect()]
  const counted = (name: string): number => metricValue(broker.running.broker, name)
  const records = batch([{ value: 'x'.repeat(100_000) }])
  // The metadata log has copied some: appends of up to a kilobyte share a chunk of the tail.
  const copiedBefore = counted('ottla_log_copied_bytes_total')
  for (let turn = 0; turn < 20; turn++) await produceTo(producer, { topic: 'events' }, Buffer.from(records))
  const response = await consumer.request(FETCH, 12, fetchOf([{ topic: 'events', maxBytes: 10_000_000 }]))
  equal(response.responses[0]!.partitions[0]!.records!.length, 20 * records.length)
  const received = counted('ottla_network_in_bytes_total')
  equal(received > 2_000_000, true)
  equal(counted('ottla_network_copied_bytes_total') / received < 1.01, true)
  equal(counted('ottla_log_copied_bytes_total') - copiedBefore, 0)
  equal(counted('ottla_log_disk_read_bytes_total'), 0)
})
