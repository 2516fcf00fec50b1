/** What a byte costs in copies, on its way in and out. A change that copies once more shows here, on any machine. */
import { equal, ok } from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { ByteStream } from '@ottla/env'
import { codecOf, FetchRequest, ProduceRequest, Writer } from '@ottla/protocol'
import { bytesCopiedDuring } from './counted-copies.test.ts'
import { SystemCalls } from './counted-env.test.ts'
import { batch, fetchOf, requestFrame, TestBroker } from './test-broker.test.ts'

const REQUESTS = 20
/** Beside the records: headers, answers, what the prefix of a frame takes. */
const BESIDE_BYTES = 300

const LARGE_ALLOWED = { 'message.max.bytes': '10000000' }

/** Counts answers and their bytes, and copies none of them. */
class Listener {
  readonly stream: ByteStream
  answers = 0
  bytes = 0
  #size = 0
  #sizeBytes = 0
  #left = 0
  #changed: () => void = () => {}

  constructor(stream: ByteStream) {
    this.stream = stream
    stream.onData = (chunk) => {
      this.bytes += chunk.length
      for (let at = 0; at < chunk.length; ) at = this.#take(chunk, at)
      this.#changed()
    }
  }

  /** Sends the frame so many times, each when the one before was answered. */
  async ask(frame: Buffer, times: number): Promise<void> {
    for (let i = 0; i < times; i += 1) {
      const wanted = this.answers + 1
      this.stream.write([frame])
      while (this.answers < wanted) {
        await new Promise<void>((resolve) => {
          this.#changed = resolve
        })
      }
    }
  }

  #take(chunk: Buffer, at: number): number {
    if (this.#sizeBytes < 4) {
      this.#size = this.#size * 256 + chunk[at]!
      this.#sizeBytes += 1
      this.#left = this.#size
      return at + 1
    }
    const taken = Math.min(this.#left, chunk.length - at)
    this.#left -= taken
    if (this.#left === 0) {
      this.answers += 1
      this.#size = this.#sizeBytes = 0
    }
    return at + taken
  }
}

async function world(t: TestContext, settings: Readonly<Record<string, string>> = {}) {
  const calls = new SystemCalls()
  const broker = await TestBroker.start(t, { 'ottla.durability': 'replicated', ...settings }, { calls })
  await broker.createTopics({ events: 1 })
  const listener = new Listener(await broker.env.network.connect({ host: '127.0.0.1', port: broker.port }))
  return { broker, calls, listener }
}

function produceFrame(valueBytes: number): Buffer {
  const records = batch([{ value: 'x'.repeat(valueBytes) }])
  const writer = new Writer()
  writer.uvarint(0)
  const topicData = [{ name: 'events', partitionData: [{ index: 0, records }] }]
  codecOf(ProduceRequest, 9).encode(writer, { acks: -1, timeoutMs: 10_000, topicData })
  return requestFrame({ key: 0, version: 9, correlationId: 1 }, Buffer.concat(writer.finish()))
}

function fetchFrame(offset: number): Buffer {
  const writer = new Writer()
  writer.uvarint(0)
  codecOf(FetchRequest, 12).encode(writer, fetchOf([{ topic: 'events', offset }]))
  return requestFrame({ key: 1, version: 12, correlationId: 1 }, Buffer.concat(writer.finish()))
}

async function copiesPerByteProduced(t: TestContext, valueBytes: number): Promise<number> {
  const { listener } = await world(t, LARGE_ALLOWED)
  const frame = produceFrame(valueBytes)
  await listener.ask(frame, 3)
  const copied = await bytesCopiedDuring(() => listener.ask(frame, REQUESTS))
  listener.stream.destroy()
  t.diagnostic(`${(copied / REQUESTS / valueBytes).toFixed(3)} bytes copied per byte of ${valueBytes}`)
  return (copied / REQUESTS - BESIDE_BYTES) / valueBytes
}

test('what is produced is copied once, from the socket to where it stays', async (t) => {
  ok((await copiesPerByteProduced(t, 16_000)) <= 1, 'a batch of 16 KB')
  ok((await copiesPerByteProduced(t, 200_000)) <= 1, 'a batch of 200 KB')
  ok((await copiesPerByteProduced(t, 3_000_000)) <= 1.07, 'a batch of 3 MB: what proves it is copied again')
})

test('what is produced comes into memory that is used again, whatever the sizes of requests', async (t) => {
  const { broker, listener } = await world(t, { ...LARGE_ALLOWED, 'ottla.tail.budget.bytes': String(16 << 20) })
  const small = produceFrame(10_000)
  const frames = [100_000, 300_000, 700_000, 1_500_000, 1_700_000].map(produceFrame)
  const produceAll = async () => {
    for (let i = 0; i < 10; i += 1) {
      for (const frame of frames) await listener.ask(frame, 1)
      await listener.ask(small, 20)
    }
  }
  await produceAll()
  const before = broker.pool.counters
  await produceAll()
  const { slices, blocksAllocated } = broker.pool.counters
  listener.stream.destroy()
  const newBlocks = blocksAllocated - before.blocksAllocated
  t.diagnostic(`${newBlocks} new blocks of memory for ${slices - before.slices} frames`)
  ok(newBlocks <= 2, `${newBlocks} new blocks of memory`)
})

test('a small batch is copied once more, beside others', async (t) => {
  ok((await copiesPerByteProduced(t, 1000)) <= 2)
})

async function copiesPerByteServed(t: TestContext, settings: Readonly<Record<string, string>>): Promise<number> {
  const { calls, listener } = await world(t, settings)
  await listener.ask(produceFrame(50_000), 10)
  const frame = fetchFrame(0)
  await listener.ask(frame, 3)
  const before = listener.bytes
  const copied = await bytesCopiedDuring(() => listener.ask(frame, REQUESTS))
  const served = listener.bytes - before
  ok(served > REQUESTS * 400_000, `${served} bytes were served`)
  listener.stream.destroy()
  equal(calls.fileReads > 0, settings['ottla.tail.budget.bytes'] === '0', `${calls.fileReads} reads of files`)
  t.diagnostic(`${copied} bytes copied for ${served} served`)
  return (copied - REQUESTS * BESIDE_BYTES) / served
}

test('what is fetched from memory is not copied', async (t) => {
  ok((await copiesPerByteServed(t, {})) <= 0)
})

test('what is fetched from disk is not copied behind the read', async (t) => {
  ok((await copiesPerByteServed(t, { 'ottla.tail.budget.bytes': '0' })) <= 0)
})
