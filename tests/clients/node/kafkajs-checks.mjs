import { randomBytes } from 'node:crypto'
import kafkajs from 'kafkajs'
import SnappyCodec from 'kafkajs-snappy'
import { expect, records, reporter, until } from './report.mjs'

const { CompressionCodecs, CompressionTypes, Kafka, logLevel } = kafkajs
CompressionCodecs[CompressionTypes.Snappy] = SnappyCodec
const prefix = `${process.env.PREFIX}-kafkajs`
const { absent, run } = reporter('kafkajs')
const kafka = new Kafka({ brokers: [process.env.BOOTSTRAP], logLevel: logLevel.NOTHING, retry: { retries: 8 } })
const admin = kafka.admin()

const create = (topic, numPartitions = 1, config = {}) =>
  admin.createTopics({
    waitForLeaders: true,
    topics: [{ topic, numPartitions, configEntries: Object.entries(config).map(([name, value]) => ({ name, value })) }],
  })

async function produce(topic, messages, options = {}, sendOptions = {}) {
  const producer = kafka.producer(options)
  await producer.connect()
  try {
    return await producer.send({ topic, messages, ...sendOptions })
  } finally {
    await producer.disconnect()
  }
}

async function consume(topic, count, groupId, fromOffset) {
  const consumer = kafka.consumer({ groupId })
  await consumer.connect()
  await consumer.subscribe({ topic, fromBeginning: true })
  const got = []
  await consumer.run({ autoCommit: false, eachMessage: async ({ message }) => void got.push(message) })
  if (fromOffset !== undefined) consumer.seek({ topic, partition: 0, offset: String(fromOffset) })
  try {
    await until(() => got.length >= count, `read ${got.length} of ${count}`, 30_000)
    await consumer.commitOffsets([{ topic, partition: 0, offset: String(Number(got[count - 1].offset) + 1) }])
  } finally {
    await consumer.disconnect()
  }
  return got.slice(0, count)
}

async function roundTrip(name, compression) {
  const topic = `${prefix}-${name}`
  await create(topic)
  const rows = records()
  const [result] = await produce(
    topic,
    rows.map((row) => ({ ...row, headers: { h: '1' } })),
    {},
    { compression, acks: -1 },
  )
  expect(result.baseOffset === '0', `base offset ${result.baseOffset}`)
  const got = await consume(topic, rows.length, `${topic}-group`)
  expect(
    got.every((message, i) => String(message.key) === rows[i].key && String(message.value) === rows[i].value),
    'records differ',
  )
  expect(
    got.every((message, i) => message.offset === String(i)),
    'offsets are not dense',
  )
  expect(String(got[0].headers.h) === '1', 'headers differ')
}

await admin.connect()
await run('create, describe, alter, delete topics', async () => {
  const topic = `${prefix}-admin`
  expect(await create(topic, 2, { 'retention.ms': '3600000' }), 'not created')
  expect(!(await create(topic, 2)), 'a second creation succeeded')
  await admin.createPartitions({ topicPartitions: [{ topic, count: 5 }] })
  await until(
    async () => (await admin.fetchTopicMetadata({ topics: [topic] })).topics[0].partitions.length === 5,
    'partitions did not grow',
  )
  const { resources } = await admin.describeConfigs({
    resources: [{ type: 2, name: topic, configNames: ['retention.ms'] }],
  })
  expect(resources[0].configEntries[0].configValue === '3600000', 'retention.ms differs')
  await admin.deleteTopics({ topics: [topic] })
  await until(async () => !(await admin.listTopics()).includes(topic), 'topic is still listed')
})
await run('produce and consume none', () => roundTrip('none', CompressionTypes.None))
await run('produce and consume gzip', () => roundTrip('gzip', CompressionTypes.GZIP))
await run('produce and consume snappy', () => roundTrip('snappy', CompressionTypes.Snappy))
absent('produce and consume lz4', 'its plug-ins need a native build')
absent('produce and consume zstd', 'its plug-ins need a native build')
await run('idempotent producer', async () => {
  const topic = `${prefix}-idempotent`
  await create(topic)
  const options = { idempotent: true, maxInFlightRequests: 1 }
  const [result] = await produce(topic, records(100), options)
  expect(result.baseOffset === '0', 'base offset differs')
  expect((await consume(topic, 100, `${topic}-group`)).length === 100, 'count differs')
})
await run('group resumes from its commit', async () => {
  const topic = `${prefix}-resume`
  await create(topic)
  await produce(topic, records(100))
  await consume(topic, 40, `${topic}-group`)
  const rest = await consume(topic, 60, `${topic}-group`)
  expect(rest[0].offset === '40', `resumed at ${rest[0].offset}`)
})
await run('two members share the partitions', async () => {
  const topic = `${prefix}-members`
  await create(topic, 4)
  const assigned = new Map()
  const members = [1, 2].map(() => kafka.consumer({ groupId: `${topic}-group`, sessionTimeout: 10_000 }))
  for (const member of members) {
    member.on(member.events.GROUP_JOIN, ({ payload }) => assigned.set(member, payload.memberAssignment[topic] ?? []))
    await member.connect()
    await member.subscribe({ topic })
    await member.run({ eachMessage: async () => {} })
  }
  const shares = () => [...assigned.values()]
  await until(
    () => shares().length === 2 && shares().flat().sort().join() === '0,1,2,3' && shares().every((s) => s.length === 2),
    `assignment ${JSON.stringify(shares())}`,
    30_000,
  )
  await Promise.all(members.map((member) => member.disconnect()))
})
await run('errors reach the application', async () => {
  const topic = `${prefix}-errors`
  await create(topic, 1, { 'max.message.bytes': '2000' })
  try {
    await produce(topic, [{ value: randomBytes(20_000) }])
  } catch (error) {
    expect(error.type === 'MESSAGE_TOO_LARGE', `got ${error.type}`)
    return
  }
  throw new Error('a record over the limit was accepted')
})
await admin.disconnect()
process.exit(0)
