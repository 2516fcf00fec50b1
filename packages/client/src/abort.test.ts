/** Every call that waits for a broker can be given up: it rejects with the signal's reason, leaves no timer behind, and what it was called on goes on. */
import { equal, ok, rejects } from 'node:assert/strict'
import { test } from 'node:test'
import { createBroker } from '@ottla/testkit'
import { ConfigResourceType } from './admin/configs.ts'
import { stringCodec } from './codec/codecs.ts'
import type { Consumer } from './consumer/consumer.ts'
import { type FreezableEnv, freezableEnv } from './freezable-env.test.ts'
import { Kafka } from './kafka.ts'
import type { Producer } from './producer/producer.ts'
import type { TransactionalProducer } from './producer/transaction/transactional-producer.ts'
import type { ShareConsumer } from './share/share-consumer.ts'
import type { Task } from './share/task.ts'

interface World {
  readonly env: FreezableEnv
  readonly kafka: Kafka
}

const RECORD = { topic: 'words', partition: 0, value: Buffer.from('x') }
const PARTITION = { topic: 'words', partition: 0 }

async function world(body: (world: World) => Promise<void>): Promise<void> {
  const settings = {
    'share.coordinator.state.topic.num.partitions': '1',
    'transaction.state.log.num.partitions': '1',
    'group.consumer.min.heartbeat.interval.ms': '20',
    'group.consumer.heartbeat.interval.ms': '50',
  }
  await using broker = await createBroker({ settings })
  const env = freezableEnv()
  const kafka = new Kafka({ bootstrapServers: broker.bootstrap, env })
  try {
    const admin = kafka.admin()
    await admin.createTopics([{ name: 'words', partitionCount: 1 }])
    const resource = { type: ConfigResourceType.group, name: 'workers' }
    const changes = [{ kind: 'set', name: 'share.auto.offset.reset', value: 'earliest' } as const]
    await admin.incrementalAlterConfigs([{ resource, changes }])
    await body({ env, kafka })
  } finally {
    env.thaw()
    await kafka.close()
    const left = env.timersWaiting
    env.close()
    equal(left, 0, `${left} timers are left`)
  }
}

/** The call rejects with the reason: when it is aborted while it waits, and when it was aborted before. */
async function rejectsWhenAborted(env: FreezableEnv, call: (signal: AbortSignal) => Promise<unknown>): Promise<void> {
  const reason = new Error('enough')
  env.freeze()
  const abort = new AbortController()
  const waiting = call(abort.signal)
  let isSettled = false
  waiting.then(
    () => (isSettled = true),
    () => (isSettled = true),
  )
  await new Promise((resolve) => setTimeout(resolve, 30))
  ok(!isSettled, 'the call waits')
  abort.abort(reason)
  await rejects(waiting, reason)
  await rejects(call(AbortSignal.abort(reason)), reason)
  env.thaw()
}

type Calls<T> = Readonly<Record<string, (on: T, signal: AbortSignal) => Promise<unknown>>>

const CONSUMER_CALLS: Calls<Consumer<Buffer, string>> = {
  poll: (consumer, signal) => consumer.poll({ timeoutMs: 60_000, signal }),
  position: (consumer, signal) => {
    consumer.seekToEnd([PARTITION])
    return consumer.position(PARTITION, { signal })
  },
  seekToTimestamp: (consumer, signal) => consumer.seekToTimestamp(0, [PARTITION], { signal }),
  beginningOffsets: (consumer, signal) => consumer.beginningOffsets([PARTITION], { signal }),
  endOffsets: (consumer, signal) => consumer.endOffsets([PARTITION], { signal }),
  offsetsForTimes: (consumer, signal) => consumer.offsetsForTimes([{ ...PARTITION, timestamp: 0 }], { signal }),
  partitionsFor: (consumer, signal) => consumer.partitionsFor('others', { signal }),
  listTopics: (consumer, signal) => consumer.listTopics({ signal }),
  committed: (consumer, signal) => consumer.committed([PARTITION], { signal }),
  commit: (consumer, signal) => consumer.commit([{ ...PARTITION, offset: 0 }], { signal }),
}

for (const [name, call] of Object.entries(CONSUMER_CALLS)) {
  test(`consumer.${name} can be given up`, () =>
    world(async ({ env, kafka }) => {
      const consumer = kafka.consumer({ groupId: 'g', value: stringCodec, autoOffsetReset: 'earliest' })
      consumer.subscribe(['words'])
      while (consumer.assignment.length === 0) await consumer.poll({ timeoutMs: 20 })
      await rejectsWhenAborted(env, (signal) => call(consumer, signal))
      await kafka.producer().send(RECORD)
      consumer.seekToBeginning()
      equal((await consumer.poll({ timeoutMs: 60_000 }))[0]?.value, 'x')
    }))
}

test('the first poll of a member can be given up, and the next one goes on', () =>
  world(async ({ env, kafka }) => {
    const consumer = kafka.consumer({ groupId: 'g', value: stringCodec, autoOffsetReset: 'earliest' })
    consumer.subscribe(['words'])
    await rejectsWhenAborted(env, (signal) => consumer.poll({ timeoutMs: 60_000, signal }))
    await kafka.producer().send(RECORD)
    equal((await consumer.poll({ timeoutMs: 60_000 }))[0]?.value, 'x')
  }))

test('an iteration and a run end with their signal, whatever the broker does', () =>
  world(async ({ env, kafka }) => {
    const consumer = kafka.consumer({ groupId: 'g', value: stringCodec })
    consumer.subscribe(['words'])
    while (consumer.assignment.length === 0) await consumer.poll({ timeoutMs: 20 })
    env.freeze()
    const signal = AbortSignal.timeout(30)
    for await (const _ of consumer.stream({ signal })) throw new Error('there is nothing')
    await consumer.run(() => {}, { signal: AbortSignal.timeout(30) })
  }))

const PRODUCER_CALLS: Calls<Producer> = {
  send: (producer, signal) => producer.send(RECORD, { signal }),
  sendAll: (producer, signal) => producer.sendAll([RECORD, RECORD], { signal }),
  flush: (producer, signal) => {
    producer.send(RECORD).catch(() => {})
    return producer.flush({ signal })
  },
}

for (const [name, call] of Object.entries(PRODUCER_CALLS)) {
  for (const isFirst of [true, false]) {
    test(`producer.${name} can be given up${isFirst ? ', as the first call' : ''}`, () =>
      world(async ({ env, kafka }) => {
        const producer = kafka.producer()
        if (!isFirst) await producer.send(RECORD)
        await rejectsWhenAborted(env, (signal) => call(producer, signal))
        ok((await producer.send(RECORD)).offset >= 0)
      }))
  }
}

const TRANSACTION_CALLS: Calls<TransactionalProducer> = {
  'to begin': (producer, signal) => producer.transaction(async () => {}, { signal }),
  'a send': (producer, signal) => producer.transaction((transaction) => transaction.send(RECORD), { signal }),
  'a body that goes on': (producer, signal) => producer.transaction(() => new Promise(() => {}), { signal }),
}

for (const [name, call] of Object.entries(TRANSACTION_CALLS)) {
  test(`a transaction that waits for ${name} can be given up: it is aborted`, () =>
    world(async ({ env, kafka }) => {
      const producer = kafka.transactionalProducer({ transactionalId: 't' })
      if (name !== 'to begin') await producer.transaction(async () => {})
      await rejectsWhenAborted(env, (signal) => call(producer, signal))
      await producer.transaction((transaction) => transaction.send({ ...RECORD, value: Buffer.from('y') }))
      const reader = kafka.consumer({ value: stringCodec, isolationLevel: 'read_committed' })
      reader.assign([{ ...PARTITION, from: 'earliest' }])
      equal((await reader.poll({ timeoutMs: 60_000 }))[0]?.value, 'y')
    }))
}

const TASK_CALLS: Calls<Task<Buffer, string>> = {
  ack: (task, signal) => task.ack({ signal }),
  release: (task, signal) => task.release({ signal }),
  reject: (task, signal) => task.reject({ signal }),
  renew: (task, signal) => task.renew({ signal }),
}

async function firstTask(consumer: ShareConsumer<Buffer, string>): Promise<Task<Buffer, string>> {
  for await (const task of consumer) return task
  throw new Error('there is no task')
}

for (const [name, call] of Object.entries(TASK_CALLS)) {
  test(`task.${name} can be given up`, () =>
    world(async ({ env, kafka }) => {
      await kafka.producer().sendAll([RECORD, RECORD])
      const consumer = kafka.shareConsumer({ groupId: 'workers', value: stringCodec, maxRecords: 1 })
      consumer.subscribe(['words'])
      const task = await firstTask(consumer)
      const reason = new Error('enough')
      env.freeze()
      const abort = new AbortController()
      const waiting = call(task, abort.signal)
      abort.abort(reason)
      await rejects(waiting, reason)
      env.thaw()
      await (await firstTask(consumer)).ack()
    }))
}

test('the tasks of a share consumer end with their signal', () =>
  world(async ({ env, kafka }) => {
    const consumer = kafka.shareConsumer({ groupId: 'workers' })
    consumer.subscribe(['words'])
    env.freeze()
    for await (const _ of consumer.tasks({ signal: AbortSignal.timeout(30) })) throw new Error('there is nothing')
    await consumer.run(() => {}, { signal: AbortSignal.timeout(30) })
  }))

test('close can be given up: it goes on in the background', () =>
  world(async ({ env, kafka }) => {
    const consumer = kafka.consumer({ groupId: 'g', value: stringCodec })
    consumer.subscribe(['words'])
    while (consumer.assignment.length === 0) await consumer.poll({ timeoutMs: 20 })
    const sharing = kafka.shareConsumer({ groupId: 'workers', value: stringCodec })
    sharing.subscribe(['words'])
    const producer = kafka.producer()
    await producer.send(RECORD)
    await (await firstTask(sharing)).ack()
    const transactional = kafka.transactionalProducer({ transactionalId: 't' })
    await transactional.transaction(async () => {})
    env.freeze()
    producer.send(RECORD).catch(() => {})
    transactional.transaction((transaction) => transaction.send(RECORD)).catch(() => {})
    for (const role of [consumer, sharing, producer, transactional]) {
      const reason = new Error('enough')
      const abort = new AbortController()
      const closing = role.close({ signal: abort.signal })
      abort.abort(reason)
      await rejects(closing, reason)
    }
    env.thaw()
    for (const role of [consumer, sharing, producer, transactional]) await role.close()
  }))
