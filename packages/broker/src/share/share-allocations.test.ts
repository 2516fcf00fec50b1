/** What records of a share group cost in objects: bytes of the heap for a fetch that acknowledges what the one before brought. */
import { equal, ok } from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { codecOf, type Init, ShareFetchRequest, Writer } from '@ottla/protocol'
import { batch, produceTo, requestFrame } from '../test-broker.test.ts'
import { ShareTestBroker } from './share-test-broker.test.ts'

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

const WARM_UP = 800
/** So few that nothing is collected while they are counted. */
const REQUESTS = 60
const ROUNDS = 3
const ACCEPT = 1
const VERSION = 1

interface Load {
  /** Acquired and acknowledged by each request. */
  readonly records: number
  readonly batches: number
}

/** The requests of a member's session, each with the acknowledgement of the former's records. */
function frames(topicId: string, { records }: Load, count: number): Buffer[] {
  return Array.from({ length: count }, (_, epoch) => {
    const firstOffset = (epoch - 1) * records
    const acknowledged = { firstOffset, lastOffset: firstOffset + records - 1, acknowledgeTypes: [ACCEPT] }
    const acknowledgementBatches = epoch === 0 ? [] : [acknowledged]
    const request: Init<typeof ShareFetchRequest> = {
      groupId: 'g',
      memberId: 'm',
      shareSessionEpoch: epoch,
      maxWaitMs: 5000,
      minBytes: 1,
      maxBytes: 1 << 20,
      maxRecords: records,
      batchSize: records,
      topics: [{ topicId, partitions: [{ partitionIndex: 0, acknowledgementBatches }] }],
    }
    const writer = new Writer()
    writer.uvarint(0)
    codecOf(ShareFetchRequest, VERSION).encode(writer, request)
    return requestFrame({ key: 78, version: VERSION, correlationId: epoch }, Buffer.concat(writer.finish()))
  })
}

async function heapBytesPerRequest(t: TestContext, load: Load): Promise<number> {
  const broker = await ShareTestBroker.start(t)
  const topicId = await broker.createTopic('jobs')
  await broker.configureGroup('g', { 'share.auto.offset.reset': 'earliest' })
  await broker.member('g', 'm', 'jobs')
  const count = WARM_UP + ROUNDS * REQUESTS
  const connection = await broker.broker.connect()
  const one = batch(Array.from({ length: load.records / load.batches }, () => ({ value: 'x' })))
  const produced = Array.from({ length: count * load.batches }, () => produceTo(connection, { topic: 'jobs' }, one))
  await Promise.all(produced)
  const requests = frames(topicId, load, count)
  const client = await broker.broker.connectRaw()
  const ask = async (from: number, upTo: number): Promise<void> => {
    for (const frame of requests.slice(from, upTo)) {
      client.received = Buffer.alloc(0)
      client.send(frame)
      await client.correlationIds(1)
    }
  }
  await ask(0, WARM_UP)
  const counts: number[] = []
  for (let at = WARM_UP; at < count; at += REQUESTS) {
    collectGarbage()
    const before = process.memoryUsage().heapUsed
    await ask(at, at + REQUESTS)
    counts.push((process.memoryUsage().heapUsed - before) / REQUESTS)
  }
  client.stream.destroy()
  equal(broker.broker.running.broker.shares.metrics.acknowledged[ACCEPT], (count - 1) * load.records)
  return counts.sort((a, b) => a - b)[Math.floor(ROUNDS / 2)]!
}

test('records of a share group make no objects of their own, neither in flight nor when they are stored', async (t) => {
  const one = await heapBytesPerRequest(t, { records: 1, batches: 1 })
  const many = await heapBytesPerRequest(t, { records: 500, batches: 1 })
  const alone = await heapBytesPerRequest(t, { records: 20, batches: 20 })
  t.diagnostic(
    `${one.toFixed(0)} bytes of heap for a record, ${many.toFixed(0)} for 500, ${alone.toFixed(0)} for 20 batches`,
  )
  ok(one < 58_000, `${one} bytes of heap for a fetch with an acknowledgement`)
  // An object for each record would be 25 KB at least.
  ok(many < one + 8000, `${many} bytes of heap for 500 records, ${one} for one`)
  // An object for the run of each batch would be 2.5 KB, and one for each that is walked over as much.
  ok(alone < one + 5000, `${alone} bytes of heap for 20 records in a batch each, ${one} for one`)
})
