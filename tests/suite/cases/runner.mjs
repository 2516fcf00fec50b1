/** Handlers that are called for each record: order, concurrency, commits, failures. */
import { deepEqual, equal, ok, rejects } from 'node:assert/strict'
import { stringCodec, topic as topicOf } from '@ottla/client'
import { NEEDS } from '../support/needs.mjs'
import { texts } from '../support/world.mjs'

const { classicGroup, consumerGroup } = NEEDS

const PROTOCOLS = [
  { way: 'classic', needs: classicGroup, options: { groupProtocol: 'classic', heartbeatIntervalMs: 300 } },
  { way: 'consumer protocol', needs: consumerGroup, options: { groupProtocol: 'consumer' } },
]

const reading = (world, topic, options) => {
  const consumer = world.kafka.consumer({
    autoOffsetReset: 'earliest',
    value: stringCodec,
    key: stringCodec,
    ...options,
  })
  consumer.subscribe([topic])
  return consumer
}

const turn = () => new Promise((resolve) => setImmediate(resolve))

export default PROTOCOLS.flatMap(({ way, needs, options }) => [
  {
    name: `records of a partition follow each other, partitions run beside each other, all is committed (${way})`,
    needs,
    async run(world) {
      const topic = await world.topic({ partitions: 4 })
      for (const partition of [0, 1, 2, 3]) await world.fill(topic, texts(200), { partition })
      const groupId = world.name('g')
      const consumer = reading(world, topic, { groupId, ...options })
      const stop = new AbortController()
      const next = [0, 0, 0, 0]
      let working = 0
      let most = 0
      let done = 0
      await consumer.run(
        async ({ partition, value }) => {
          most = Math.max(most, ++working)
          equal(Number(value), next[partition])
          await turn()
          next[partition] += 1
          working -= 1
          if (++done === 800) stop.abort()
        },
        { concurrency: 8, signal: stop.signal },
      )
      deepEqual(next, [200, 200, 200, 200])
      ok(most > 1 && most <= 4, `${most} at once`)
      await consumer.close()
      const committed = await world.admin.listGroupOffsets(groupId)
      deepEqual(committed.map(({ offset }) => offset).sort(), [200, 200, 200, 200])
    },
  },
  {
    name: `records of a key follow each other, keys run beside each other (${way})`,
    needs,
    async run(world) {
      const name = await world.topic()
      const producer = world.kafka.producer()
      const typed = topicOf(name, { key: stringCodec, value: stringCodec })
      await producer.sendAll(texts(300).map((value) => ({ topic: typed, key: `k${Number(value) % 10}`, value })))
      const consumer = reading(world, name, { groupId: world.name('g'), ...options })
      const stop = new AbortController()
      const last = new Map()
      let working = 0
      let most = 0
      let done = 0
      await consumer.run(
        async ({ key, value }) => {
          most = Math.max(most, ++working)
          ok((last.get(key) ?? -1) < Number(value))
          last.set(key, Number(value))
          await turn()
          working -= 1
          if (++done === 300) stop.abort()
        },
        { concurrency: 5, order: 'key', signal: stop.signal },
      )
      equal(most, 5)
      await consumer.close()
    },
  },
  {
    name: `only what is done up to the first open record is committed; what failed comes again (${way})`,
    needs,
    async run(world) {
      const topic = await world.topic()
      await world.fill(topic, texts(10))
      const groupId = world.name('g')
      const consumer = reading(world, topic, { groupId, ...options })
      const failure = new Error('cannot')
      await rejects(
        consumer.run(({ value }) => (value === '6' ? Promise.reject(failure) : null), {
          order: 'none',
          concurrency: 3,
        }),
        failure,
      )
      await consumer.close()
      equal((await world.admin.listGroupOffsets(groupId))[0].offset, 6)
      const again = reading(world, topic, { groupId, ...options })
      const seen = []
      const stop = new AbortController()
      await again.run(({ value }) => (seen.push(value) && value === '9' ? stop.abort() : null), { signal: stop.signal })
      deepEqual(seen, texts(10).slice(6))
      await again.close()
    },
  },
  {
    name: `a failed record is tried again, then skipped when the handler of failures says so (${way})`,
    needs,
    async run(world) {
      const topic = await world.topic()
      await world.fill(topic, texts(5))
      const groupId = world.name('g')
      const consumer = reading(world, topic, { groupId, ...options })
      const attempts = []
      const failed = []
      const stop = new AbortController()
      await consumer.run(
        ({ value }, { attempt }) => {
          if (value === '2') attempts.push(attempt)
          if (value === '4') stop.abort()
          if (value === '2') throw new Error('never')
        },
        {
          retry: { attempts: 3, backoffMs: 1 },
          onFailed: ({ value }) => failed.push(value) && 'skip',
          signal: stop.signal,
        },
      )
      deepEqual([attempts, failed], [[1, 2, 3], ['2']])
      await consumer.close()
      equal((await world.admin.listGroupOffsets(groupId))[0].offset, 5)
    },
  },
  {
    name: `runners share a topic while members come and go: each record is worked on (${way})`,
    needs,
    async run(world) {
      const topic = await world.topic({ partitions: 6 })
      const groupId = world.name('g')
      const count = 1500
      const producer = world.kafka.producer()
      const seen = new Set()
      const stop = new AbortController()
      const start = () => {
        const consumer = world
          .client()
          .consumer({ groupId, autoOffsetReset: 'earliest', value: stringCodec, ...options })
        consumer.subscribe([topic])
        const running = consumer.run(
          async ({ value }) => {
            await turn()
            seen.add(value)
            if (seen.size === count) stop.abort()
          },
          { concurrency: 4, signal: stop.signal },
        )
        return { consumer, running }
      }
      const members = [start(), start()]
      const send = (from) =>
        producer.sendAll(
          texts(500, `${from}-`).map((value, n) => ({ topic, partition: n % 6, value: Buffer.from(value) })),
        )
      await send('a')
      await world.until('a third has begun', () => seen.size > 100)
      members.push(start())
      await send('b')
      await world.until('two thirds are done', () => seen.size > 700)
      await members[0].consumer.close()
      await send('c')
      await Promise.all(members.map(({ running }) => running))
      equal(seen.size, count)
    },
  },
  {
    name: `a run goes on after a restart of the broker (${way})`,
    needs,
    restarts: true,
    async run(world) {
      const topic = await world.topic({ partitions: 2 })
      await world.fill(topic, texts(50, 'a'))
      const consumer = reading(world, topic, { groupId: world.name('g'), ...options })
      const seen = new Set()
      const stop = new AbortController()
      const running = consumer.run(
        async ({ value }) => {
          await turn()
          seen.add(value)
          if (seen.size === 100) stop.abort()
        },
        { concurrency: 2, signal: stop.signal },
      )
      await world.until('half is done', () => seen.size === 50)
      await world.restart()
      await world.fill(topic, texts(50, 'b'), { partition: 1 })
      await running
      equal(seen.size, 100)
      await consumer.close()
    },
  },
])
