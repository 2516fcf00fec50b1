/**
 * What is left of a request when it was answered. An object that outlives two collections of young ones is taken for one that lives for good; when
 * many do, everything is collected every few seconds, for many milliseconds. What holds them need not be alive itself: one that grew
 * old and died keeps what it points to until then.
 */
import { ok } from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { nodeEnv } from '@ottla/env/node'
import { codecOf, FetchRequest, ProduceRequest, Writer } from '@ottla/protocol'
import { CollectedBroker } from './collected-broker.test.ts'
import { batch, fetchOf, RawClient, requestFrame } from './test-broker.test.ts'

const TOPIC = 'events'
const ROUNDS = 600
const WARM_UP = 1500
const EPOCHS = 5
/** Some 350 are; they were 3,100 to 3,900 while requests held each other, and the tail an object for each batch. */
const LEFT_MAX = 1000
const NOTHING = Buffer.alloc(0)
/** Stands in the fetch until the offset is known. */
const OFFSET_MARK = 0x0123_4567_89ab

const apiVersionsFrame = requestFrame({ key: 18, version: 0, correlationId: 1 }, NOTHING)

function produceFrame(recordCount: number): Buffer {
  const records = batch(Array.from({ length: recordCount }, () => ({ value: 'x'.repeat(100) })))
  const writer = new Writer()
  writer.uvarint(0)
  const topicData = [{ name: TOPIC, partitionData: [{ index: 0, records }] }]
  codecOf(ProduceRequest, 9).encode(writer, { acks: -1, timeoutMs: 10_000, topicData })
  return requestFrame({ key: 0, version: 9, correlationId: 1 }, Buffer.concat(writer.finish()))
}

function fetchFrame(): Buffer {
  const writer = new Writer()
  writer.uvarint(0)
  const request = fetchOf([{ topic: TOPIC, offset: OFFSET_MARK }], { maxWaitMs: 20_000 })
  codecOf(FetchRequest, 12).encode(writer, request)
  return requestFrame({ key: 1, version: 12, correlationId: 1 }, Buffer.concat(writer.finish()))
}

async function answered(client: RawClient, frame: Buffer): Promise<void> {
  client.received = NOTHING
  client.send(frame)
  await client.correlationIds(1)
}

/** A consumer at the end of a topic, whose fetch waits when the records come. */
class Following {
  readonly #producer: RawClient
  readonly #consumer: RawClient
  readonly #recordCount: number
  readonly #produce: Buffer
  readonly #fetch = fetchFrame()
  readonly #offsetAt: number
  #offset = 0

  constructor(producer: RawClient, consumer: RawClient, recordCount: number) {
    this.#producer = producer
    this.#consumer = consumer
    this.#recordCount = recordCount
    this.#produce = produceFrame(recordCount)
    const mark = Buffer.alloc(8)
    mark.writeBigInt64BE(BigInt(OFFSET_MARK))
    this.#offsetAt = this.#fetch.indexOf(mark)
  }

  ask(): void {
    this.#fetch.writeBigInt64BE(BigInt(this.#offset), this.#offsetAt)
    this.#consumer.received = NOTHING
    this.#consumer.send(this.#fetch)
  }

  /** What was asked is at the broker when it resolves. */
  async untilAsked(): Promise<void> {
    await answered(this.#producer, apiVersionsFrame)
  }

  async produce(): Promise<void> {
    await answered(this.#producer, this.#produce)
    await this.#consumer.correlationIds(1)
    this.#offset += this.#recordCount
  }

  async rounds(count: number): Promise<void> {
    for (let i = 0; i < count; i++) {
      this.ask()
      await this.produce()
    }
  }
}

/** Bytes of the heap that are left of a produce, a fetch and what stands between them when young objects were collected. */
async function bytesLeft(t: TestContext, recordCount: number): Promise<number> {
  const broker = await CollectedBroker.start(t, TOPIC)
  const { network } = nodeEnv({ logLevel: 'fatal', timersKeepAlive: true })
  const connect = async (): Promise<RawClient> =>
    new RawClient(await network.connect({ host: '127.0.0.1', port: broker.port }))
  const [producer, consumer] = [await connect(), await connect()]
  const following = new Following(producer, consumer, recordCount)
  await following.rounds(WARM_UP)
  const counts: number[] = []
  for (let epoch = 0; epoch < EPOCHS; epoch++) {
    following.ask()
    await following.untilAsked()
    // What waits now is old from here on. Does it hold what comes after it?
    await broker.collect('all')
    await following.produce()
    await following.rounds(10)
    await broker.collect('young')
    const before = await broker.collect('young')
    await following.rounds(ROUNDS)
    counts.push(((await broker.collect('young')) - before) / ROUNDS)
  }
  producer.stream.destroy()
  consumer.stream.destroy()
  t.diagnostic(`${counts.map((bytes) => bytes.toFixed(0)).join(' ')} bytes a record and its fetch`)
  // What else goes on, on a busy machine, only adds to it.
  return Math.min(...counts)
}

test('what was answered does not grow old', async (t) => {
  const bytes = await bytesLeft(t, 5)
  ok(bytes < LEFT_MAX, `${bytes} bytes are left of a batch of 0.6 KB and its fetch`)
})

test('what is kept in memory for readers does not grow old', async (t) => {
  const bytes = await bytesLeft(t, 50)
  ok(bytes < LEFT_MAX, `${bytes} bytes are left of a batch of 5.5 KB and its fetch`)
})
