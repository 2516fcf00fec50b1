/** Groups, their offsets, transactions and producers, as an administrator sees them. */
import { deepEqual, equal, ok, rejects } from 'node:assert/strict'
import { partitionKey, unwrap } from '@ottla/client'
import { NEEDS } from '../support/needs.mjs'
import { texts } from '../support/world.mjs'

const { classicGroup, consumerGroup, transactions } = NEEDS
const codeOf = (outcome) => (outcome.kind === 'failed' ? outcome.error.code : 'NONE')

const PROTOCOLS = [
  { way: 'classic', needs: classicGroup, options: { groupProtocol: 'classic', heartbeatIntervalMs: 300 } },
  { way: 'consumer', needs: { ...consumerGroup, ConsumerGroupDescribe: 0 }, options: { groupProtocol: 'consumer' } },
]

export default [
  ...PROTOCOLS.map(({ way, needs, options }) => ({
    name: `a group is listed, described, and deleted when it is empty (${way})`,
    needs: { ...needs, ListGroups: 1, DescribeGroups: 1, DeleteGroups: 0 },
    async run(world) {
      const topic = await world.topic({ partitions: 2 })
      const groupId = world.name('g')
      const consumer = world
        .client({ clientId: 'reader' })
        .consumer({ groupId, autoOffsetReset: 'earliest', ...options })
      consumer.subscribe([topic])
      await world.pollUntil([consumer], 'it has both', () => consumer.assignment.length === 2)
      const { admin } = world
      await world.until('it is listed', async () => {
        return (await admin.listGroups()).some(
          ({ group, protocolType }) => group === groupId && protocolType === 'consumer',
        )
      })
      await world.pollUntil([consumer], 'its description is stable', async () => {
        const { type, state, members, coordinator } = unwrap((await admin.describeGroups([groupId])).get(groupId))
        equal(type, way)
        equal(members[0].clientId, 'reader')
        ok(coordinator.port > 0)
        return state === 'Stable' && members[0].assignment.length === 2
      })
      equal(codeOf((await admin.deleteGroups([groupId])).get(groupId)), 'NON_EMPTY_GROUP')
      await consumer.close()
      await world.until(
        'it is deleted',
        async () => codeOf((await admin.deleteGroups([groupId])).get(groupId)) === 'NONE',
      )
      const missing = await admin.deleteGroups([groupId])
      equal(codeOf(missing.get(groupId)), 'GROUP_ID_NOT_FOUND')
      equal(codeOf((await admin.describeGroups([groupId])).get(groupId)), 'GROUP_ID_NOT_FOUND')
    },
  })),
  {
    name: 'groups are listed by state and type',
    needs: { ...classicGroup, ListGroups: 5 },
    async run(world) {
      const topic = await world.topic()
      const groupId = world.name('g')
      const { admin } = world
      unwrap([...(await admin.alterGroupOffsets(groupId, [{ topic, partition: 0, offset: 1 }])).values()][0])
      const names = async (options) => (await admin.listGroups(options)).map(({ group }) => group)
      ok((await names({ states: ['Empty'] })).includes(groupId))
      ok(!(await names({ states: ['Stable'] })).includes(groupId))
      ok(!(await names({ types: ['share'] })).includes(groupId))
    },
  },
  {
    name: 'offsets of a group are set, told, and forgotten',
    needs: { ...classicGroup, OffsetDelete: 0 },
    async run(world) {
      const topic = await world.topic({ partitions: 3 })
      const groupId = world.name('g')
      const { admin } = world
      const altered = await admin.alterGroupOffsets(groupId, [
        { topic, partition: 0, offset: 5, metadata: 'five' },
        { topic, partition: 1, offset: 6 },
      ])
      for (const outcome of altered.values()) unwrap(outcome)
      const told = await admin.listGroupOffsets(groupId)
      deepEqual(told.map(({ partition, offset, metadata }) => [partition, offset, metadata]).sort(), [
        [0, 5, 'five'],
        [1, 6, ''],
      ])
      const some = await admin.listGroupOffsets(groupId, {
        partitions: [1, 2].map((partition) => ({ topic, partition })),
      })
      deepEqual(
        some.map(({ partition }) => partition),
        [1],
      )
      const forgotten = await admin.deleteGroupOffsets(groupId, [{ topic, partition: 0 }])
      unwrap(forgotten.get(partitionKey(topic, 0)))
      equal((await admin.listGroupOffsets(groupId)).length, 1)
      await rejects(admin.deleteGroupOffsets(world.name('missing'), [{ topic, partition: 0 }]), {
        code: 'GROUP_ID_NOT_FOUND',
      })
    },
  },
  {
    name: 'offsets of a group with members are theirs',
    needs: { ...classicGroup, OffsetDelete: 0 },
    async run(world) {
      const topic = await world.topic()
      await world.fill(topic, texts(3))
      const groupId = world.name('g')
      const consumer = world.kafka.consumer({ groupId, autoOffsetReset: 'earliest', groupProtocol: 'classic' })
      consumer.subscribe([topic])
      await world.take(consumer, 3)
      await consumer.commit()
      const altered = await world.admin.alterGroupOffsets(groupId, [{ topic, partition: 0, offset: 0 }])
      equal(codeOf(altered.get(partitionKey(topic, 0))), 'UNKNOWN_MEMBER_ID')
      const forgotten = await world.admin.deleteGroupOffsets(groupId, [{ topic, partition: 0 }])
      equal(codeOf(forgotten.get(partitionKey(topic, 0))), 'GROUP_SUBSCRIBED_TO_TOPIC')
      await consumer.close()
    },
  },
  {
    name: 'members are removed from their group: a static one, and all',
    needs: { ...classicGroup, JoinGroup: 5, LeaveGroup: 3, DescribeGroups: 4 },
    async run(world) {
      const topic = await world.topic({ partitions: 2 })
      const groupId = world.name('g')
      const join = (groupInstanceId) => {
        const options = { groupId, groupInstanceId, groupProtocol: 'classic', heartbeatIntervalMs: 300 }
        const consumer = world.client().consumer(options)
        consumer.subscribe([topic])
        return consumer
      }
      const members = [join('one'), join('two')]
      await world.pollUntil(members, 'both have one', () => members.every(({ assignment }) => assignment.length === 1))
      await members[0].close()
      const count = async () => unwrap((await world.admin.describeGroups([groupId])).get(groupId)).members.length
      equal(await count(), 2, 'a static member is expected back')
      const removed = await world.admin.removeGroupMembers(groupId, [{ instanceId: 'one' }])
      for (const outcome of removed.values()) unwrap(outcome)
      await world.pollUntil([members[1]], 'the other has both', () => members[1].assignment.length === 2)
      await members[1].close()
      for (const outcome of (await world.admin.removeGroupMembers(groupId, null)).values()) unwrap(outcome)
      await world.until('nobody is left', async () => (await count()) === 0)
    },
  },
  {
    name: 'transactions are listed and described, their producers shown, and fenced',
    needs: { ...transactions, ListTransactions: 0, DescribeTransactions: 0, DescribeProducers: 0 },
    async run(world) {
      const topic = await world.topic()
      const transactionalId = world.name('x')
      const { transactions: admin } = world.admin
      const producer = world.client().transactionalProducer({ transactionalId })
      const ended = producer.transaction(async (transaction) => {
        await transaction.send({ topic, value: Buffer.from('open') })
        const listed = await admin.list({ states: ['Ongoing'] })
        const found = listed.find((each) => each.transactionalId === transactionalId)
        ok(found !== undefined)
        const described = unwrap((await admin.describe([transactionalId])).get(transactionalId))
        deepEqual([described.state, described.producerId], ['Ongoing', found.producerId])
        deepEqual(described.partitions, [{ topic, partition: 0 }])
        const producers = unwrap((await admin.describeProducers([{ topic, partition: 0 }])).get(partitionKey(topic, 0)))
        deepEqual([producers[0].producerId, producers[0].transactionStartOffset], [found.producerId, 0])
        unwrap((await admin.fenceProducers([transactionalId])).get(transactionalId))
      })
      await rejects(ended, { code: 'PRODUCER_FENCED' })
      equal(codeOf((await admin.describe([world.name('missing')])).values().next().value), 'TRANSACTIONAL_ID_NOT_FOUND')
    },
  },
  {
    name: 'a transaction that hangs on a partition is aborted there',
    needs: { ...transactions, DescribeProducers: 0, WriteTxnMarkers: 0 },
    async run(world) {
      const topic = await world.topic()
      const producer = world.kafka.transactionalProducer({ transactionalId: world.name('x') })
      await producer
        .transaction(async (transaction) => {
          await transaction.send({ topic, value: Buffer.from('open') })
          const found = await world.admin.transactions.describeProducers([{ topic, partition: 0 }])
          const [{ producerId, producerEpoch, coordinatorEpoch }] = unwrap(found.get(partitionKey(topic, 0)))
          await world.admin.transactions.abort({ topic, partition: 0, producerId, producerEpoch, coordinatorEpoch })
          await world.until('nothing is open there', async () => {
            const query = [{ topic, partition: 0, timestamp: -1 }]
            const [stable] = (await world.admin.listOffsets(query, { isolationLevel: 'read_committed' })).values()
            return unwrap(stable).offset === 2
          })
        })
        .catch(() => {})
    },
  },
  {
    name: 'a streams group that is not there says so',
    needs: { StreamsGroupDescribe: 0 },
    async run(world) {
      const group = world.name('g')
      equal(codeOf((await world.admin.streamsGroups.describe([group])).get(group)), 'GROUP_ID_NOT_FOUND')
    },
  },
]
