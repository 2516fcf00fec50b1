/** What a request costs in system calls. A change that needs more of them shows here, on any machine. */
import { deepEqual, equal, ok } from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { ClientConnection } from '@ottla/net'
import { batchesIn, nextOffset } from '@ottla/protocol'
import { SystemCalls } from './counted-env.test.ts'
import { batch, FETCH, fetchOf, PRODUCE, produceTo, TestBroker } from './test-broker.test.ts'

const REQUESTS = 50

async function world(t: TestContext, durability: string, settings: Readonly<Record<string, string>> = {}) {
  const calls = new SystemCalls()
  const broker = await TestBroker.start(t, { 'ottla.durability': durability, ...settings }, { calls })
  await broker.createTopics({ events: 10 })
  const [producer, consumer] = [await broker.connect(), await broker.connect()]
  // Once before it is counted: files are opened when they are first written.
  for (let partition = 0; partition < 10; partition += 1) {
    await produceTo(producer, { topic: 'events', partition }, batch([{ value: 'first' }]))
  }
  return { broker, calls, producer, consumer }
}

test('a produce request costs a read of the socket, a write to the log and a write to the socket', async (t) => {
  const { calls, producer } = await world(t, 'replicated')
  const { fileWrites, fileReads, fileSyncs, socketReads, socketWrites } = await calls.during(async () => {
    for (let i = 0; i < REQUESTS; i += 1) await produceTo(producer, { topic: 'events' }, batch([{ value: 'x' }]))
  })
  deepEqual(
    { fileWrites, fileReads, fileSyncs, socketReads, socketWrites },
    {
      socketReads: REQUESTS,
      fileWrites: REQUESTS,
      fileReads: 0,
      fileSyncs: 0,
      socketWrites: REQUESTS,
    },
  )
})

test('acknowledged from the disk it costs one sync more', async (t) => {
  const { calls, producer } = await world(t, 'fsync')
  const { fileWrites, fileSyncs, socketWrites } = await calls.during(async () => {
    for (let i = 0; i < REQUESTS; i += 1) await produceTo(producer, { topic: 'events' }, batch([{ value: 'x' }]))
  })
  deepEqual({ fileWrites, socketWrites }, { fileWrites: REQUESTS, socketWrites: REQUESTS })
  // The last sync of the metadata log may fall into this time.
  ok(fileSyncs >= REQUESTS && fileSyncs <= REQUESTS + 2, `${fileSyncs} syncs`)
})

test('requests that come together share writes, syncs and the socket', async (t) => {
  const { calls, producer } = await world(t, 'fsync')
  const { fileWrites, fileSyncs, socketWrites } = await calls.during(() =>
    Promise.all(
      Array.from({ length: REQUESTS }, () => produceTo(producer, { topic: 'events' }, batch([{ value: 'x' }]))),
    ),
  )
  for (const [name, count] of Object.entries({ fileWrites, fileSyncs, socketWrites })) {
    ok(count <= REQUESTS / 5, `${count} ${name} for ${REQUESTS} requests`)
  }
})

test('a request for ten partitions costs a write to each log, and one to the socket', async (t) => {
  const { calls, producer } = await world(t, 'replicated')
  const records = batch([{ value: 'x' }])
  const partitionData = Array.from({ length: 10 }, (_, index) => ({ index, records }))
  const { fileWrites, socketWrites } = await calls.during(() =>
    producer.request(PRODUCE, 9, { acks: -1, timeoutMs: 1000, topicData: [{ name: 'events', partitionData }] }),
  )
  deepEqual({ fileWrites, socketWrites }, { fileWrites: 10, socketWrites: 1 })
})

test('a request for ten partitions costs a sync of each log, and no more at a time than set', async (t) => {
  const { calls, producer } = await world(t, 'fsync', { 'ottla.sync.concurrency': '2' })
  const records = batch([{ value: 'x' }])
  const partitionData = Array.from({ length: 10 }, (_, index) => ({ index, records }))
  calls.syncing.most = 0
  const { fileSyncs } = await calls.during(() =>
    producer.request(PRODUCE, 9, { acks: -1, timeoutMs: 10_000, topicData: [{ name: 'events', partitionData }] }),
  )
  // The last sync of the metadata log may fall into this time.
  ok(fileSyncs >= 10 && fileSyncs <= 12, `${fileSyncs} syncs`)
  equal(calls.syncing.most, 2)
})

test('a byte produced is a byte written: indexes and checkpoints add less than a hundredth', async (t) => {
  const { calls, producer } = await world(t, 'replicated', { 'log.segment.bytes': '1048576' })
  const records = batch(Array.from({ length: 16 }, () => ({ value: 'x'.repeat(1000) })))
  const requests = 300
  const { fileBytesWritten } = await calls.during(async () => {
    for (let i = 0; i < requests; i += 1) await produceTo(producer, { topic: 'events' }, records)
  })
  const ratio = fileBytesWritten / (requests * records.length)
  t.diagnostic(`${ratio.toFixed(4)} bytes written for each produced`)
  ok(ratio >= 1 && ratio < 1.01, `${ratio} bytes written for each produced`)
})

test('a fetch of what was written lately reads no file, and is one write to the socket', async (t) => {
  const { calls, producer, consumer } = await world(t, 'replicated')
  for (let i = 0; i < 5; i += 1) {
    await produceTo(producer, { topic: 'events' }, batch([{ value: 'x'.repeat(10_000) }]))
  }
  const { fileReads, socketWrites } = await calls.during(async () => {
    const { responses } = await consumer.request(FETCH, 12, fetchOf([{ topic: 'events' }]))
    equal(responses[0]!.partitions[0]!.records!.length > 50_000, true)
  })
  deepEqual({ fileReads, socketWrites }, { fileReads: 0, socketWrites: 1 })
})

/** Bytes of the answers of a produce of 1,000 bytes and of the fetches that waited for it, in the order in which they left. */
async function answersWith(t: TestContext, waiting: number): Promise<number[]> {
  const { broker, calls, producer } = await world(t, 'replicated')
  const fetches: Promise<unknown>[] = []
  for (let i = 0; i < waiting; i += 1) {
    const consumer = await broker.connect()
    const before = calls.socketReads
    fetches.push(consumer.request(FETCH, 12, fetchOf([{ topic: 'events', offset: 1 }], { maxWaitMs: 600_000 })))
    while (calls.socketReads === before) await new Promise((resolve) => setImmediate(resolve))
  }
  calls.socketWriteBytes.length = 0
  const { socketWrites } = await calls.during(() =>
    Promise.all([produceTo(producer, { topic: 'events' }, batch([{ value: 'x'.repeat(1000) }])), ...fetches]),
  )
  equal(socketWrites, waiting + 1)
  return calls.socketWriteBytes
}

test('who waits for a record is answered before its producer, unless there are many', async (t) => {
  for (const waiting of [1, 2]) {
    const answers = await answersWith(t, waiting)
    ok(answers.pop()! < 200)
    ok(answers.every((bytes) => bytes > 1000))
  }
  const [first, ...others] = await answersWith(t, 3)
  ok(first! < 200)
  ok(others.every((bytes) => bytes > 1000))
})

/** Megabytes of one partition, in batches of 100 KB, of which none is in memory. */
async function coldWorld(t: TestContext, megabytes: number) {
  const made = await world(t, 'replicated', { 'ottla.tail.budget.bytes': '0' })
  const records = batch([{ value: 'x'.repeat(100_000) }])
  for (let i = 0; i < megabytes * 10; i += 1) await produceTo(made.producer, { topic: 'events' }, records)
  return { ...made, lastOffset: megabytes * 10 }
}

/** Reads a partition to its end, a megabyte at a time. Gives the bytes and the requests that it took. */
async function readThrough(consumer: ClientConnection, lastOffset: number, minBytes = 1) {
  let [offset, bytes, requests] = [0, 0, 0]
  const waiting = { minBytes, maxWaitMs: minBytes > 1 ? 600_000 : 0 }
  while (offset <= lastOffset) {
    const { responses } = await consumer.request(FETCH, 12, fetchOf([{ topic: 'events', offset }], waiting))
    const records = responses[0]!.partitions[0]!.records!
    for (const position of batchesIn(records)) offset = nextOffset(records, position)
    bytes += records.length
    requests += 1
  }
  return { bytes, requests }
}

test('what is not in memory is read a megabyte at a time, once, into memory that is used again', async (t) => {
  const { broker, calls, consumer, lastOffset } = await coldWorld(t, 20)
  const { blocksAllocated } = broker.pool.counters
  const { fileReads, fileReadBytes, socketWrites } = await calls.during(async () => {
    const { bytes, requests } = await readThrough(consumer, lastOffset)
    ok(bytes > 2e7 && requests <= 23, `${requests} requests for ${bytes} bytes`)
  })
  ok(fileReads <= 23, `${fileReads} reads`)
  ok(fileReadBytes < 1.12 * 2e7, `${fileReadBytes} bytes read`)
  ok(socketWrites <= 23, `${socketWrites} writes`)
  const newBlocks = broker.pool.counters.blocksAllocated - blocksAllocated
  ok(newBlocks <= 1, `${newBlocks} new blocks of memory beside the free ones`)
})

test('a fetch that wants a megabyte at least is answered with what was read to measure it', async (t) => {
  const { calls, consumer, lastOffset } = await coldWorld(t, 10)
  const { fileReads, fileReadBytes } = await calls.during(() => readThrough(consumer, lastOffset - 15, 1 << 20))
  ok(fileReads <= 11, `${fileReads} reads`)
  ok(fileReadBytes < 1.12e7, `${fileReadBytes} bytes read`)
})

test('two groups that read the same cold records share what is read', async (t) => {
  const { broker, calls, consumer, lastOffset } = await coldWorld(t, 20)
  const other = await broker.connect()
  const { fileReads } = await calls.during(() =>
    Promise.all([readThrough(consumer, lastOffset), readThrough(other, lastOffset)]),
  )
  ok(fileReads <= 32, `${fileReads} reads for two times 20 MB`)
})
