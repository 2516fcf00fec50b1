import { deepEqual, equal } from 'node:assert/strict'
import { test } from 'node:test'
import { batchesIn, readRecords } from '@ottla/protocol'
import { FETCH, fetchOf } from '../test-broker.test.ts'
import { deadLetterBatches } from './dead-letter/dead-letter-batches.ts'
import { deadLetterVerdict } from './dead-letter/dead-letter-topic.ts'
import { ShareTestBroker } from './share-test-broker.test.ts'

const [ACCEPT, RELEASE, REJECT] = [1, 2, 3]
const ENABLED = { 'errors.deadletterqueue.group.enable': 'true' }

interface Letter {
  readonly key: string | null
  readonly value: string | null
  readonly headers: Record<string, string>
}

function lettersIn(bytes: Buffer): Letter[] {
  const letters: Letter[] = []
  for (const pos of batchesIn(bytes)) {
    for (const { key, value, headers } of readRecords(bytes, pos)) {
      const text = Object.fromEntries(headers.map((header) => [header.key, header.value!.toString()]))
      letters.push({ key: key?.toString() ?? null, value: value?.toString() ?? null, headers: text })
    }
  }
  return letters
}

async function started(
  t: Parameters<typeof ShareTestBroker.start>[0],
  group: Readonly<Record<string, string>>,
  settings: Readonly<Record<string, string>> = {},
): Promise<ShareTestBroker> {
  const broker = await ShareTestBroker.start(t, settings)
  await broker.createTopic('jobs', 3)
  await broker.configureGroup('g', { 'share.auto.offset.reset': 'earliest', ...group })
  return broker
}

/** Waits until there are `count` dead letters. */
async function letters(
  broker: ShareTestBroker,
  topic: string,
  at: { partition: number; count: number },
): Promise<Letter[]> {
  const connection = await broker.broker.connect()
  for (;;) {
    const request = fetchOf([{ topic, partition: at.partition }], { maxWaitMs: 50 })
    const { records } = (await connection.request(FETCH, 12, request)).responses[0]!.partitions[0]!
    const found = records === null ? [] : lettersIn(records)
    if (found.length >= at.count) return found
  }
}

/** Waits until a share partition has nothing in flight. */
async function drained(broker: ShareTestBroker): Promise<void> {
  const { shares } = broker.broker.running.broker
  while ([...shares.leaders()].some(({ state }) => (state?.inFlight ?? 1) > 0)) {
    await new Promise<void>((resolve) => broker.broker.env.timers.after(5, resolve))
  }
}

test('a rejected record goes to the dead-letter topic with where it came from and why', async (t) => {
  const broker = await started(t, { 'errors.deadletterqueue.topic.name': 'dlq.jobs' })
  await broker.createTopic('dlq.jobs', 2, ENABLED)
  await broker.produce('jobs', ['a', 'b'], 2)
  const member = await broker.member('g', 'm1', 'jobs', [2])
  equal(await member.take(), '0-1x1')
  equal(await member.acknowledge([[0, 1, ACCEPT, REJECT]]), 0)
  deepEqual(await letters(broker, 'dlq.jobs', { partition: 0, count: 1 }), [
    {
      key: null,
      value: null,
      headers: {
        '__dlq.errors.topic': 'jobs',
        '__dlq.errors.partition': '2',
        '__dlq.errors.offset': '1',
        '__dlq.errors.group': 'g',
        '__dlq.errors.delivery.count': '1',
        '__dlq.errors.message': 'Offset rejected by client.',
      },
    },
  ])
  await drained(broker)
  equal(broker.broker.running.broker.shares.metrics.deadLetters, 1)
})

test('a record that was delivered as often as it may be goes there too, with its value where the group wants that', async (t) => {
  const broker = await started(t, {
    'errors.deadletterqueue.topic.name': 'dlq.jobs',
    'errors.deadletterqueue.copy.record.enable': 'true',
    'share.delivery.count.limit': '2',
  })
  await broker.createTopic('dlq.jobs', 1, ENABLED)
  await broker.produce('jobs', ['a'])
  const member = await broker.member('g', 'm1', 'jobs')
  for (const expected of ['0-0x1', '0-0x2']) {
    equal(await member.take(), expected)
    equal(await member.acknowledge([[0, 0, RELEASE]]), 0)
  }
  const [letter] = await letters(broker, 'dlq.jobs', { partition: 0, count: 1 })
  equal(letter!.value, 'a')
  equal(letter!.headers['__dlq.errors.message'], 'Offset delivery count exceeded the threshold.')
  equal(letter!.headers['__dlq.errors.delivery.count'], '2')
  await drained(broker)
})

test('a dead-letter topic is made where the cluster allows that, and takes dead letters from then on', async (t) => {
  const broker = await started(
    t,
    { 'errors.deadletterqueue.topic.name': 'dlq.new' },
    { 'errors.deadletterqueue.auto.create.topics.enable': 'true' },
  )
  await broker.produce('jobs', ['a'])
  const member = await broker.member('g', 'm1', 'jobs')
  equal(await member.take(), '0-0x1')
  equal(await member.acknowledge([[0, 0, REJECT]]), 0)
  await drained(broker)
  equal((await letters(broker, 'dlq.new', { partition: 0, count: 1 })).length, 1)
})

test('a topic that does not take dead letters gets none, and the record is archived all the same', async (t) => {
  const broker = await started(t, { 'errors.deadletterqueue.topic.name': 'dlq.closed' })
  await broker.createTopic('dlq.closed')
  await broker.produce('jobs', ['a'])
  const member = await broker.member('g', 'm1', 'jobs')
  equal(await member.take(), '0-0x1')
  equal(await member.acknowledge([[0, 0, REJECT]]), 0)
  await drained(broker)
  equal(broker.broker.running.broker.shares.metrics.droppedDeadLetters, 1)
})

test('below share.version 2 rejected records are archived without a letter', async (t) => {
  const broker = await started(t, { 'errors.deadletterqueue.topic.name': 'dlq.jobs' })
  await broker.setShareVersion(1)
  await broker.createTopic('dlq.jobs', 1, ENABLED)
  await broker.produce('jobs', ['a'])
  const member = await broker.member('g', 'm1', 'jobs')
  equal(await member.take(), '0-0x1')
  equal(await member.acknowledge([[0, 0, REJECT]]), 0)
  await drained(broker)
  equal(broker.broker.running.broker.replicas.find('dlq.jobs', 0).replica!.highWatermark, 0)
})

test('a copy that cannot be written now is not given up, and holds the start offset until it is safe', async (t) => {
  const broker = await started(t, { 'errors.deadletterqueue.topic.name': 'dlq.jobs' })
  await broker.createTopic('dlq.jobs', 1, { ...ENABLED, 'max.message.bytes': '10' })
  await broker.produce('jobs', ['a'])
  const member = await broker.member('g', 'm1', 'jobs')
  equal(await member.take(), '0-0x1')
  equal(await member.acknowledge([[0, 0, REJECT]]), 0)
  equal(await member.take({ maxWaitMs: 300 }), '')
  const [leader] = broker.broker.running.broker.shares.leaders()
  deepEqual([leader!.state!.startOffset, leader!.state!.inFlight], [0, 1])
  await broker.broker.stop()
  await broker.broker.start()
  await broker.configureTopic('dlq.jobs', { 'max.message.bytes': '10000' })
  const again = await broker.member('g', 'm1', 'jobs')
  equal(await again.take({ maxWaitMs: 200 }), '')
  equal((await letters(broker, 'dlq.jobs', { partition: 0, count: 1 })).length, 1)
  await drained(broker)
})

test('group, topic and broker all have a say in where dead letters go', () => {
  const rules = { topic: 'dlq.a', prefix: 'dlq.', isAutoCreated: false, isEnabled: true }
  equal(deadLetterVerdict(rules).kind, 'write')
  equal(deadLetterVerdict({ ...rules, topic: '' }).kind, 'drop')
  equal(deadLetterVerdict({ ...rules, topic: '__state', prefix: '' }).kind, 'drop')
  equal(deadLetterVerdict({ ...rules, topic: 'orders' }).kind, 'drop')
  equal(deadLetterVerdict({ ...rules, topic: 'orders', prefix: '' }).kind, 'write')
  equal(deadLetterVerdict({ ...rules, isEnabled: false }).kind, 'drop')
  equal(deadLetterVerdict({ ...rules, isEnabled: undefined }).kind, 'drop')
  equal(deadLetterVerdict({ ...rules, isEnabled: undefined, isAutoCreated: true }).kind, 'create')
})

test('letters that do not fit in one batch go in several, and one that fits in none goes without its value', () => {
  const from = { groupId: 'g', topic: 'jobs', partition: 0 }
  const range = { firstOffset: 10, lastOffset: 13, deliveryCount: 1, cause: 'rejected' } as const
  const value = (bytes: number) => ({ key: null, value: Buffer.alloc(bytes, 'x') })
  const originals = new Map([
    [10, value(700)],
    [11, value(700)],
    [12, value(5000)],
  ])
  const batches = deadLetterBatches(from, range, { originals, maxBatchBytes: 1500, nowMs: 1 })
  equal(
    batches.every(({ length }) => length <= 1500),
    true,
  )
  const found = batches.flatMap(lettersIn)
  deepEqual(
    found.map(({ headers, value }) => [headers['__dlq.errors.offset'], value?.length ?? 0]),
    [
      ['10', 700],
      ['11', 700],
      ['12', 0],
      ['13', 0],
    ],
  )
})
