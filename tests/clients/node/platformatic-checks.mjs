import { randomBytes } from 'node:crypto'
import { Admin, Consumer, Producer, stringDeserializers } from '@platformatic/kafka'
import { expect, records, reporter, until } from './report.mjs'

const prefix = `${process.env.PREFIX}-platformatic`
const { run } = reporter('@platformatic/kafka')
const base = { clientId: 'checks', bootstrapBrokers: [process.env.BOOTSTRAP], retries: 5 }
const admin = new Admin(base)

const create = (topic, partitions = 1, configs = []) =>
  admin.createTopics({ topics: [topic], partitions, replicas: 1, configs })

async function produce(topic, messages, options = {}) {
  const producer = new Producer({ ...base, ...options })
  try {
    return await producer.send({
      messages: messages.map((message) => ({
        topic,
        headers: new Map([[Buffer.from('h'), Buffer.from('1')]]),
        ...bytes(message),
      })),
    })
  } finally {
    await producer.close()
  }
}

const bytes = ({ key, value }) => ({ key: key === undefined ? undefined : Buffer.from(key), value: Buffer.from(value) })

async function consume(topic, count, groupId) {
  const consumer = new Consumer({ ...base, groupId, autocommit: false, deserializers: stringDeserializers })
  const stream = await consumer.consume({
    topics: [topic],
    mode: 'committed',
    fallbackMode: 'earliest',
    sessionTimeout: 10_000,
    heartbeatInterval: 500,
  })
  const got = []
  try {
    for await (const message of stream) {
      got.push(message)
      if (got.length === count) {
        await message.commit()
        break
      }
    }
  } finally {
    await consumer.close(true)
  }
  return got
}

async function roundTrip(compression) {
  const topic = `${prefix}-${compression}`
  await create(topic)
  const rows = records()
  await produce(topic, rows, { compression })
  const got = await consume(topic, rows.length, `${topic}-group`)
  expect(
    got.every((message, i) => message.key === rows[i].key && message.value === rows[i].value),
    'records differ',
  )
  expect(
    got.every((message, i) => message.offset === BigInt(i)),
    'offsets are not dense',
  )
}

await run('create, describe, alter, delete topics', async () => {
  const topic = `${prefix}-admin`
  await create(topic, 2, [{ name: 'retention.ms', value: '3600000' }])
  await create(topic, 2).then(
    () => expect(false, 'a second creation succeeded'),
    (error) =>
      expect(JSON.stringify(error.errors?.[0] ?? error, Object.getOwnPropertyNames(error)).length > 0, 'no error'),
  )
  await admin.createPartitions({ topics: [{ name: topic, count: 5 }] })
  await admin.deleteTopics({ topics: [topic] })
  await until(async () => !(await admin.listTopics()).includes(topic), 'topic is still listed')
})
for (const codec of ['none', 'gzip', 'snappy', 'lz4', 'zstd'])
  await run(`produce and consume ${codec}`, () => roundTrip(codec))
await run('idempotent producer', async () => {
  const topic = `${prefix}-idempotent`
  await create(topic)
  await produce(topic, records(100), { idempotent: true })
  expect((await consume(topic, 100, `${topic}-group`)).length === 100, 'count differs')
})
await run('group resumes from its commit', async () => {
  const topic = `${prefix}-resume`
  await create(topic)
  await produce(topic, records(100))
  await consume(topic, 40, `${topic}-group`)
  const rest = await consume(topic, 60, `${topic}-group`)
  expect(rest[0].offset === 40n, `resumed at ${rest[0].offset}`)
})
await run('errors reach the application', async () => {
  const topic = `${prefix}-errors`
  await create(topic, 1, [{ name: 'max.message.bytes', value: '2000' }])
  try {
    await produce(topic, [{ value: randomBytes(20_000) }])
  } catch (error) {
    const text = JSON.stringify(flatten(error))
    expect(text.includes('MESSAGE_TOO_LARGE'), text.slice(0, 200))
    return
  }
  throw new Error('a record over the limit was accepted')
})
await admin.close()
process.exit(0)

function flatten(error) {
  return {
    message: error.message,
    apiId: error.apiId,
    code: error.code,
    errors: error.errors?.map(flatten),
    cause: error.cause && flatten(error.cause),
    response: error.response && JSON.stringify(error.response, (_, v) => (typeof v === 'bigint' ? String(v) : v)),
  }
}
