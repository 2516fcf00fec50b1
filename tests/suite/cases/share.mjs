/** Share groups: records as tasks. */
import { deepEqual, equal, ok } from 'node:assert/strict'
import { ConfigResourceType, resourceKey, stringCodec, unwrap } from '@ottla/client'
import { NEEDS } from '../support/needs.mjs'
import { texts } from '../support/world.mjs'

const { shareGroup } = NEEDS
const needs = { ...shareGroup, Produce: 3, IncrementalAlterConfigs: 1 }

/** A group that begins at the first record, with locks as short as the broker lets them be. */
async function newGroup(world, lockMs = 30_000) {
  const name = world.name('g')
  const resource = { type: ConfigResourceType.group, name }
  const set = (key, value) => ({ kind: 'set', name: key, value })
  const changes = [set('share.auto.offset.reset', 'earliest'), set('share.record.lock.duration.ms', String(lockMs))]
  unwrap((await world.admin.incrementalAlterConfigs([{ resource, changes }])).get(resourceKey(resource)))
  return name
}

function sharing(world, topics, options) {
  const consumer = world.client().shareConsumer({ value: stringCodec, ...options })
  consumer.subscribe(topics)
  return consumer
}

async function tasksOf(consumer, count, handle) {
  const seen = []
  for await (const task of consumer) {
    seen.push(`${task.record.value}/${task.deliveryCount}`)
    await handle(task)
    if (seen.length === count) return seen
  }
  return seen
}

/** Nothing of what was before comes again. */
async function nextIs(world, topic, groupId) {
  await world.fill(topic, ['next'])
  const consumer = sharing(world, [topic], { groupId })
  deepEqual(await tasksOf(consumer, 1, (task) => task.ack()), ['next/1'])
  await consumer.close()
}

export default [
  {
    name: 'done, given back, rejected: what comes again and what does not',
    needs,
    async run(world) {
      const topic = await world.topic()
      const groupId = await newGroup(world)
      await world.fill(topic, ['a', 'b', 'c'])
      const consumer = sharing(world, [topic], { groupId })
      const seen = await tasksOf(consumer, 4, (task) => {
        const { value } = task.record
        if (value === 'a' && task.deliveryCount === 1) return task.release()
        return value === 'b' ? task.reject() : task.ack()
      })
      deepEqual(seen, ['a/1', 'b/1', 'c/1', 'a/2'])
      await consumer.close()
      await nextIs(world, topic, groupId)
    },
  },
  {
    name: 'members work on the records of one partition together, each record by one of them',
    needs,
    async run(world) {
      const topic = await world.topic()
      const groupId = await newGroup(world)
      await world.fill(topic, texts(600))
      const seen = []
      const workers = new Set()
      const stop = new AbortController()
      const runs = [0, 1, 2].map((worker) =>
        sharing(world, [topic], { groupId, maxRecords: 10, acquireMode: 'record_limit' }).run(
          async ({ record }) => {
            await new Promise((resolve) => setImmediate(resolve))
            workers.add(worker)
            seen.push(record.value)
            if (seen.length === 600) stop.abort()
          },
          { concurrency: 4, signal: stop.signal },
        ),
      )
      await Promise.all(runs)
      equal(new Set(seen).size, 600)
      ok(workers.size > 1)
    },
  },
  {
    name: 'a task whose handler throws comes again, up to the limit of the group',
    needs,
    async run(world) {
      const topic = await world.topic()
      const groupId = await newGroup(world)
      await world.fill(topic, ['poison', 'fine'])
      const seen = []
      const stop = new AbortController()
      await sharing(world, [topic], { groupId }).run(
        ({ record, deliveryCount }) => {
          seen.push(`${record.value}/${deliveryCount}`)
          if (record.value === 'poison') {
            if (deliveryCount === 5) stop.abort()
            throw new Error('cannot')
          }
        },
        { signal: stop.signal },
      )
      deepEqual(
        seen.filter((each) => each.startsWith('poison')),
        [1, 2, 3, 4, 5].map((n) => `poison/${n}`),
      )
      equal(seen.filter((each) => each.startsWith('fine')).length, 1)
    },
  },
  {
    name: 'a task that is not acknowledged in time goes to somebody else',
    needs,
    async run(world) {
      const topic = await world.topic()
      const groupId = await newGroup(world, 1000)
      await world.fill(topic, ['a'])
      const slow = sharing(world, [topic], { groupId })
      let late
      await tasksOf(slow, 1, (task) => {
        late = task
      })
      const other = sharing(world, [topic], { groupId })
      deepEqual(await tasksOf(other, 1, (task) => task.ack()), ['a/2'])
      // Too late: some brokers say so, others let what is below their first open record pass.
      await late.ack().catch(({ code }) => equal(code, 'INVALID_RECORD_STATE'))
      await nextIs(world, topic, groupId)
    },
  },
  {
    name: 'a task that is given back with a delay comes when that is over, its lock renewed meanwhile',
    needs: { ...needs, ShareAcknowledge: 2, ShareFetch: 2 },
    async run(world) {
      const topic = await world.topic()
      const groupId = await newGroup(world, 2000)
      await world.fill(topic, ['a'])
      const consumer = sharing(world, [topic], { groupId })
      let releasedAt = 0
      let waitedMs = 0
      const seen = await tasksOf(consumer, 2, (task) => {
        if (task.deliveryCount > 1) {
          waitedMs = performance.now() - releasedAt
          return task.ack()
        }
        releasedAt = performance.now()
        task.release({ delayMs: 3000 }).catch(() => {})
      })
      deepEqual(seen, ['a/1', 'a/2'])
      ok(waitedMs >= 2900, `it came after ${waitedMs} ms`)
      await consumer.close()
    },
  },
  {
    name: 'a lock is renewed',
    needs: { ...needs, ShareAcknowledge: 2, ShareFetch: 2 },
    async run(world) {
      const topic = await world.topic()
      const groupId = await newGroup(world, 2000)
      await world.fill(topic, ['a'])
      const consumer = sharing(world, [topic], { groupId })
      await tasksOf(consumer, 1, async (task) => {
        const end = performance.now() + 3000
        while (performance.now() < end) await task.renew()
        await task.ack()
      })
      await consumer.close()
      await nextIs(world, topic, groupId)
    },
  },
  {
    name: 'what a member holds when it closes goes to another at once',
    needs,
    async run(world) {
      const topic = await world.topic()
      const groupId = await newGroup(world)
      await world.fill(topic, ['a'])
      const first = sharing(world, [topic], { groupId })
      await tasksOf(first, 1, () => {})
      await first.close()
      const [seen] = await tasksOf(sharing(world, [topic], { groupId }), 1, (task) => task.ack())
      ok(seen.startsWith('a/'))
    },
  },
  {
    name: 'several topics and partitions, with codecs that compress',
    needs,
    async run(world) {
      const topics = [await world.topic({ partitions: 3 }), await world.topic()]
      const groupId = await newGroup(world)
      for (const [n, compression] of ['gzip', 'snappy', 'lz4', 'zstd'].entries()) {
        await world.fill(topics[n === 3 ? 1 : 0], texts(50, `${compression}-`), { partition: n % 3, compression })
      }
      const seen = new Set()
      const stop = new AbortController()
      await sharing(world, topics, { groupId }).run(
        ({ record }) => {
          seen.add(record.value)
          if (seen.size === 200) stop.abort()
        },
        { concurrency: 10, signal: stop.signal },
      )
      equal(seen.size, 200)
    },
  },
  {
    name: 'groups are listed and described, and begin elsewhere when they are told to',
    needs: {
      ...needs,
      ShareGroupDescribe: 1,
      DescribeShareGroupOffsets: 0,
      AlterShareGroupOffsets: 0,
      DeleteShareGroupOffsets: 0,
      ListGroups: 5,
    },
    async run(world) {
      const topic = await world.topic()
      const groupId = await newGroup(world)
      await world.fill(topic, texts(10))
      const consumer = sharing(world, [topic], { groupId })
      await tasksOf(consumer, 10, (task) => task.ack())
      const { shareGroups } = world.admin
      const described = unwrap((await shareGroups.describe([groupId])).get(groupId))
      deepEqual([described.state, described.members.length], ['Stable', 1])
      deepEqual(described.members[0].assignment, [{ topic, partition: 0 }])
      ok((await world.admin.listGroups({ types: ['share'] })).some(({ group }) => group === groupId))
      await consumer.close()
      await world.until('the group is empty', async () => {
        return unwrap((await shareGroups.describe([groupId])).get(groupId)).state === 'Empty'
      })
      const altered = await shareGroups.alterOffsets(groupId, [{ topic, partition: 0, offset: 8 }])
      for (const outcome of altered.values()) unwrap(outcome)
      deepEqual(await tasksOf(sharing(world, [topic], { groupId }), 2, (task) => task.ack()), ['8/1', '9/1'])
    },
  },
  {
    name: 'tasks come after a restart of the broker',
    needs,
    restarts: true,
    async run(world) {
      const topic = await world.topic()
      const groupId = await newGroup(world)
      await world.fill(topic, texts(20, 'a'))
      const seen = new Set()
      const stop = new AbortController()
      const running = sharing(world, [topic], { groupId }).run(
        ({ record }) => {
          seen.add(record.value)
          if (seen.size === 40) stop.abort()
        },
        { signal: stop.signal },
      )
      await world.until('half is done', () => seen.size === 20)
      await world.restart()
      await world.fill(topic, texts(20, 'b'))
      await running
      equal(seen.size, 40)
    },
  },
]
