import { deepEqual, equal, rejects, throws } from 'node:assert/strict'
import { test } from 'node:test'
import { createBroker } from '@ottla/testkit'
import { stringCodec } from '../codec/codecs.ts'
import { Kafka } from '../kafka.ts'
import type { Consumer } from './consumer.ts'
import type { ConsumerOptions } from './consumer-options.ts'

interface World {
  readonly kafka: Kafka
  create(...topics: string[]): Promise<void>
  send(topic: string, value: string): Promise<void>
  consumer(options?: ConsumerOptions<Buffer, string>): Consumer<Buffer, string>
}

async function world(body: (world: World) => Promise<void>): Promise<void> {
  const settings = { 'group.consumer.min.heartbeat.interval.ms': '50', 'group.consumer.heartbeat.interval.ms': '50' }
  await using broker = await createBroker({ settings })
  await using kafka = new Kafka({ bootstrapServers: broker.bootstrap, metadataMaxAgeMs: 100 })
  const producer = kafka.producer()
  await body({
    kafka,
    create: async (...topics) => {
      await kafka.admin().createTopics(topics.map((name) => ({ name, partitionCount: 1 })))
    },
    send: async (topic, value) => {
      await producer.send({ topic, value: Buffer.from(value) })
    },
    consumer: (options = {}) =>
      kafka.consumer({
        groupId: 'g',
        value: stringCodec,
        autoOffsetReset: 'earliest',
        heartbeatIntervalMs: 50,
        ...options,
      }),
  })
}

async function pollUntil(consumer: Consumer<Buffer, string>, isSo: () => boolean): Promise<string[]> {
  const values: string[] = []
  while (!isSo()) for (const { value } of await consumer.poll({ timeoutMs: 50 })) values.push(value!)
  return values
}

const topicsOf = (consumer: Consumer<Buffer, string>) => consumer.assignment.map(({ topic }) => topic).sort()

for (const groupProtocol of ['classic', 'consumer'] as const) {
  test(`an expression matches anywhere in the name, and finds topics that come later (${groupProtocol})`, () =>
    world(async ({ create, send, consumer }) => {
      await create('orders-eu', 'orders-us', 'old-orders', 'invoices')
      const member = consumer({ groupProtocol })
      member.subscribe(/^orders-/g)
      await pollUntil(member, () => topicsOf(member).length === 2)
      deepEqual(topicsOf(member), ['orders-eu', 'orders-us'])
      await create('orders-asia')
      await pollUntil(member, () => topicsOf(member).length === 3)
      await send('orders-asia', 'a')
      equal((await member.poll({ timeoutMs: 10_000 }))[0]?.value, 'a')
    }))
}

test('a RegExp matches no internal topic; what the coordinator matches is its own to say', () =>
  world(async ({ create, consumer, kafka }) => {
    await create('a')
    const first = consumer({ groupId: 'first' })
    first.subscribe(['a'])
    await pollUntil(first, () => first.assignment.length === 1)
    await first.commit([{ topic: 'a', partition: 0, offset: 0 }])
    const all = (await kafka.admin().listTopics()).map(({ name }) => name)
    deepEqual(all.sort(), ['__consumer_offsets', 'a'])
    const member = consumer({ groupId: 'second' })
    member.subscribe(/./)
    await pollUntil(member, () => member.assignment.length > 0)
    deepEqual(topicsOf(member), ['a'])
  }))

test('a pattern for the coordinator matches whole names, and gives way to another subscription', () =>
  world(async ({ create, send, consumer }) => {
    await create('orders-eu', 'orders-us', 'orders')
    const member = consumer()
    member.subscribe({ re2: '(?i)ORDERS-(eu|us)' })
    await pollUntil(member, () => member.assignment.length === 2)
    deepEqual(topicsOf(member), ['orders-eu', 'orders-us'])
    await send('orders-us', 'x')
    equal((await member.poll({ timeoutMs: 10_000 }))[0]?.value, 'x')
    member.subscribe(['orders'])
    await pollUntil(member, () => topicsOf(member).join() === 'orders')
    member.subscribe({ re2: 'orders-e.' })
    await pollUntil(member, () => topicsOf(member).join() === 'orders-eu')
  }))

test('a pattern that the coordinator cannot read is told, and another subscription mends it', () =>
  world(async ({ create, consumer }) => {
    await create('orders')
    const member = consumer()
    const isTold = { code: 'INVALID_REGULAR_EXPRESSION', group: 'g', message: /`orders\(`.* missing closing \)/ }
    member.subscribe({ re2: 'orders(' })
    await rejects(
      pollUntil(member, () => false),
      isTold,
    )
    member.subscribe(['orders'])
    await pollUntil(member, () => member.assignment.length === 1)
    member.subscribe({ re2: 'orders(' })
    await rejects(
      pollUntil(member, () => false),
      isTold,
    )
    member.subscribe({ re2: 'o.*' })
    await pollUntil(member, () => member.assignment.length === 1)
  }))

test('under the classic protocol a pattern for the coordinator is refused', () =>
  world(async ({ create, consumer }) => {
    await create('orders')
    throws(() => consumer({ groupProtocol: 'classic' }).subscribe({ re2: 'o.*' }), { code: 'INVALID_ARGUMENT' })
    throws(() => consumer().subscribe({ re2: '' }), { code: 'INVALID_ARGUMENT' })
    throws(() => consumer().subscribe(['']), { code: 'INVALID_ARGUMENT' })
  }))
