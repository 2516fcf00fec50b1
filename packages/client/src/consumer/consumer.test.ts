import { deepEqual, equal, ok, rejects, throws } from 'node:assert/strict'
import { test } from 'node:test'
import { ErrorCode } from '@ottla/protocol'
import { Simulation } from '@ottla/sim'
import { stringCodec } from '../codec/codecs.ts'
import { BrokerError, NoOffsetError } from '../errors.ts'
import { FakeCluster, type Fault, NO_FAULT } from '../fake-cluster.test.ts'
import { Kafka } from '../kafka.ts'
import { topic } from '../topic.ts'
import type { Consumer } from './consumer.ts'
import type { ConsumerOptions } from './consumer-options.ts'

interface World {
  readonly simulation: Simulation
  readonly cluster: FakeCluster
  write(partition: number, ...values: string[]): Promise<void>
  consumer(options?: ConsumerOptions<string, string>): Consumer<string, string>
}

const words = topic('words', { key: stringCodec, value: stringCodec })

function world(body: (world: World) => Promise<void>, seeds = 3) {
  return async () => {
    for (let seed = 0; seed < seeds; seed += 1) {
      const simulation = new Simulation({ seed })
      await simulation.run(async () => {
        const cluster = new FakeCluster(simulation, 2)
        await cluster.start()
        cluster.createTopic('words', 2)
        await using writing = new Kafka({
          bootstrapServers: cluster.bootstrapServers,
          env: simulation.env('writer'),
        })
        await using reading = new Kafka({ bootstrapServers: cluster.bootstrapServers, env: simulation.env('reader') })
        const producer = writing.producer()
        await body({
          simulation,
          cluster,
          consumer: (options = {}) => reading.consumer({ key: stringCodec, value: stringCodec, ...options }),
          async write(partition, ...values) {
            await producer.sendAll(values.map((value) => ({ topic: words, value, partition })))
          },
        })
      })
    }
  }
}

async function read(consumer: Consumer<string, string>, count: number): Promise<string[]> {
  const values: string[] = []
  while (values.length < count) {
    for (const { value } of await consumer.poll({ timeoutMs: 60_000 })) values.push(value!)
  }
  return values
}

const partition = (number: number) => ({ topic: 'words', partition: number })

test(
  'records come in order, from where was asked',
  world(async ({ write, consumer }) => {
    await write(0, 'a', 'b', 'c', 'd')
    const reader = consumer()
    reader.assign([{ ...partition(0), from: 2 }])
    deepEqual(await read(reader, 2), ['c', 'd'])
    equal(await reader.position(partition(0)), 4)
  }),
)

test(
  'latest begins after the last record, earliest at the first that is left',
  world(async ({ cluster, write, consumer }) => {
    await write(0, 'a', 'b')
    await write(1, 'a', 'b')
    cluster.topics.get('words')!.partitions[1]!.startOffset = 1
    const reader = consumer()
    reader.assign([
      { ...partition(0), from: 'latest' },
      { ...partition(1), from: 'earliest' },
    ])
    deepEqual(await read(reader, 1), ['b'])
    await write(0, 'c')
    deepEqual(await read(reader, 1), ['c'])
  }),
)

test(
  'a waiting poll is woken by the record, not by a clock',
  world(async ({ simulation, write, consumer }) => {
    const reader = consumer()
    reader.assign([{ ...partition(0), from: 'earliest' }])
    equal((await reader.poll({ timeoutMs: 2000 })).length, 0)
    const startedAt = simulation.now
    const waiting = reader.poll({ timeoutMs: 60_000 })
    await simulation.sleep(5000)
    await write(0, 'now')
    equal((await waiting)[0]?.value, 'now')
    ok(simulation.now - startedAt < 5100)
  }),
)

test(
  'through moving leaders, lost answers and errors nothing is lost, doubled or out of order',
  world(async ({ simulation, cluster, write, consumer }) => {
    const { partitions } = cluster.topics.get('words')!
    cluster.fault = (api) => (api === 'Fetch' || api === 'ListOffsets' ? randomFault(simulation) : NO_FAULT)
    const reader = consumer()
    reader.assign([0, 1].map((number) => ({ ...partition(number), from: 'earliest' as const })))
    const reading = read(reader, 400)
    for (let at = 0; at < 200; at += 1) {
      await Promise.all([write(0, `0-${at}`), write(1, `1-${at}`)])
      if (at % 20 === 0) cluster.moveLeader(partitions[at % 40 === 0 ? 0 : 1]!)
    }
    const values = await reading
    for (const number of ['0', '1']) {
      deepEqual(
        values.filter((value) => value.startsWith(number)),
        Array.from({ length: 200 }, (_, at) => `${number}-${at}`),
      )
    }
  }, 15),
)

test(
  'seek goes back and forth; what was buffered before is not given out',
  world(async ({ write, consumer }) => {
    await write(0, 'a', 'b', 'c')
    const reader = consumer({ maxPollRecords: 1 })
    reader.assign([{ ...partition(0), from: 'earliest' }])
    deepEqual(await read(reader, 1), ['a'])
    reader.seek(partition(0), 2)
    deepEqual(await read(reader, 1), ['c'])
    reader.seekTo(partition(0), 'earliest')
    deepEqual(await read(reader, 3), ['a', 'b', 'c'])
    throws(() => reader.seek(partition(1), 0), /not assigned/)
  }),
)

test(
  'a paused partition gives nothing, the others go on; resume gives what was kept',
  world(async ({ write, consumer }) => {
    await write(0, 'a')
    await write(1, 'b')
    const reader = consumer()
    reader.assign([0, 1].map((number) => ({ ...partition(number), from: 'earliest' as const })))
    reader.pause([partition(0)])
    deepEqual(await read(reader, 1), ['b'])
    equal((await reader.poll({ timeoutMs: 3000 })).length, 0)
    reader.resume([partition(0)])
    deepEqual(await read(reader, 1), ['a'])
  }),
)

test(
  'an offset that is gone is replaced as the policy says',
  world(async ({ cluster, write, consumer }) => {
    await write(0, 'a', 'b', 'c')
    cluster.topics.get('words')!.partitions[0]!.startOffset = 2
    const reader = consumer({ autoOffsetReset: 'earliest' })
    reader.assign([{ ...partition(0), from: 0 }])
    deepEqual(await read(reader, 1), ['c'])
    const strict = consumer({ autoOffsetReset: 'none' })
    strict.assign([{ ...partition(0), from: 0 }])
    await rejects(read(strict, 1), NoOffsetError)
  }),
)

test(
  'an error that will not pass is thrown by poll, and reading goes on after it',
  world(async ({ cluster, write, consumer }) => {
    await write(0, 'a')
    let isAllowed = false
    cluster.fault = (api) =>
      api === 'Fetch' && !isAllowed ? { kind: 'error', code: ErrorCode.TOPIC_AUTHORIZATION_FAILED } : NO_FAULT
    const reader = consumer()
    reader.assign([{ ...partition(0), from: 'earliest' }])
    await rejects(read(reader, 1), (error: unknown) => error instanceof BrokerError && error.topic === 'words')
    isAllowed = true
    deepEqual(await read(reader, 1), ['a'])
  }),
)

test(
  'a partition of a topic that comes later is read from when it is there',
  world(async ({ simulation, cluster, consumer }) => {
    const reader = consumer()
    reader.assign([{ topic: 'later', partition: 0, from: 0 }])
    const waiting = reader.poll({ timeoutMs: 60_000 })
    await simulation.sleep(1000)
    cluster.createTopic('later', 1)
    await using kafka = new Kafka({ bootstrapServers: cluster.bootstrapServers, env: simulation.env('writer') })
    await kafka.producer().send({ topic: 'later', value: Buffer.from('x') })
    equal((await waiting)[0]?.value, 'x')
  }),
)

test(
  'the iteration ends with its signal, and with the consumer',
  world(async ({ simulation, write, consumer }) => {
    await write(0, 'a', 'b')
    const reader = consumer()
    reader.assign([{ ...partition(0), from: 'earliest' }])
    const abort = new AbortController()
    const values: string[] = []
    for await (const { value } of reader.stream({ signal: abort.signal })) {
      values.push(value!)
      if (values.length === 2) void simulation.sleep(1000).then(() => abort.abort())
    }
    deepEqual(values, ['a', 'b'])
    void simulation.sleep(1000).then(() => reader.close())
    for await (const _ of reader) throw new Error('there is nothing more')
  }),
)

test(
  'lag is told without asking anybody',
  world(async ({ cluster, write, consumer }) => {
    await write(0, 'a', 'b', 'c')
    const reader = consumer({ maxPollRecords: 1 })
    reader.assign([{ ...partition(0), from: 'earliest' }])
    await read(reader, 1)
    const asked = cluster.requests.length
    deepEqual(reader.lag(), [{ ...partition(0), position: 1, endOffset: 3, lag: 2 }])
    equal(cluster.requests.length, asked)
  }),
)

test(
  'subscribe and commits need a group',
  world(async ({ consumer }) => {
    throws(() => consumer().subscribe(['words']), /groupId/)
    await rejects(consumer().commit(), /groupId/)
    throws(() => consumer({ autoCommit: true }), /group id/)
  }, 1),
)

function randomFault(simulation: Simulation): Fault {
  const draw = simulation.random.below(12)
  if (draw === 0) return { kind: 'lost-request' }
  if (draw === 1) return { kind: 'lost-answer' }
  if (draw === 2) return { kind: 'error', code: ErrorCode.KAFKA_STORAGE_ERROR }
  return NO_FAULT
}
