import { deepEqual, equal, ok, rejects, throws } from 'node:assert/strict'
import { test } from 'node:test'
import { createBroker } from '@ottla/testkit'
import { jsonCodec, stringCodec } from '../codec/codecs.ts'
import type { ConsumerOptions } from '../consumer/consumer-options.ts'
import type { ConsumerRecord } from '../consumer/consumer-record.ts'
import { CodecError } from '../errors.ts'
import { Kafka } from '../kafka.ts'
import { lastHeader } from '../request-reply/reply-headers.ts'
import { DeadLetterError } from './dead-letter-error.ts'
import { bigIntegerBytes, numberOf } from './failure-headers.ts'
import { resolveRetry, retryTopicsOf } from './retry-options.ts'

const codecs = { key: stringCodec, value: jsonCodec<number>() }

async function world(body: (world: World) => Promise<void>): Promise<void> {
  await using broker = await createBroker({
    settings: { 'auto.create.topics.enable': 'false', 'transaction.state.log.num.partitions': '1' },
  })
  await using kafka = new Kafka({ bootstrapServers: broker.bootstrap })
  await kafka.admin().createTopics([{ name: 'jobs', partitionCount: 2 }])
  await body(new World(kafka))
}

class World {
  readonly kafka: Kafka

  constructor(kafka: Kafka) {
    this.kafka = kafka
  }

  consumer(options: ConsumerOptions<string, number> = {}) {
    const { kafka } = this
    const consumer = kafka.consumer({
      groupId: 'workers',
      groupProtocol: 'classic',
      autoOffsetReset: 'earliest',
      ...codecs,
      ...options,
    })
    consumer.subscribe(['jobs'])
    return consumer
  }

  async send(values: readonly (number | string)[], partition = 0): Promise<void> {
    const records = values.map((value) => ({ topic: 'jobs', key: Buffer.from(`k${value}`), partition, value }))
    await this.kafka
      .producer()
      .sendAll(
        records.map((record) => ({ ...record, value: Buffer.from(`${record.value}`), headers: { mine: 'yes' } })),
      )
  }

  /** All that is in a topic, as bytes. */
  async read(topic: string, count: number): Promise<ConsumerRecord[]> {
    await using reader = this.kafka.consumer()
    let partitions = await reader.partitionsFor(topic)
    while (partitions.length === 0) partitions = await reader.partitionsFor(topic)
    reader.assign(partitions.map((partition) => ({ ...partition, from: 'earliest' })))
    const records: ConsumerRecord[] = []
    while (records.length < count) records.push(...(await reader.poll({ timeoutMs: 1000 })))
    return records
  }

  async committed(): Promise<Record<string, number>> {
    const offsets = await this.kafka.admin().listGroupOffsets('workers')
    const done = offsets.filter(({ offset }) => offset > 0)
    return Object.fromEntries(done.map(({ topic, partition, offset }) => [`${topic}-${partition}`, offset]))
  }
}

const text = ({ headers }: ConsumerRecord, name: string) => lastHeader(headers, name)?.toString()
const bytes = ({ headers }: ConsumerRecord, name: string) => [...(lastHeader(headers, name) ?? [])]

test('blocking retries wait longer each time, up to a bound', () =>
  world(async (world) => {
    await world.send([1, 2])
    const calls: string[] = []
    const stop = new AbortController()
    await world.consumer().run(
      ({ value }, { attempt, round }) => {
        calls.push(`${value}:${attempt}:${round}`)
        if (value === 2 && attempt === 3) return stop.abort()
        throw new Error(value === 1 ? 'broken' : 'busy')
      },
      {
        retry: {
          attempts: 3,
          backoffMs: 1,
          maxBackoffMs: 2,
          isRetriable: (error) => (error as Error).message === 'busy',
        },
        onFailed: () => 'skip',
        signal: stop.signal,
      },
    )
    deepEqual(calls, ['1:1:1', '2:1:1', '2:2:1', '2:3:1'])
  }))

test('a record that failed is a dead letter with the bytes that it had and the headers of Spring, and then it is done', () =>
  world(async (world) => {
    await world.send([1, 2], 1)
    const stop = new AbortController()
    await world.consumer().run(
      ({ value }) => {
        if (value === 2) return stop.abort()
        throw new RangeError('too small', { cause: new TypeError('inner') })
      },
      { deadLetter: {}, signal: stop.signal },
    )
    const [letter] = await world.read('jobs-dlt', 1)
    deepEqual([letter!.partition, letter!.key!.toString(), letter!.value!.toString()], [1, 'k1', '1'])
    equal(text(letter!, 'mine'), 'yes')
    const [source] = await world.read('jobs', 2)
    const told = new Map(letter!.headers.map(({ key, value }) => [key.replace('kafka_dlt-', ''), value!]))
    equal(told.get('exception-fqcn')!.toString(), 'RangeError')
    equal(told.get('exception-cause-fqcn')!.toString(), 'TypeError')
    equal(told.get('exception-message')!.toString(), 'too small')
    ok(told.get('exception-stacktrace')!.toString().startsWith('RangeError: too small\n    at '))
    equal(told.get('original-topic')!.toString(), 'jobs')
    equal(told.get('original-partition')!.toString('hex'), '00000001')
    equal(told.get('original-offset')!.toString('hex'), '0000000000000000')
    equal(told.get('original-timestamp')!.readBigInt64BE(), BigInt(source!.timestamp))
    equal(told.get('original-timestamp')!.length, 8)
    equal(told.get('original-timestamp-type')!.toString(), 'CreateTime')
    equal(told.get('original-consumer-group')!.toString(), 'workers')
    deepEqual(await world.committed(), { 'jobs-1': 2 })
  }))

test('a record goes from retry topic to retry topic, none before its time, and becomes a dead letter in the end', () =>
  world(async (world) => {
    await world.send([1])
    const calls: { topic: string; round: number; at: number }[] = []
    const stop = new AbortController()
    const running = world.consumer().run(
      ({ topic }, { round }) => {
        calls.push({ topic, round, at: performance.now() })
        throw new Error(`round ${round}`)
      },
      { retry: { topics: { delaysMs: [60, 120] } }, deadLetter: 'buried', signal: stop.signal },
    )
    const [letter] = await world.read('buried', 1)
    stop.abort()
    await running
    deepEqual(
      calls.map(({ topic, round }) => [topic, round]),
      [
        ['jobs', 1],
        ['jobs-retry-60', 2],
        ['jobs-retry-120', 3],
      ],
    )
    // Wall time and monotonic time are rounded each in their own way.
    ok(calls[1]!.at - calls[0]!.at >= 58 && calls[2]!.at - calls[1]!.at >= 118)
    const [source] = await world.read('jobs', 1)
    const [first] = await world.read('jobs-retry-60', 1)
    const [second] = await world.read('jobs-retry-120', 1)
    deepEqual(
      [first, second, letter].map((record) => bytes(record!, 'retry_topic-attempts')),
      [
        [0, 0, 0, 2],
        [0, 0, 0, 3],
        [0, 0, 0, 3],
      ],
    )
    for (const record of [first!, second!, letter!]) {
      equal(text(record, 'mine'), 'yes')
      deepEqual(bytes(record, 'retry_topic-original-timestamp'), [...bigIntegerBytes(source!.timestamp)])
      equal(bytes(record, 'retry_topic-backoff-timestamp').length, 6)
      equal(text(record, 'kafka_original-topic'), 'jobs')
      equal(record.headers.length, new Set(record.headers.map(({ key }) => key)).size)
    }
    equal(text(second!, 'kafka_exception-message'), 'round 2')
    equal(text(letter!, 'kafka_dlt-exception-message'), 'round 3')
    equal(text(letter!, 'kafka_exception-message'), undefined)
    equal(text(letter!, 'kafka_dlt-original-topic'), 'jobs')
    equal(text(letter!, 'kafka_dlt-original-consumer-group'), 'workers')
    deepEqual(await world.committed(), { 'jobs-0': 1, 'jobs-retry-60-0': 1, 'jobs-retry-120-0': 1 })
  }))

test('records that wait in a retry topic keep nobody else waiting, however many they are', () =>
  world(async (world) => {
    const failing = Array.from({ length: 50 }, (_, n) => -1 - n)
    await world.send(failing, 0)
    await world.send([1], 1)
    const seen: number[] = []
    let failed = 0
    const stop = new AbortController()
    await world.consumer().run(
      async ({ value }, { round }) => {
        if (value! < 0 && round === 1) {
          failed += 1
          throw new Error('later')
        }
        seen.push(value!)
        if (value! > 3 && failed === 50) stop.abort()
        else await world.send([value! + 1], 1)
      },
      { maxWaiting: 5, retry: { topics: { delaysMs: [3_600_000] } }, signal: stop.signal },
    )
    ok(seen.every((value) => value > 0))
    equal((await world.committed())['jobs-0'], 50)
  }))

test('race: a partition of a retry topic changes hands while its record waits; the next owner waits for the rest of the time', () =>
  world(async (world) => {
    await world.send([1])
    const options = { retry: { topics: { delaysMs: [400], naming: 'index' as const } } }
    const stop = new AbortController()
    let failedAt = 0
    const first = world.consumer()
    const running = first.run(
      () => {
        failedAt = performance.now()
        throw new Error('later')
      },
      { ...options, signal: stop.signal },
    )
    await world.read('jobs-retry-0', 1)
    while (first.lag().find(({ topic, endOffset }) => topic === 'jobs-retry-0' && endOffset === 1) === undefined)
      await new Promise((resolve) => setImmediate(resolve))
    stop.abort()
    await running
    await first.close()
    const done = new AbortController()
    let topic = ''
    await world.consumer().run(
      (record) => {
        topic = record.topic
        done.abort()
      },
      { ...options, signal: done.signal },
    )
    equal(topic, 'jobs-retry-0')
    ok(performance.now() - failedAt >= 395)
  }))

test('a record that cannot be decoded becomes a dead letter too, and the loop goes on', () =>
  world(async (world) => {
    await world.send([1, '{broken', 3])
    const seen: number[] = []
    const stop = new AbortController()
    await world.consumer().run(
      ({ value }) => {
        seen.push(value!)
        if (value === 3) stop.abort()
      },
      { retry: { attempts: 5, topics: { delaysMs: [1] } }, deadLetter: {}, signal: stop.signal },
    )
    deepEqual(seen, [1, 3])
    const [letter] = await world.read('jobs-dlt', 1)
    equal(letter!.value!.toString(), '{broken')
    equal(text(letter!, 'kafka_dlt-exception-fqcn'), 'CodecError')
    equal(text(letter!, 'kafka_dlt-exception-cause-fqcn'), 'SyntaxError')
    deepEqual(await world.committed(), { 'jobs-0': 3 })
  }))

test('without a dead-letter topic a record that cannot be decoded ends the run, with retry topics or without', () =>
  world(async (world) => {
    await world.send(['{broken'])
    const topics = { delaysMs: [1] }
    await rejects(
      world.consumer().run(() => {}, { retry: { topics } }),
      CodecError,
    )
    await rejects(
      world.consumer({ groupId: 'others' }).run(() => {}),
      CodecError,
    )
  }))

test('a dead-letter topic that takes nothing ends the run with an error that says so, and the record is not done', () =>
  world(async (world) => {
    await world.kafka.admin().createTopics([{ name: 'tiny', configs: { 'max.message.bytes': '80' } }])
    await world.send([1, 2])
    const broken = new Error('broken')
    const run = world.consumer().run(
      ({ value }) => {
        if (value === 2) throw broken
      },
      { deadLetter: 'tiny' },
    )
    await rejects(run, (error) => {
      ok(error instanceof DeadLetterError)
      deepEqual([error.code, error.target, error.offset, error.topic], ['DEAD_LETTER_FAILED', 'tiny', 1, 'jobs'])
      equal(error.failure, broken)
      return true
    })
    deepEqual(await world.committed(), { 'jobs-0': 1 })
  }))

test('a record that is too large with a stack goes without it', () =>
  world(async (world) => {
    await world.kafka.admin().createTopics([{ name: 'small', configs: { 'max.message.bytes': '700' } }])
    await world.send([1])
    const stop = new AbortController()
    const running = world.consumer().run(
      () => {
        const error = new Error('told')
        error.stack = 'x'.repeat(20_000)
        throw error
      },
      { deadLetter: { topic: () => 'small' }, signal: stop.signal },
    )
    const [letter] = await world.read('small', 1)
    stop.abort()
    await running
    equal(text(letter!, 'kafka_dlt-exception-message'), 'told')
    equal(text(letter!, 'kafka_dlt-exception-stacktrace'), undefined)
  }))

test('a second run of a consumer begins with what the first had taken and not done', () =>
  world(async (world) => {
    await world.send([1, 2, 3, 4])
    const consumer = world.consumer()
    await rejects(
      consumer.run(({ value }) => {
        if (value === 2) throw new Error('not yet')
      }),
      /not yet/,
    )
    const seen: number[] = []
    const stop = new AbortController()
    await consumer.run(
      ({ value }) => {
        seen.push(value!)
        if (value === 4) stop.abort()
      },
      { retry: { topics: { delaysMs: [1] } }, signal: stop.signal },
    )
    deepEqual(seen, [2, 3, 4])
  }))

test('race: a run that is stopped while its handler fails waits for the dead letter, and commits after it', () =>
  world(async (world) => {
    await world.send([1])
    const stop = new AbortController()
    await world.consumer().run(
      () => {
        stop.abort()
        throw new Error('in the end')
      },
      { deadLetter: {}, signal: stop.signal },
    )
    deepEqual(await world.committed(), { 'jobs-0': 1 })
    equal(text((await world.read('jobs-dlt', 1))[0]!, 'kafka_dlt-exception-message'), 'in the end')
  }))

test('in transactions a dead letter and the offset behind its record are committed together, once', () =>
  world(async (world) => {
    await world.send([1, 2, 3])
    const consumer = world.consumer({ autoCommit: false })
    const stop = new AbortController()
    await consumer.run(
      ({ value }) => {
        if (value === 3) return stop.abort()
        throw new Error('no')
      },
      { deadLetter: { transactionalId: 'workers-1' }, signal: stop.signal },
    )
    // Nobody else commits: the process might have died here.
    deepEqual(await world.committed(), { 'jobs-0': 2 })
    await consumer.close()
    const letters = await world.read('jobs-dlt', 2)
    deepEqual(
      letters.map(({ value }) => value!.toString()),
      ['1', '2'],
    )
    const run = world.consumer().run(() => {}, { deadLetter: { transactionalId: 'w' }, order: 'key' })
    await rejects(run, /order of partitions/)
  }))

test('a record that is too large goes without its stack in transactions too', () =>
  world(async (world) => {
    await world.kafka.admin().createTopics([{ name: 'small', configs: { 'max.message.bytes': '700' } }])
    await world.send([1])
    const stop = new AbortController()
    const running = world.consumer().run(
      () => {
        const error = new Error('told')
        error.stack = 'x'.repeat(20_000)
        throw error
      },
      { deadLetter: { topic: 'small', transactionalId: 'workers-1' }, signal: stop.signal },
    )
    const [letter] = await world.read('small', 1)
    stop.abort()
    await running
    equal(text(letter!, 'kafka_dlt-exception-message'), 'told')
    equal(text(letter!, 'kafka_dlt-exception-stacktrace'), undefined)
  }))

test('retry topics need names to go by', () =>
  world(async (world) => {
    const consumer = world.kafka.consumer({ groupId: 'workers', ...codecs })
    consumer.subscribe(/jobs/)
    await rejects(
      consumer.run(() => {}, { retry: { topics: { delaysMs: [1] } } }),
      /need a subscription by names/,
    )
  }))

test('retry topics are called by their delay or by their number', () => {
  deepEqual(retryTopicsOf('a', { delaysMs: [1000, 5000, 1000], naming: 'delay' }), [
    'a-retry-1000-0',
    'a-retry-5000',
    'a-retry-1000-1',
  ])
  deepEqual(retryTopicsOf('a', { delaysMs: [1, 1], naming: 'index' }), ['a-retry-0', 'a-retry-1'])
})

test('options that make no sense are refused', () => {
  for (const options of [
    { attempts: 0 },
    { backoffMs: -1 },
    { factor: 0.5 },
    { jitter: 2 },
    { topics: { delaysMs: [] } },
    { topics: { delaysMs: [-1] } },
  ])
    throws(() => resolveRetry(options), { code: 'INVALID_ARGUMENT' })
})

test("times are written as Java's BigInteger writes them", () => {
  for (const [value, hex] of [
    [0, '00'],
    [127, '7f'],
    [128, '0080'],
    [-1, 'ff'],
    [-129, 'ff7f'],
    [1_795_285_833_867, '01a1ff5fd88b'],
  ] as const) {
    equal(bigIntegerBytes(value).toString('hex'), hex)
    equal(numberOf(bigIntegerBytes(value)), value)
  }
  equal(numberOf(Buffer.alloc(0)), null)
  equal(numberOf(Buffer.alloc(9)), null)
})
