/** What a request costs in objects: bytes of the heap per request, by requests whose bytes were made before. */
import { ok } from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { codecOf, FetchRequest, ProduceRequest, Writer } from '@ottla/protocol'
import { batch, fetchOf, type RawClient, requestFrame, TestBroker } from './test-broker.test.ts'

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

/** So few that they end before the young generation is full, so that nothing is collected while they are counted. */
const REQUESTS = 100
const LARGE_REQUESTS = 20
const WARM_UP = 1500
const AGAIN_MAX = 10
const SETTLED_PART = 0.98
const PARTITIONS = 100

/** Sends the frame again and again, each when the one before was answered. */
async function repeat(client: RawClient, frame: Buffer, times: number): Promise<void> {
  for (let i = 0; i < times; i += 1) {
    client.received = Buffer.alloc(0)
    client.send(frame)
    await client.correlationIds(1)
  }
}

async function heapBytesPerRequest(t: TestContext, frameOf: () => Buffer, requests = REQUESTS): Promise<number> {
  const broker = await TestBroker.start(t, { 'ottla.durability': 'replicated' })
  await broker.createTopics({ events: PARTITIONS })
  const client = await broker.connectRaw()
  await repeat(client, produceFrame(), 1)
  const frame = frameOf()
  await repeat(client, frame, WARM_UP)
  const counted = async (): Promise<number> => {
    const counts: number[] = []
    for (let round = 0; round < 5; round += 1) {
      collectGarbage()
      const before = process.memoryUsage().heapUsed
      await repeat(client, frame, requests)
      counts.push((process.memoryUsage().heapUsed - before) / requests)
    }
    return counts.sort((a, b) => a - b)[2]!
  }
  // What is not compiled yet makes more objects, and on a busy machine the compiler is late: again, as long as it gets less.
  let least = await counted()
  for (let again = 0; again < AGAIN_MAX; again += 1) {
    const next = await counted()
    const isSettled = next > SETTLED_PART * least
    least = Math.min(least, next)
    if (isSettled) break
  }
  client.stream.destroy()
  return least
}

function produceFrame(recordCount = 1): Buffer {
  const records = batch(Array.from({ length: recordCount }, () => ({ value: 'x'.repeat(100) })))
  const topicData = [{ name: 'events', partitionData: [{ index: 0, records }] }]
  const writer = new Writer()
  writer.uvarint(0)
  codecOf(ProduceRequest, 9).encode(writer, { acks: -1, timeoutMs: 10_000, topicData })
  return requestFrame({ key: 0, version: 9, correlationId: 1 }, Buffer.concat(writer.finish()))
}

/** A fetch without a session. */
function fetchFrame(partitionCount = 1): Buffer {
  const writer = new Writer()
  writer.uvarint(0)
  const [topic] = fetchOf([{ topic: 'events' }], { sessionEpoch: -1 }).topics!
  const partitions = Array.from({ length: partitionCount }, (_, partition) => ({
    ...topic!.partitions![0]!,
    partition,
  }))
  const request = { ...fetchOf([], { sessionEpoch: -1 }), topics: [{ topic: 'events', partitions }] }
  codecOf(FetchRequest, 12).encode(writer, request)
  return requestFrame({ key: 1, version: 12, correlationId: 1 }, Buffer.concat(writer.finish()))
}

test('a produce request makes few objects, however many records it has', async (t) => {
  const one = await heapBytesPerRequest(t, () => produceFrame(1))
  const many = await heapBytesPerRequest(t, () => produceFrame(500))
  t.diagnostic(`${one.toFixed(0)} bytes of heap for a record, ${many.toFixed(0)} for 500`)
  ok(one < 19_000, `${one} bytes of heap for a produce request`)
  // An object for each record would be 25 KB at least.
  ok(many < one + 6000, `${many} bytes of heap for 500 records, ${one} for one`)
})

test('a fetch from the tail makes few objects', async (t) => {
  const bytes = await heapBytesPerRequest(t, () => fetchFrame())
  t.diagnostic(`${bytes.toFixed(0)} bytes of heap`)
  ok(bytes < 16_000, `${bytes} bytes of heap for a fetch`)
})

test('a partition more in a fetch without a session makes few objects', async (t) => {
  const one = await heapBytesPerRequest(t, () => fetchFrame(), LARGE_REQUESTS)
  const many = await heapBytesPerRequest(t, () => fetchFrame(PARTITIONS), LARGE_REQUESTS)
  const bytes = (many - one) / (PARTITIONS - 1)
  t.diagnostic(`${bytes.toFixed(0)} bytes of heap a partition`)
  ok(bytes < 850, `${bytes} bytes of heap for a partition of a fetch`)
})
