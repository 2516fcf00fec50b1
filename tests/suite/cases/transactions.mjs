/** Sending in transactions, and reading what they wrote. */
import { deepEqual, equal, ok, rejects } from 'node:assert/strict'
import { unwrap } from '@ottla/client'
import { missing, NEEDS } from '../support/needs.mjs'
import { texts, valuesOf } from '../support/world.mjs'

const { transactions: needs, classicGroup, consumerGroup } = NEEDS
/** A member commits as such since version 3 of TxnOffsetCommit. */
const memberOffsets = { ...needs, ...classicGroup, AddOffsetsToTxn: 0, TxnOffsetCommit: 3 }

const record = (topic, value, partition = 0) => ({ topic, partition, value: Buffer.from(value) })

/** What is in the topic now, as a reader with the isolation level sees it. */
async function visible(world, topic, isolationLevel = 'read_committed') {
  const key = [{ topic, partition: 0, timestamp: -1 }]
  const [end] = (await world.admin.listOffsets(key, { isolationLevel })).values()
  const consumer = world.kafka.consumer({ autoOffsetReset: 'earliest', isolationLevel })
  consumer.assign([{ topic, partition: 0 }])
  const records = await world.pollUntil([consumer], 'the end', async () => {
    return (await consumer.position({ topic, partition: 0 })) >= unwrap(end).offset
  })
  await consumer.close()
  return valuesOf(records)
}

/** An end is answered before its markers are written: waits until as many are visible as there should be. */
async function becomesVisible(world, topic, expected) {
  let seen = []
  await world.until(`${expected.length} records are visible`, async () => {
    seen = await visible(world, topic)
    return seen.length >= expected.length
  })
  deepEqual(seen, expected)
}

function copying(protocol) {
  return async (world) => {
    const [source, target] = [await world.topic(), await world.topic()]
    await world.fill(source, texts(20))
    const groupId = world.name('g')
    const options = {
      groupId,
      autoCommit: false,
      autoOffsetReset: 'earliest',
      maxPollRecords: 5,
      isolationLevel: 'read_committed',
    }
    const consumer = world.kafka.consumer({ ...options, groupProtocol: protocol })
    consumer.subscribe([source])
    const producer = world.kafka.transactionalProducer({ transactionalId: world.name('x') })
    let copied = 0
    let aborted = 0
    while (copied < 20) {
      const records = await consumer.poll({ timeoutMs: 1000 })
      if (records.length === 0) continue
      await producer
        .transaction(async (transaction) => {
          for (const { value } of records) transaction.send({ topic: target, partition: 0, value })
          await transaction.sendOffsets(consumer)
          if (copied === 10 && aborted++ === 0) throw new Error('once more')
        })
        .then(
          () => {
            copied += records.length
          },
          async () => {
            consumer.seekTo({ topic: source, partition: 0 }, 'committed')
          },
        )
    }
    await becomesVisible(world, target, texts(20))
    await world.until('the offset is that of the last commit', async () => {
      const [committed] = await world.admin.listGroupOffsets(groupId)
      return committed.offset === 20
    })
    equal(aborted, 2)
    await consumer.close()
  }
}

export default [
  {
    name: 'what is committed is read, what is aborted is not',
    needs,
    async run(world) {
      const topic = await world.topic()
      const producer = world.kafka.transactionalProducer({ transactionalId: world.name('x') })
      const result = await producer.transaction(async (transaction) => {
        const { offset } = await transaction.send(record(topic, 'a'))
        await transaction.sendAll(['b', 'c'].map((value) => record(topic, value)))
        return offset
      })
      equal(result, 0)
      const failure = new Error('not this one')
      await rejects(
        producer.transaction(async (transaction) => {
          await transaction.send(record(topic, 'aborted'))
          throw failure
        }),
        failure,
      )
      await producer.transaction(async (transaction) => void transaction.send(record(topic, 'd')))
      await becomesVisible(world, topic, ['a', 'b', 'c', 'd'])
      deepEqual(await visible(world, topic, 'read_uncommitted'), ['a', 'b', 'c', 'aborted', 'd'])
    },
  },
  {
    name: 'an open transaction keeps what follows from being read',
    needs,
    async run(world) {
      const topic = await world.topic()
      const producer = world.kafka.transactionalProducer({ transactionalId: world.name('x') })
      await producer.transaction(async (transaction) => {
        await transaction.send(record(topic, 'open'))
        await world.fill(topic, ['after'])
        deepEqual(await visible(world, topic), [])
        deepEqual(await visible(world, topic, 'read_uncommitted'), ['open', 'after'])
      })
      await becomesVisible(world, topic, ['open', 'after'])
    },
  },
  {
    name: 'many transactions over several partitions, each whole or not at all',
    needs,
    async run(world) {
      const topic = await world.topic({ partitions: 4 })
      const producer = world.kafka.transactionalProducer({ transactionalId: world.name('x') })
      const expected = []
      for (let n = 0; n < 40; n++) {
        const isAborted = n % 3 === 2
        const done = producer.transaction(async (transaction) => {
          for (let partition = 0; partition < 4; partition++) transaction.send(record(topic, `${n}`, partition))
          if (isAborted) throw new Error('no')
        })
        if (isAborted) await rejects(done, { message: 'no' })
        else {
          await done
          expected.push(`${n}`)
        }
      }
      const read = await world.read(topic, expected.length * 4, { isolationLevel: 'read_committed' })
      for (let partition = 0; partition < 4; partition++) {
        deepEqual(valuesOf(read.filter((each) => each.partition === partition)), expected)
      }
    },
  },
  {
    name: 'an empty transaction, and one that only aborts',
    needs,
    async run(world) {
      const topic = await world.topic()
      const producer = world.kafka.transactionalProducer({ transactionalId: world.name('x') })
      equal(await producer.transaction(async () => 'nothing'), 'nothing')
      await rejects(
        producer.transaction(() => Promise.reject(new Error('at once'))),
        { message: 'at once' },
      )
      await producer.transaction(async (transaction) => void transaction.send(record(topic, 'a')))
      await becomesVisible(world, topic, ['a'])
    },
  },
  {
    name: 'transactions of one producer follow each other, and none takes records when it is over',
    needs,
    async run(world) {
      const topic = await world.topic()
      const producer = world.kafka.transactionalProducer({ transactionalId: world.name('x') })
      let kept
      await Promise.all(
        texts(5).map((value) =>
          producer.transaction(async (transaction) => {
            kept = transaction
            await transaction.send(record(topic, value))
          }),
        ),
      )
      await becomesVisible(world, topic, texts(5))
      await rejects(kept.send(record(topic, 'late')), { code: 'NO_TRANSACTION' })
    },
  },
  {
    name: 'who takes over a transactional id fences the one before, and ends what it left open',
    needs,
    async run(world) {
      const topic = await world.topic()
      const transactionalId = world.name('x')
      const [old, next] = [1, 2].map(() => world.client().transactionalProducer({ transactionalId }))
      const ended = old.transaction(async (transaction) => {
        await transaction.send(record(topic, 'old'))
        await next.transaction(async (other) => void other.send(record(topic, 'new')))
        await transaction.send(record(topic, 'too late'))
      })
      await rejects(ended, { code: 'PRODUCER_FENCED' })
      await rejects(
        old.transaction(async (transaction) => void transaction.send(record(topic, 'again'))),
        {
          code: 'PRODUCER_FENCED',
        },
      )
      await becomesVisible(world, topic, ['new'])
    },
  },
  {
    name: 'a transaction that is open for too long is aborted by its coordinator',
    needs,
    async run(world) {
      const topic = await world.topic()
      const transactionalId = world.name('x')
      const producer = world.kafka.transactionalProducer({ transactionalId, transactionTimeoutMs: 1000 })
      const ended = producer.transaction(async (transaction) => {
        await transaction.send(record(topic, 'slow'))
        await world.until('it is aborted', async () => {
          const query = [{ topic, partition: 0, timestamp: -1 }]
          const [found] = (await world.admin.listOffsets(query, { isolationLevel: 'read_committed' })).values()
          return unwrap(found).offset > 1
        })
      })
      await rejects(ended, (error) => error.code !== 'TIMEOUT')
      await becomesVisible(world, topic, [])
    },
  },
  {
    name: 'offsets of a consumer without a group of members move with the transaction',
    needs: { ...needs, ...classicGroup, AddOffsetsToTxn: 0, TxnOffsetCommit: 0 },
    async run(world) {
      const topic = await world.topic()
      const sent = await world.fill(topic, texts(10))
      const groupId = world.name('g')
      const consumer = world.kafka.consumer({ groupId, autoCommit: false, autoOffsetReset: 'earliest' })
      consumer.assign([{ topic, partition: 0 }])
      await world.take(consumer, sent.length)
      const producer = world.kafka.transactionalProducer({ transactionalId: world.name('x') })
      await rejects(
        producer.transaction(async (transaction) => {
          await transaction.sendOffsets(consumer)
          throw new Error('no')
        }),
        { message: 'no' },
      )
      await world.until('no offset is committed', async () => (await consumer.committed()).length === 0)
      await producer.transaction((transaction) =>
        transaction.sendOffsets(consumer, [{ topic, partition: 0, offset: 7, metadata: 'seven' }]),
      )
      await world.until('the offset is committed', async () => (await consumer.committed())[0]?.offset === 7)
      const [committed] = await consumer.committed()
      equal(committed.metadata, 'seven')
      await consumer.close()
    },
  },
  {
    name: 'read, write and commit offsets as one: a member of a classic group',
    needs: memberOffsets,
    run: copying('classic'),
  },
  {
    name: 'read, write and commit offsets as one: a member of a consumer group',
    needs: { ...memberOffsets, ...consumerGroup },
    run: copying('consumer'),
  },
  {
    name: 'offsets of one who is no member any more are refused',
    needs: memberOffsets,
    async run(world) {
      const topic = await world.topic()
      await world.fill(topic, texts(3))
      const consumer = world.kafka.consumer({
        groupId: world.name('g'),
        autoCommit: false,
        autoOffsetReset: 'earliest',
      })
      consumer.subscribe([topic])
      await world.take(consumer, 3)
      const { groupId, generationId, memberId, groupInstanceId } = consumer.groupMetadata?.() ?? {}
      const stale = {
        groupMetadata: () => ({ groupId, generationId: generationId - 1, memberId: `${memberId}x`, groupInstanceId }),
        positions: () => [{ topic, partition: 0, offset: 3 }],
      }
      const producer = world.kafka.transactionalProducer({ transactionalId: world.name('x') })
      await rejects(
        producer.transaction((transaction) => transaction.sendOffsets(stale)),
        (error) => error.group === groupId,
      )
      await consumer.close()
    },
  },
  {
    name: 'offsets of a member are committed as those of a member, or not at all',
    needs: { ...needs, ...classicGroup, AddOffsetsToTxn: 0, TxnOffsetCommit: 0 },
    async run(world) {
      const topic = await world.topic()
      await world.fill(topic, texts(3))
      const groupId = world.name('g')
      const consumer = world.kafka.consumer({ groupId, autoCommit: false, autoOffsetReset: 'earliest' })
      consumer.subscribe([topic])
      await world.take(consumer, 3)
      const producer = world.kafka.transactionalProducer({ transactionalId: world.name('x') })
      const { brokers } = await world.admin.describeCluster()
      const { apis } = await world.admin.brokerVersions(brokers[0])
      const committing = producer.transaction((transaction) => transaction.sendOffsets(consumer))
      if (missing({ TxnOffsetCommit: 3 }, { apis }) !== null) await rejects(committing, { code: 'UNSUPPORTED_VERSION' })
      else await committing
      await consumer.close()
    },
  },
  {
    name: 'the protocol of before: partitions are added by the producer',
    needs: { ...needs, 'transaction.version': 2, UpdateFeatures: 1 },
    isAlone: true,
    async run(world) {
      await world.admin.features.update([{ feature: 'transaction.version', level: 1, kind: 'safe-downgrade' }])
      try {
        const topic = await world.topic()
        const kafka = world.client()
        const producer = kafka.transactionalProducer({ transactionalId: world.name('x') })
        await producer.transaction(async (transaction) => void transaction.send(record(topic, 'a')))
        await rejects(
          producer.transaction(async (transaction) => {
            await transaction.send(record(topic, 'aborted'))
            throw new Error('no')
          }),
          { message: 'no' },
        )
        await producer.transaction(async (transaction) => void transaction.send(record(topic, 'b')))
        await becomesVisible(world, topic, ['a', 'b'])
        await world.admin.features.update([{ feature: 'transaction.version', level: 2 }])
        await producer.transaction(async (transaction) => void transaction.send(record(topic, 'c')))
        await becomesVisible(world, topic, ['a', 'b', 'c'])
      } finally {
        await world.admin.features.update([{ feature: 'transaction.version', level: 2 }]).catch(() => {})
      }
    },
  },
  {
    name: 'a transaction goes on over a restart of the broker, or is run again',
    needs,
    restarts: true,
    async run(world) {
      const topic = await world.topic()
      // Longer than a restart takes on a slow machine: the broker would end the transaction itself.
      const patient = { transactionalId: world.name('x'), transactionTimeoutMs: 600_000 }
      const producer = world.kafka.transactionalProducer(patient)
      let runs = 0
      await producer.transaction(async (transaction) => void transaction.send(record(topic, 'before')))
      await producer.transaction(
        async (transaction) => {
          runs += 1
          await transaction.send(record(topic, 'a'))
          if (runs === 1) await world.restart()
          await transaction.send(record(topic, 'b'))
        },
        { attempts: 5 },
      )
      await producer.transaction(async (transaction) => void transaction.send(record(topic, 'after')))
      ok(runs <= 5)
      await becomesVisible(world, topic, ['before', 'a', 'b', 'after'])
    },
  },
]
