/** Members of groups: who reads what, under both protocols. */
import { deepEqual, equal, ok, rejects } from 'node:assert/strict'
import { cooperativeStickyAssignor, rangeAssignor, roundRobinAssignor, stickyAssignor, unwrap } from '@ottla/client'
import { NEEDS } from '../support/needs.mjs'
import { texts, valuesOf } from '../support/world.mjs'

const { classicGroup, consumerGroup, staticMembers } = NEEDS

/** Ways to be a member; each is tried with the same cases. */
const WAYS = [
  ...[rangeAssignor, roundRobinAssignor, stickyAssignor, cooperativeStickyAssignor].map((assignor) => ({
    way: `classic, ${assignor.name}`,
    needs: classicGroup,
    options: { assignors: [assignor], heartbeatIntervalMs: 300 },
  })),
  ...['uniform', 'range'].map((groupRemoteAssignor) => ({
    way: `consumer protocol, ${groupRemoteAssignor}`,
    needs: consumerGroup,
    options: { groupProtocol: 'consumer', groupRemoteAssignor },
  })),
]

const PROTOCOLS = [
  { way: 'classic', needs: classicGroup, options: { groupProtocol: 'classic', heartbeatIntervalMs: 300 } },
  { way: 'consumer protocol', needs: consumerGroup, options: { groupProtocol: 'consumer' } },
]

const keysOf = (partitions) => partitions.map(({ topic, partition }) => `${topic}-${partition}`)

/** True when every partition has one member, and every member its share. */
function isShared(members, count) {
  const held = members.flatMap(({ assignment }) => keysOf(assignment))
  const sizes = members.map(({ assignment }) => assignment.length)
  return (
    held.length === count && new Set(held).size === count && Math.min(...sizes) >= Math.floor(count / members.length)
  )
}

const joining = (world, topics, options) => {
  const consumer = world.client().consumer({ autoOffsetReset: 'earliest', ...options })
  consumer.subscribe(topics)
  return consumer
}

function eachOf(ways, name, more, run) {
  return ways.map(({ way, needs, options }) => ({
    name: `${name} (${way})`,
    needs: { ...needs, ...more },
    run: (world) => run(world, options),
  }))
}

export default [
  ...eachOf(
    WAYS,
    'members come and go: each record is read, each partition has one reader',
    {},
    async (world, options) => {
      const topics = [await world.topic({ partitions: 4 }), await world.topic({ partitions: 3 })]
      const groupId = world.name('g')
      const producer = world.kafka.producer()
      let sent = 0
      const send = (count) =>
        producer.sendAll(
          Array.from({ length: count }, () => ({
            topic: topics[sent % 2],
            key: Buffer.from(`${sent}`),
            value: Buffer.from(`${sent++}`),
          })),
        )
      const members = [joining(world, topics, { groupId, ...options })]
      const seen = []
      const settle = async (what) => {
        await send(50)
        seen.push(...(await world.pollUntil(members, what, () => isShared(members, 7))))
      }
      await settle('one has all')
      members.push(joining(world, topics, { groupId, ...options }))
      await settle('two share')
      members.push(joining(world, topics, { groupId, ...options }))
      await settle('three share')
      await members.shift().close()
      await settle('two are left')
      seen.push(...(await world.pollUntil(members, 'all is read', (more) => seen.length + more.length >= sent)))
      await Promise.all(members.map((member) => member.close()))
      equal(new Set(valuesOf(seen)).size, sent)
      equal(seen.length, sent, 'and none twice, since each commits before it gives up')
    },
  ),
  ...eachOf(
    PROTOCOLS,
    'the listener hears of what comes and goes, and may commit before',
    {},
    async (world, options) => {
      const topic = await world.topic({ partitions: 2 })
      for (const partition of [0, 1]) await world.fill(topic, texts(5), { partition })
      const groupId = world.name('g')
      const events = []
      let first
      const rebalanceListener = {
        onAssigned: (partitions) => void events.push(['assigned', partitions.length]),
        onRevoked: async (partitions) => {
          events.push(['revoked', partitions.length])
          await first.commit()
        },
      }
      first = joining(world, [topic], { groupId, autoCommit: false, rebalanceListener, ...options })
      await world.take(first, 10)
      deepEqual(events[0], ['assigned', 2])
      const second = joining(world, [topic], { groupId, autoCommit: false, ...options })
      const members = [first, second]
      const again = await world.pollUntil(members, 'two share', () => isShared(members, 2))
      deepEqual(again, [], 'what was committed does not come again')
      ok(events.some(([kind]) => kind === 'revoked'))
      await Promise.all(members.map((member) => member.close()))
    },
  ),
  ...eachOf(
    PROTOCOLS,
    'a static member comes back to what it had, and nobody else moves',
    staticMembers,
    async (world, options) => {
      const topic = await world.topic({ partitions: 4 })
      const groupId = world.name('g')
      const join = (groupInstanceId, rebalanceListener = {}) =>
        joining(world, [topic], { groupId, groupInstanceId, rebalanceListener, ...options })
      let moves = 0
      const stays = join('b', { onRevoked: () => void moves++ })
      const leaves = join('a')
      await world.pollUntil([stays, leaves], 'two share', () => isShared([stays, leaves], 4))
      const before = keysOf(leaves.assignment).sort()
      const movesBefore = moves
      await leaves.close()
      const back = join('a')
      await world.pollUntil([stays, back], 'it is back', () => isShared([stays, back], 4))
      deepEqual(keysOf(back.assignment).sort(), before)
      equal(moves, movesBefore)
      await Promise.all([stays.close(), back.close()])
    },
  ),
  {
    name: 'who uses the name of a static member fences it (classic)',
    needs: { ...classicGroup, ...staticMembers },
    async run(world) {
      const topic = await world.topic()
      const options = { groupId: world.name('g'), groupInstanceId: 'i', ...PROTOCOLS[0].options }
      const first = joining(world, [topic], options)
      await world.pollUntil([first], 'it has the partition', () => first.assignment.length === 1)
      const second = joining(world, [topic], options)
      await world.pollUntil([second], 'the next has it', () => second.assignment.length === 1)
      await rejects(world.take(first, 1), { code: 'FENCED_INSTANCE_ID' })
      await Promise.allSettled([first.close(), second.close()])
    },
  },
  {
    name: 'who uses the name of a static member waits until it is gone (consumer protocol)',
    needs: { ...consumerGroup, ...staticMembers },
    async run(world) {
      const topic = await world.topic()
      const options = { groupId: world.name('g'), groupInstanceId: 'i', ...PROTOCOLS[1].options }
      const first = joining(world, [topic], options)
      await world.pollUntil([first], 'it has the partition', () => first.assignment.length === 1)
      const second = joining(world, [topic], options)
      await second.poll({ timeoutMs: 500 })
      deepEqual([first.assignment.length, second.assignment.length], [1, 0])
      await first.close()
      await world.pollUntil([second], 'the next has it', () => second.assignment.length === 1)
      await second.close()
    },
  },
  ...eachOf(
    PROTOCOLS,
    'topics that match come into the subscription when they are made',
    {},
    async (world, options) => {
      const prefix = world.name('re')
      const first = await world.topic({ name: `${prefix}.one` })
      await world.topic({ name: `${prefix}xone.not` })
      const consumer = world
        .client({ metadataMaxAgeMs: 300 })
        .consumer({ groupId: world.name('g'), autoOffsetReset: 'earliest', ...options })
      consumer.subscribe(new RegExp(`${prefix}\\.[a-z]+`))
      await world.pollUntil([consumer], 'the first', () => consumer.assignment.length === 1)
      deepEqual(consumer.assignment, [{ topic: first, partition: 0 }])
      const second = await world.topic({ name: `${prefix}.two`, partitions: 2 })
      await world.fill(second, ['found'], { partition: 1 })
      const read = await world.pollUntil([consumer], 'the second', (records) => records.length === 1)
      deepEqual(valuesOf(read), ['found'])
      equal(consumer.assignment.length, 3)
      await consumer.close()
    },
  ),
  ...eachOf(PROTOCOLS, 'partitions that are added are shared out', { CreatePartitions: 0 }, async (world, options) => {
    const topic = await world.topic()
    const consumer = world
      .client({ metadataMaxAgeMs: 300 })
      .consumer({ groupId: world.name('g'), autoOffsetReset: 'earliest', ...options })
    consumer.subscribe([topic])
    await world.pollUntil([consumer], 'the first', () => consumer.assignment.length === 1)
    unwrap((await world.admin.createPartitions([{ topic, totalCount: 3 }])).get(topic))
    await world.pollUntil([consumer], 'all three', () => consumer.assignment.length === 3)
    await consumer.close()
  }),
  ...eachOf(PROTOCOLS, 'a subscription is changed', {}, async (world, options) => {
    const [one, two] = [await world.topic(), await world.topic()]
    await world.fill(two, ['second'])
    const consumer = joining(world, [one], { groupId: world.name('g'), ...options })
    await world.pollUntil([consumer], 'the first', () => consumer.assignment[0]?.topic === one)
    consumer.subscribe([two])
    const read = await world.pollUntil([consumer], 'the second', (records) => records.length === 1)
    deepEqual(valuesOf(read), ['second'])
    deepEqual(keysOf(consumer.assignment), [`${two}-0`])
    await consumer.close()
  }),
  ...eachOf(
    PROTOCOLS,
    'a topic that is subscribed to before it is there is read when it comes',
    {},
    async (world, options) => {
      const name = world.name('later')
      const consumer = joining(world, [name], { groupId: world.name('g'), allowAutoCreateTopics: false, ...options })
      await consumer.poll({ timeoutMs: 300 })
      deepEqual(consumer.assignment, [])
      await world.topic({ name })
      await world.fill(name, ['here'])
      deepEqual(valuesOf(await world.take(consumer, 1)), ['here'])
      await consumer.close()
    },
  ),
  ...eachOf(
    PROTOCOLS,
    'a member that does not poll gives its partitions up, and comes back',
    {},
    async (world, options) => {
      const topic = await world.topic()
      const groupId = world.name('g')
      const lost = []
      const slow = joining(world, [topic], {
        groupId,
        maxPollIntervalMs: 1500,
        rebalanceListener: { onLost: () => void lost.push('lost'), onRevoked: () => void lost.push('revoked') },
        ...options,
      })
      await world.pollUntil([slow], 'it has the partition', () => slow.assignment.length === 1)
      const other = joining(world, [topic], { groupId, ...options })
      await world.pollUntil([other], 'the other has it', () => other.assignment.length === 1)
      await other.close()
      await world.pollUntil([slow], 'it has it again', () => slow.assignment.length === 1 && lost.length > 0)
      await slow.close()
    },
  ),
  {
    name: 'a pattern is matched by the coordinator of the group',
    needs: { ...consumerGroup, ConsumerGroupHeartbeat: 1 },
    async run(world) {
      const prefix = world.name('re2')
      await world.topic({ name: `${prefix}-a` })
      await world.topic({ name: `not-${prefix}-a` })
      const consumer = world.kafka.consumer({
        groupId: world.name('g'),
        autoOffsetReset: 'earliest',
        groupProtocol: 'consumer',
      })
      consumer.subscribe({ re2: `${prefix}-[a-z]` })
      await world.pollUntil([consumer], 'the first', () => consumer.assignment.length === 1)
      const second = await world.topic({ name: `${prefix}-b` })
      await world.fill(second, ['found'])
      const read = await world.pollUntil([consumer], 'the second', (records) => records.length === 1)
      deepEqual(valuesOf(read), ['found'])
      deepEqual(keysOf(consumer.assignment).sort(), [`${prefix}-a-0`, `${prefix}-b-0`])
      await consumer.close()
    },
  },
  {
    name: 'by default the protocol is the newest that the broker has',
    needs: classicGroup,
    async run(world) {
      const topic = await world.topic()
      const groupId = world.name('g')
      const consumer = joining(world, [topic], { groupId })
      await world.pollUntil([consumer], 'it has the partition', () => consumer.assignment.length === 1)
      const { type, members } = unwrap((await world.admin.describeGroups([groupId])).get(groupId))
      ok(type === 'consumer' || type === 'classic')
      deepEqual(keysOf(members[0].assignment), [`${topic}-0`])
      await consumer.close()
    },
  },
  {
    name: 'a group of the consumer protocol takes classic members, and the other way round',
    needs: { ...consumerGroup, ...classicGroup },
    async run(world) {
      const topic = await world.topic({ partitions: 4 })
      for (const order of [
        ['consumer', 'classic'],
        ['classic', 'consumer'],
      ]) {
        const groupId = world.name('g')
        const members = []
        for (const groupProtocol of order) {
          members.push(joining(world, [topic], { groupId, groupProtocol, heartbeatIntervalMs: 300 }))
          await world.pollUntil(members, 'they share', () => isShared(members, 4))
        }
        const { type } = unwrap((await world.admin.describeGroups([groupId])).get(groupId))
        equal(type, 'consumer')
        await Promise.all(members.map((member) => member.close()))
      }
    },
  },
  {
    name: 'a protocol that the broker does not take is refused, not waited for',
    needs: { ...consumerGroup },
    async run(world) {
      const topic = await world.topic()
      const consumer = joining(world, [topic], {
        groupId: world.name('g'),
        groupProtocol: 'consumer',
        groupRemoteAssignor: 'unknown',
      })
      await rejects(world.take(consumer, 1), { code: 'UNSUPPORTED_ASSIGNOR' })
      await consumer.close()
    },
  },
  ...PROTOCOLS.map(({ way, needs, options }) => ({
    name: `a group goes on after a restart of the broker (${way})`,
    needs,
    restarts: true,
    async run(world) {
      const topic = await world.topic({ partitions: 4 })
      const groupId = world.name('g')
      const members = [0, 1].map(() => joining(world, [topic], { groupId, ...options }))
      await world.pollUntil(members, 'two share', () => isShared(members, 4))
      for (const partition of [0, 1, 2, 3]) await world.fill(topic, texts(20, `${partition}-`), { partition })
      const seen = await world.pollUntil(members, 'all is read', (records) => records.length >= 80)
      let isBack = false
      const back = world.restart().then(() => {
        isBack = true
      })
      seen.push(...(await world.pollUntil(members, 'the broker is back', () => isBack, 60_000)))
      await back
      for (const partition of [0, 1, 2, 3]) await world.fill(topic, texts(20, `after-${partition}-`), { partition })
      const expected = 160
      seen.push(
        ...(await world.pollUntil(
          members,
          'all is read again',
          (more) => new Set(valuesOf([...seen, ...more])).size >= expected,
          60_000,
        )),
      )
      equal(new Set(valuesOf(seen)).size, expected)
      await Promise.all(members.map((member) => member.close()))
    },
  })),
]
