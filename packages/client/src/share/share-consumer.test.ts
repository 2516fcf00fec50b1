import { deepEqual, equal, ok, rejects } from 'node:assert/strict'
import { test } from 'node:test'
import { createBroker } from '@ottla/testkit'
import { ConfigResourceType } from '../admin/configs.ts'
import { stringCodec } from '../codec/codecs.ts'
import { Kafka } from '../kafka.ts'
import { topic } from '../topic.ts'
import type { ShareConsumer } from './share-consumer.ts'
import type { ShareConsumerOptions } from './share-options.ts'

const jobs = topic('jobs', { key: stringCodec, value: stringCodec })

interface World {
  readonly kafka: Kafka
  consumer(options?: Partial<ShareConsumerOptions<string, string>>): ShareConsumer<string, string>
  send(values: readonly string[]): Promise<void>
  stopBroker(): Promise<void>
}

async function world(
  body: (world: World) => Promise<void>,
  more: Readonly<Record<string, string>> = {},
): Promise<void> {
  const settings = { ...more, 'share.coordinator.state.topic.num.partitions': '1' }
  await using broker = await createBroker({ settings })
  const kafka = new Kafka({ bootstrapServers: broker.bootstrap })
  const producer = kafka.producer()
  const resource = { type: ConfigResourceType.group, name: 'workers' }
  const changes = [{ kind: 'set', name: 'share.auto.offset.reset', value: 'earliest' } as const]
  try {
    await kafka.admin().createTopics([{ name: 'jobs', partitionCount: 1 }])
    await kafka.admin().incrementalAlterConfigs([{ resource, changes }])
    await body({
      kafka,
      consumer: (options = {}) => {
        const consumer = kafka.shareConsumer({ groupId: 'workers', key: stringCodec, value: stringCodec, ...options })
        consumer.subscribe(['jobs'])
        return consumer
      },
      stopBroker: () => broker.stop(),
      send: async (values) => {
        await producer.sendAll(values.map((value) => ({ topic: jobs, value })))
      },
    })
  } finally {
    await kafka.close()
  }
}

test('what was acknowledged comes once, what was released comes again, what was rejected does not', () =>
  world(async ({ consumer, send }) => {
    await send(['a', 'b', 'c'])
    const seen: string[] = []
    for await (const task of consumer()) {
      seen.push(`${task.record.value}${task.deliveryCount}`)
      if (task.record.value === 'a' && task.deliveryCount === 1) await task.release()
      else if (task.record.value === 'b') await task.reject()
      else await task.ack()
      if (seen.length === 4) break
    }
    deepEqual(seen, ['a1', 'b1', 'c1', 'a2'])
  }))

test('a run acknowledges what its handler has done, and releases what it threw at', () =>
  world(async ({ consumer, send }) => {
    await send(['a', 'b'])
    const seen: string[] = []
    const stop = new AbortController()
    await consumer().run(
      ({ record, deliveryCount }) => {
        seen.push(`${record.value}${deliveryCount}`)
        if (record.value === 'a' && deliveryCount < 3) throw new Error('not yet')
        if (record.value === 'a') stop.abort()
      },
      { signal: stop.signal },
    )
    deepEqual(seen.sort(), ['a1', 'a2', 'a3', 'b1'])
  }))

test('members share the records of one partition: each is worked on by one', () =>
  world(async ({ consumer, send }) => {
    await send(Array.from({ length: 300 }, (_, n) => `${n}`))
    const done: string[] = []
    const stop = new AbortController()
    const runs = Array.from({ length: 3 }, () =>
      consumer({ maxRecords: 10 }).run(
        async ({ record }) => {
          await new Promise((resolve) => setImmediate(resolve))
          done.push(record.value!)
          if (done.length === 300) stop.abort()
        },
        { concurrency: 4, signal: stop.signal },
      ),
    )
    await Promise.all(runs)
    equal(new Set(done).size, 300)
  }))

test('what a member holds when it closes goes to another at once', () =>
  world(async ({ consumer, send }) => {
    await send(['a'])
    const first = consumer()
    for await (const task of first) {
      equal(task.deliveryCount, 1)
      break
    }
    await first.close()
    for await (const task of consumer()) {
      equal(task.record.value, 'a')
      ok(task.deliveryCount >= 1)
      await task.ack()
      break
    }
  }))

test('a lock is renewed, and a task is acknowledged once', () =>
  world(async ({ consumer, send }) => {
    await send(['a'])
    for await (const task of consumer()) {
      await task.renew()
      await task.renew()
      await task.ack()
      ok(task.isSettled)
      await rejects(task.release(), { code: 'ALREADY_ACKNOWLEDGED' })
      break
    }
  }))

test('a record that no codec can read is rejected, and the others come', () =>
  world(async ({ consumer, send }) => {
    await send(['bad', 'good'])
    const picky = {
      ...stringCodec,
      decode: (bytes: Buffer): string => {
        if (bytes.toString() === 'bad') throw new Error('unreadable')
        return bytes.toString()
      },
    }
    for await (const task of consumer({ value: picky })) {
      equal(task.record.value, 'good')
      await task.ack()
      break
    }
  }))

const SHORT_LOCKS = {
  'group.share.min.record.lock.duration.ms': '2000',
  'group.share.record.lock.duration.ms': '2000',
}
const FAST = { fetchMaxWaitMs: 20 }

test('a task that is released with a delay comes again when the delay is over, however short its lock is', () =>
  world(async ({ consumer, send }) => {
    await send(['a', 'b'])
    const seen: string[] = []
    let releasedAt = 0
    for await (const task of consumer(FAST)) {
      seen.push(`${task.record.value}${task.deliveryCount}`)
      if (seen.length === 1) {
        releasedAt = performance.now()
        void task.release({ delayMs: 3500 })
        ok(task.isSettled)
        await rejects(task.ack(), { code: 'ALREADY_ACKNOWLEDGED' })
      } else await task.ack()
      if (seen.length === 3) break
    }
    deepEqual(seen, ['a1', 'b1', 'a2'])
    const waitedMs = performance.now() - releasedAt
    ok(waitedMs >= 3500 && waitedMs < 60_000, `${waitedMs}`)
  }, SHORT_LOCKS))

test('a delayed release of a consumer that closes is done at once', () =>
  world(async ({ consumer, send }) => {
    await send(['a'])
    const first = consumer(FAST)
    let released: Promise<void> | null = null
    for await (const task of first) {
      released = task.release({ delayMs: 600_000 })
      break
    }
    const startedAt = performance.now()
    await first.close()
    await released
    for await (const task of consumer(FAST)) {
      deepEqual([task.record.value, task.deliveryCount], ['a', 2])
      await task.ack()
      break
    }
    ok(performance.now() - startedAt < 60_000, 'long before the delay is over')
  }))

test('the lock of a task is renewed while its handler runs, and while it waits for one', () =>
  world(async ({ consumer, send }) => {
    await send(['a', 'b'])
    const seen: string[] = []
    const stop = new AbortController()
    const work = async (name: string) =>
      await consumer(FAST).run(
        async ({ record, deliveryCount }, { signal }) => {
          seen.push(`${record.value}${deliveryCount}`)
          await new Promise((resolve) => setTimeout(resolve, 3200))
          ok(!signal.aborted, `${name} has lost its lock`)
          if (seen.length === 2) stop.abort()
        },
        { signal: stop.signal },
      )
    await Promise.all([work('first'), work('second')])
    deepEqual(seen.sort(), ['a1', 'b1'])
  }, SHORT_LOCKS))

test('a handler that hangs keeps its record only so long, and hears of it', () =>
  world(async ({ consumer, send }) => {
    await send(['a'])
    const seen: number[] = []
    const stop = new AbortController()
    await consumer(FAST).run(
      async ({ deliveryCount }, { signal }) => {
        seen.push(deliveryCount)
        if (deliveryCount === 2) stop.abort()
        else await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
      },
      { signal: stop.signal, concurrency: 2, renewForMs: 700 },
    )
    deepEqual(seen, [1, 2])
  }, SHORT_LOCKS))

test('what a handler threw at waits before it comes again, and others go on meanwhile', () =>
  world(async ({ consumer, send }) => {
    await send(['a', 'b', 'c'])
    const seen: string[] = []
    const stop = new AbortController()
    await consumer(FAST).run(
      ({ record, deliveryCount }) => {
        seen.push(`${record.value}${deliveryCount}`)
        if (record.value === 'a' && deliveryCount === 1) throw new Error('not yet')
        if (seen.length === 4) stop.abort()
      },
      { signal: stop.signal, onError: { releaseAfterMs: 500 } },
    )
    deepEqual(seen, ['a1', 'b1', 'c1', 'a2'])
  }))

test('under implicit acknowledgement a task is done when the next one is asked for; what is said explicitly counts', () =>
  world(async ({ consumer, send }) => {
    await send(['a', 'b', 'c'])
    const first = consumer({ ...FAST, acknowledgementMode: 'implicit' })
    for await (const task of first) {
      if (task.record.value === 'b') await task.release()
      if (task.record.value === 'c') break
    }
    await first.close()
    const seen: string[] = []
    const second = consumer({ ...FAST, acknowledgementMode: 'implicit' })
    for await (const task of second) {
      seen.push(task.record.value!)
      if (seen.length === 2) break
    }
    deepEqual(seen.sort(), ['b', 'c'])
  }))

test('a broker that goes away is told, and so is what ends the membership', () =>
  world(async ({ consumer, send, kafka, stopBroker }) => {
    const refused = kafka.shareConsumer({ groupId: 'readers' })
    // A group of consumers takes no share consumers.
    const reader = kafka.consumer({ groupId: 'readers', groupProtocol: 'consumer' })
    reader.subscribe(['jobs'])
    while (reader.assignment.length === 0) await reader.poll({ timeoutMs: 20 })
    const thrown = new Promise<string>((resolve) => refused.on('error', ({ kind }) => resolve(kind)))
    refused.subscribe(['jobs'])
    equal(await thrown, 'thrown')
    await rejects(
      async () => {
        for await (const _ of refused) throw new Error('there is no task')
      },
      { group: 'readers' },
    )
    await reader.close()

    await send(['a'])
    const worker = consumer(FAST)
    for await (const task of worker) {
      await task.ack()
      break
    }
    const told = new Promise<string>((resolve) => {
      const off = worker.on('error', ({ kind }) => {
        off()
        resolve(kind)
      })
    })
    await stopBroker()
    equal(await told, 'retried')
    await Promise.all([worker, refused].map((one) => one.close({ timeoutMs: 200 })))
  }))
