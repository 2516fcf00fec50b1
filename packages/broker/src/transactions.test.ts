import { deepEqual, equal, notEqual } from 'node:assert/strict'
import { test } from 'node:test'
import {
  DeleteTopicsRequest,
  DeleteTopicsResponse,
  DescribeProducersRequest,
  DescribeProducersResponse,
  DescribeTransactionsRequest,
  DescribeTransactionsResponse,
  ErrorCode,
  ListOffsetsRequest,
  ListOffsetsResponse,
  ListTransactionsRequest,
  ListTransactionsResponse,
  OffsetFetchRequest,
  OffsetFetchResponse,
  WriteTxnMarkersRequest,
  WriteTxnMarkersResponse,
} from '@ottla/protocol'
import { batch, produceTo, TestBroker } from './test-broker.test.ts'
import {
  FIND_COORDINATOR,
  INIT_PRODUCER_ID,
  readCommitted,
  stable,
  TransactionalProducer,
} from './test-transactions.test.ts'

const DELETE_TOPICS = { request: DeleteTopicsRequest, response: DeleteTopicsResponse }
const LIST_OFFSETS = { request: ListOffsetsRequest, response: ListOffsetsResponse }
const OFFSET_FETCH = { request: OffsetFetchRequest, response: OffsetFetchResponse }
const WRITE_MARKERS = { request: WriteTxnMarkersRequest, response: WriteTxnMarkersResponse }
const DESCRIBE_PRODUCERS = { request: DescribeProducersRequest, response: DescribeProducersResponse }
const DESCRIBE_TRANSACTIONS = { request: DescribeTransactionsRequest, response: DescribeTransactionsResponse }
const LIST_TRANSACTIONS = { request: ListTransactionsRequest, response: ListTransactionsResponse }

const SMALL = { 'transaction.state.log.num.partitions': '2', 'offsets.topic.num.partitions': '2' }

for (const protocol of [1, 2] as const) {
  test(`what is committed is read, what is aborted is not, in transaction version ${protocol}`, async (t) => {
    const broker = await TestBroker.start(t, SMALL)
    await broker.createTopics({ events: 2 })
    const connection = await broker.connect()
    const producer = await TransactionalProducer.open(connection, 'app', protocol)
    await producer.produce({ topic: 'events' }, 'a', 'b')
    await producer.produce({ topic: 'events', partition: 1 }, 'other')
    const open = await readCommitted(connection, { topic: 'events' })
    deepEqual([open.values, open.lastStableOffset, open.highWatermark], [[], 0, 2])
    equal(await producer.end('commit'), ErrorCode.NONE)
    deepEqual((await readCommitted(connection, { topic: 'events', maxWaitMs: 10_000 })).values, ['a', 'b'])
    await producer.produce({ topic: 'events' }, 'never')
    equal(await producer.end('abort'), ErrorCode.NONE)
    await producer.produce({ topic: 'events' }, 'c')
    equal(await producer.end('commit'), ErrorCode.NONE)
    await stable(connection, 'events')
    const all = await readCommitted(connection, { topic: 'events', offset: 3 })
    deepEqual([all.values, all.aborted.length], [['c'], 1])
    deepEqual((await readCommitted(connection, { topic: 'events', partition: 1 })).values, ['other'])
  })
}

for (const durability of ['fsync', 'replicated'] as const) {
  for (const acks of [-1, 1, 0] as const) {
    test(`a transaction is whole with acks = ${acks} under the durability ${durability}`, async (t) => {
      const broker = await TestBroker.start(t, { ...SMALL, 'ottla.durability': durability })
      await broker.createTopics({ events: 2 })
      const connection = await broker.connect()
      const producer = await TransactionalProducer.open(connection, 'app')
      for (const partition of [0, 1]) await producer.produce({ topic: 'events', partition, acks }, 'a', 'b')
      for (const partition of [0, 1]) {
        // Where nothing is acknowledged the transaction could end before its records are there.
        while ((await readCommitted(connection, { topic: 'events', partition })).highWatermark < 2);
      }
      equal(await producer.end('commit'), ErrorCode.NONE)
      for (const partition of [0, 1]) {
        const { values } = await readCommitted(connection, { topic: 'events', partition, maxWaitMs: 10_000 })
        deepEqual(values, ['a', 'b'])
      }
    })
  }
}

test('a waiting read_committed fetch is answered when the transaction ends, however many bytes it wants', async (t) => {
  const broker = await TestBroker.start(t, SMALL)
  await broker.createTopics({ events: 1 })
  const [connection, consumer] = [await broker.connect(), await broker.connect()]
  const producer = await TransactionalProducer.open(connection, 'app')
  await producer.produce({ topic: 'events' }, 'x'.repeat(2000))
  const startedAt = broker.env.clock.monotonic()
  const read = readCommitted(consumer, { topic: 'events', maxWaitMs: 20_000 })
  equal(await producer.end('commit'), ErrorCode.NONE)
  equal((await read).values.length, 1)
  equal(broker.env.clock.monotonic() - startedAt < 10_000, true)
})

test('the latest offset of those who read committed is the last stable one', async (t) => {
  const broker = await TestBroker.start(t, SMALL)
  await broker.createTopics({ events: 1 })
  const connection = await broker.connect()
  await produceTo(connection, { topic: 'events' }, batch([{ value: 'plain' }]))
  const producer = await TransactionalProducer.open(connection, 'app')
  await producer.produce({ topic: 'events' }, 'a')
  const latest = async (isolationLevel: number): Promise<number> => {
    const response = await connection.request(LIST_OFFSETS, 7, {
      isolationLevel,
      topics: [{ name: 'events', partitions: [{ partitionIndex: 0, timestamp: -1 }] }],
    })
    return response.topics[0]!.partitions[0]!.offset
  }
  deepEqual([await latest(0), await latest(1)], [2, 1])
})

test('a new producer of the same id aborts what the one before left, and fences it', async (t) => {
  const broker = await TestBroker.start(t, SMALL)
  await broker.createTopics({ events: 1 })
  const [one, two] = [await broker.connect(), await broker.connect()]
  for (const protocol of [1, 2] as const) {
    const zombie = await TransactionalProducer.open(one, `app-${protocol}`, protocol)
    await zombie.produce({ topic: 'events' }, 'zombie')
    const producer = await TransactionalProducer.open(two, `app-${protocol}`, protocol)
    equal(producer.producerId, zombie.producerId)
    equal(producer.producerEpoch > zombie.producerEpoch, true)
    equal(await zombie.send({ topic: 'events' }, ['late']), ErrorCode.INVALID_PRODUCER_EPOCH)
    equal(await zombie.end('commit'), ErrorCode.PRODUCER_FENCED)
    await producer.produce({ topic: 'events' }, `new ${protocol}`)
    equal(await producer.end('commit'), ErrorCode.NONE)
  }
  deepEqual((await readCommitted(two, { topic: 'events', maxWaitMs: 10_000 })).values.slice(0, 1), ['new 1'])
})

test('a batch for a partition that was not added is refused, and nothing of it is kept', async (t) => {
  const broker = await TestBroker.start(t, SMALL)
  await broker.createTopics({ events: 1, other: 1 })
  const connection = await broker.connect()
  const producer = await TransactionalProducer.open(connection, 'app', 1)
  equal(await producer.send({ topic: 'events', version: 10 }, ['a']), ErrorCode.INVALID_TXN_STATE)
  equal(await producer.send({ topic: 'events', version: 11 }, ['a']), ErrorCode.TRANSACTION_ABORTABLE)
  equal(await producer.addPartitions('other'), ErrorCode.NONE)
  equal(await producer.send({ topic: 'events', version: 11 }, ['a']), ErrorCode.TRANSACTION_ABORTABLE)
  equal((await readCommitted(connection, { topic: 'events' })).highWatermark, 0)
})

test('transactional batches without a transactional id are refused, all of the request', async (t) => {
  const broker = await TestBroker.start(t, SMALL)
  await broker.createTopics({ events: 1 })
  const connection = await broker.connect()
  const records = batch([{ value: 'a' }], { producerId: 1, producerEpoch: 0, baseSequence: 0, transactional: true })
  const { errorCode } = await produceTo(connection, { topic: 'events' }, records)
  equal(errorCode, ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED)
})

test('a producer with an open transaction may write nothing outside of it', async (t) => {
  const broker = await TestBroker.start(t, SMALL)
  await broker.createTopics({ events: 1 })
  const connection = await broker.connect()
  const producer = await TransactionalProducer.open(connection, 'app')
  await producer.produce({ topic: 'events' }, 'a')
  const { producerId, producerEpoch } = producer
  const plain = batch([{ value: 'plain' }], { producerId, producerEpoch, baseSequence: 1 })
  equal((await produceTo(connection, { topic: 'events' }, plain)).errorCode, ErrorCode.INVALID_TXN_STATE)
})

test('an epoch is of one transaction: each end brings the next, and asking again for the same end brings it again', async (t) => {
  const broker = await TestBroker.start(t, SMALL)
  await broker.createTopics({ events: 1 })
  const connection = await broker.connect()
  const producer = await TransactionalProducer.open(connection, 'app')
  await producer.produce({ topic: 'events' }, 'a')
  const { producerEpoch: before } = producer
  equal(await producer.end('commit'), ErrorCode.NONE)
  equal(producer.producerEpoch, before + 1)
  producer.producerEpoch = before
  equal(await producer.end('commit'), ErrorCode.NONE)
  equal(producer.producerEpoch, before + 1)
  producer.producerEpoch = before
  equal(await producer.end('abort'), ErrorCode.INVALID_TXN_STATE)
})

test('a transaction that takes too long is aborted', async (t) => {
  const broker = await TestBroker.start(t, {
    ...SMALL,
    'transaction.abort.timed.out.transaction.cleanup.interval.ms': '20',
  })
  await broker.createTopics({ events: 1 })
  const connection = await broker.connect()
  const producer = await TransactionalProducer.open(connection, 'app')
  equal(await producer.init({ transactionTimeoutMs: 50 }), ErrorCode.NONE)
  await producer.produce({ topic: 'events' }, 'slow')
  const { aborted, values } = await readCommitted(connection, { topic: 'events', maxWaitMs: 20_000 })
  deepEqual([aborted.length, values], [1, []])
  // Its epoch is gone, but for asking how the transaction ended; as by Apache Kafka.
  equal(await producer.end('commit'), ErrorCode.INVALID_TXN_STATE)
  equal(await producer.send({ topic: 'events' }, ['late']), ErrorCode.INVALID_PRODUCER_EPOCH)
})

test('what a restart interrupts goes on: open transactions stay open, ended ones are ended', async (t) => {
  const broker = await TestBroker.start(t, SMALL)
  await broker.createTopics({ events: 1, open: 1 })
  let connection = await broker.connect()
  const [ended, open] = [
    await TransactionalProducer.open(connection, 'ended'),
    await TransactionalProducer.open(connection, 'open'),
  ]
  await ended.produce({ topic: 'events' }, 'a')
  await open.produce({ topic: 'open' }, 'b')
  equal(await ended.end('commit'), ErrorCode.NONE)
  await broker.stop()
  await broker.start()
  connection = await broker.connect()
  deepEqual((await readCommitted(connection, { topic: 'events', maxWaitMs: 10_000 })).values, ['a'])
  equal((await readCommitted(connection, { topic: 'open' })).lastStableOffset, 0)
  const again = new TransactionalProducer(connection, 'open')
  again.producerId = open.producerId
  again.producerEpoch = open.producerEpoch
  equal(await again.send({ topic: 'open', sequence: 1 }, ['c']), ErrorCode.NONE)
  equal(await again.end('commit'), ErrorCode.NONE)
  deepEqual((await readCommitted(connection, { topic: 'open', maxWaitMs: 10_000 })).values, ['b', 'c'])
})

for (const protocol of [1, 2] as const) {
  test(`offsets of a transaction count when it is committed, in transaction version ${protocol}`, async (t) => {
    const broker = await TestBroker.start(t, SMALL)
    await broker.createTopics({ events: 1 })
    const connection = await broker.connect()
    const offsetOf = async (requireStable: boolean) => {
      const response = await connection.request(OFFSET_FETCH, 8, {
        requireStable,
        groups: [{ groupId: 'g', topics: [{ name: 'events', partitionIndexes: [0] }] }],
      })
      const { committedOffset, errorCode } = response.groups[0]!.topics[0]!.partitions[0]!
      return [committedOffset, errorCode]
    }
    const stableOffset = async () => {
      for (;;) {
        const found = await offsetOf(true)
        if (found[1] !== ErrorCode.UNSTABLE_OFFSET_COMMIT) return found
      }
    }
    const found = await connection.request(FIND_COORDINATOR, 4, {
      keyType: 0,
      coordinatorKeys: ['g'],
    })
    equal(found.coordinators[0]!.errorCode, ErrorCode.NONE)
    const producer = await TransactionalProducer.open(connection, 'app', protocol)
    equal(await producer.commitOffset('g', { topic: 'events', offset: 5 }), ErrorCode.NONE)
    deepEqual(await offsetOf(true), [-1, ErrorCode.UNSTABLE_OFFSET_COMMIT])
    deepEqual(await offsetOf(false), [-1, ErrorCode.NONE])
    equal(await producer.end('commit'), ErrorCode.NONE)
    deepEqual(await stableOffset(), [5, ErrorCode.NONE])
    equal(await producer.commitOffset('g', { topic: 'events', offset: 9 }), ErrorCode.NONE)
    equal(await producer.end('abort'), ErrorCode.NONE)
    deepEqual(await stableOffset(), [5, ErrorCode.NONE])
    const fenced = { memberId: 'nobody', generationIdOrMemberEpoch: 3 }
    equal(await producer.commitOffset('g', { topic: 'events', offset: 10 }, fenced), ErrorCode.UNKNOWN_MEMBER_ID)
    equal(await producer.commitOffset('new', { topic: 'events', offset: 1 }, fenced), ErrorCode.ILLEGAL_GENERATION)
    equal(await producer.end('abort'), ErrorCode.NONE)
  })
}

test('markers of version 2 that come late end nothing: neither by a lower epoch, nor in the epoch of the next transaction', async (t) => {
  const broker = await TestBroker.start(t, SMALL)
  await broker.createTopics({ events: 1 })
  const connection = await broker.connect()
  const producer = await TransactionalProducer.open(connection, 'app')
  await producer.produce({ topic: 'events' }, 'a')
  equal(await producer.end('commit'), ErrorCode.NONE)
  await producer.produce({ topic: 'events' }, 'b')
  const { producerId, producerEpoch } = producer
  const write = async (epoch: number, transactionVersion: number, coordinatorEpoch = 5): Promise<number> => {
    const marker = {
      producerId,
      producerEpoch: epoch,
      transactionResult: false,
      coordinatorEpoch,
      transactionVersion,
      topics: [{ name: 'events', partitionIndexes: [0] }],
    }
    const response = await connection.request(WRITE_MARKERS, 2, { markers: [marker] })
    return response.markers[0]!.topics[0]!.partitions[0]!.errorCode
  }
  equal(await write(producerEpoch, 2), ErrorCode.INVALID_PRODUCER_EPOCH)
  equal(await write(producerEpoch - 1, 1), ErrorCode.INVALID_PRODUCER_EPOCH)
  equal(await write(producerEpoch, 1, -1), ErrorCode.TRANSACTION_COORDINATOR_FENCED)
  equal((await readCommitted(connection, { topic: 'events' })).lastStableOffset, 2)
  equal(await write(producerEpoch, 1), ErrorCode.NONE)
  equal((await readCommitted(connection, { topic: 'events' })).lastStableOffset, 4)
})

test('transactions and producers are described and listed', async (t) => {
  const broker = await TestBroker.start(t, SMALL)
  await broker.createTopics({ events: 1 })
  const connection = await broker.connect()
  const producer = await TransactionalProducer.open(connection, 'app-1')
  await TransactionalProducer.open(connection, 'other')
  await producer.produce({ topic: 'events' }, 'a')
  const described = await connection.request(DESCRIBE_TRANSACTIONS, 0, { transactionalIds: ['app-1', 'nobody'] })
  const [app, nobody] = described.transactionStates
  deepEqual(
    [app!.errorCode, app!.transactionState, app!.topics, nobody!.errorCode],
    [ErrorCode.NONE, 'Ongoing', [{ topic: 'events', partitions: [0] }], ErrorCode.TRANSACTIONAL_ID_NOT_FOUND],
  )
  const namesOf = async (request: { stateFilters?: string[]; transactionalIdPattern?: string }) => {
    const { transactionStates, errorCode } = await connection.request(LIST_TRANSACTIONS, 2, request)
    return errorCode === ErrorCode.NONE
      ? transactionStates.map(({ transactionalId }) => transactionalId).sort()
      : errorCode
  }
  deepEqual(await namesOf({}), ['app-1', 'other'])
  deepEqual(await namesOf({ stateFilters: ['Ongoing'] }), ['app-1'])
  deepEqual(await namesOf({ transactionalIdPattern: 'app-\\d' }), ['app-1'])
  deepEqual(await namesOf({ transactionalIdPattern: 'app' }), [])
  deepEqual(await namesOf({ transactionalIdPattern: '(' }), ErrorCode.INVALID_REGULAR_EXPRESSION)
  const producers = await connection.request(DESCRIBE_PRODUCERS, 0, {
    topics: [
      { name: 'events', partitionIndexes: [0, 7] },
      { name: 'none', partitionIndexes: [0] },
    ],
  })
  const [active] = producers.topics[0]!.partitions[0]!.activeProducers
  deepEqual([active!.producerId, active!.lastSequence, active!.currentTxnStartOffset], [producer.producerId, 0, 0])
  equal(producers.topics[0]!.partitions[1]!.errorCode, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
  equal(producers.topics[1]!.partitions[0]!.errorCode, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
})

test('a topic that is deleted under a transaction does not keep it from ending', async (t) => {
  const broker = await TestBroker.start(t, SMALL)
  await broker.createTopics({ events: 1, gone: 1 })
  const connection = await broker.connect()
  const producer = await TransactionalProducer.open(connection, 'app')
  await producer.produce({ topic: 'events' }, 'a')
  await producer.produce({ topic: 'gone' }, 'b')
  await connection.request(DELETE_TOPICS, 5, { topicNames: ['gone'], timeoutMs: 5000 })
  equal(await producer.end('commit'), ErrorCode.NONE)
  deepEqual((await readCommitted(connection, { topic: 'events', maxWaitMs: 10_000 })).values, ['a'])
  await producer.produce({ topic: 'events' }, 'c')
  equal(await producer.end('commit'), ErrorCode.NONE)
})

test('two-phase commit is refused unless it is enabled; then its transactions have no timeout', async (t) => {
  const off = await TestBroker.start(t, SMALL)
  const producer = await TransactionalProducer.open(await off.connect(), 'app')
  const refused = await producer.init({ enable2Pc: true }, 6)
  equal(refused, ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED)
  const on = await TestBroker.start(t, { ...SMALL, 'transaction.two.phase.commit.enable': 'true' })
  const connection = await on.connect()
  const prepared = await TransactionalProducer.open(connection, 'app')
  equal(await prepared.init({ enable2Pc: true, transactionTimeoutMs: 0 }, 6), ErrorCode.NONE)
  const described = await connection.request(DESCRIBE_TRANSACTIONS, 0, { transactionalIds: ['app'] })
  equal(described.transactionStates[0]!.transactionTimeoutMs, 2_147_483_647)
})

test('an idempotent producer needs no coordinator', async (t) => {
  const broker = await TestBroker.start(t, SMALL)
  const connection = await broker.connect()
  const answer = await connection.request(INIT_PRODUCER_ID, 5, { transactionalId: null })
  equal(answer.errorCode, ErrorCode.NONE)
  notEqual(answer.producerId, -1)
  const torn = await connection.request(INIT_PRODUCER_ID, 5, { transactionalId: null, producerId: 1 })
  equal(torn.errorCode, ErrorCode.INVALID_REQUEST)
})
