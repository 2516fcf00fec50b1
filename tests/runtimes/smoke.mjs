/**
 * The client in some runtime, from the packages as users install them: records, groups, transactions, codecs, TLS. Prints a JSON line per case, and has to
 * end by itself. Copied beside the node_modules that it uses.
 */
import assert from 'node:assert/strict'
import process from 'node:process'
import { ConfigResourceType, Kafka, stringCodec, topic as topicOf } from '@ottla/client'

const { BOOTSTRAP, TLS_BOOTSTRAP, TLS_CA, PREFIX, RUNTIME } = process.env
const kafka = new Kafka({ bootstrapServers: BOOTSTRAP })
let names = 0

async function run(title, body) {
  let outcome = 'passed'
  let detail = ''
  try {
    await body()
  } catch (error) {
    outcome = 'failed'
    detail = String(error?.stack ?? error).slice(0, 500)
  }
  console.log(JSON.stringify({ client: '@ottla/client', version: RUNTIME, case: title, outcome, detail }))
}

async function newTopic(root = kafka) {
  const name = `${PREFIX}-${++names}`
  const [created] = (await root.admin().createTopics([{ name, partitionCount: 2 }])).values()
  assert.equal(created.kind, 'done')
  return topicOf(name, { key: stringCodec, value: stringCodec })
}

async function readAll(consumer, count) {
  const values = []
  const end = performance.now() + 60_000
  while (values.length < count && performance.now() < end) {
    for (const { value } of await consumer.poll({ timeoutMs: 500 })) values.push(value)
  }
  await consumer.close()
  return values.sort()
}

const texts = Array.from({ length: 200 }, (_, n) => `${n} of a text that repeats itself`).sort()

for (const compression of ['none', 'gzip', 'snappy', 'lz4', 'zstd']) {
  await run(`records in ${compression}`, async () => {
    const topic = await newTopic()
    const producer = kafka.producer({ compression })
    await producer.sendAll(texts.map((value) => ({ topic, key: value, value, headers: { a: 'b' } })))
    await producer.close()
    const consumer = kafka.consumer({ autoOffsetReset: 'earliest', value: stringCodec })
    consumer.assign(await consumer.partitionsFor(topic.name))
    assert.deepEqual(await readAll(consumer, texts.length), texts)
  })
}

for (const groupProtocol of ['classic', 'consumer']) {
  await run(`a group of the ${groupProtocol} protocol`, async () => {
    const topic = await newTopic()
    const groupId = `${topic.name}-group`
    const producer = kafka.producer()
    await producer.sendAll(texts.map((value) => ({ topic, key: value, value })))
    const consumer = kafka.consumer({ groupId, groupProtocol, autoOffsetReset: 'earliest', value: stringCodec })
    consumer.subscribe([topic.name])
    assert.deepEqual(await readAll(consumer, texts.length), texts)
    const committed = await kafka.admin().listGroupOffsets(groupId)
    assert.equal(
      committed.reduce((sum, { offset }) => sum + offset, 0),
      texts.length,
    )
  })
}

await run('transactions', async () => {
  const topic = await newTopic()
  const producer = kafka.transactionalProducer({ transactionalId: `${topic.name}-id` })
  await producer.transaction(async (transaction) => void transaction.send({ topic, value: 'kept' }))
  const failure = new Error('no')
  await assert.rejects(
    producer.transaction(async (transaction) => {
      await transaction.send({ topic, value: 'aborted' })
      throw failure
    }),
    failure,
  )
  const consumer = kafka.consumer({ autoOffsetReset: 'earliest', isolationLevel: 'read_committed', value: stringCodec })
  consumer.assign(await consumer.partitionsFor(topic.name))
  assert.deepEqual(await readAll(consumer, 1), ['kept'])
})

await run('a handler per record, and errors as classes', async () => {
  const topic = await newTopic()
  const producer = kafka.producer()
  await producer.sendAll(texts.map((value) => ({ topic, value })))
  const stop = new AbortController()
  const consumer = kafka.consumer({ groupId: `${topic.name}-run`, autoOffsetReset: 'earliest', value: stringCodec })
  consumer.subscribe([topic.name])
  let done = 0
  await consumer.run(() => (++done === texts.length ? stop.abort() : null), { concurrency: 4, signal: stop.signal })
  await consumer.close()
  await assert.rejects(producer.send({ topic: 'not a name!', value: null }), { name: 'BrokerError' })
})

await run('a share group, and a request with its reply', async () => {
  const topic = await newTopic()
  const groupId = `${topic.name}-workers`
  const set = { kind: 'set', name: 'share.auto.offset.reset', value: 'earliest' }
  const resource = { type: ConfigResourceType.group, name: groupId }
  await kafka.admin().incrementalAlterConfigs([{ resource, changes: [set] }])
  await kafka.producer().sendAll(texts.map((value) => ({ topic, key: value, value })))
  const workers = kafka.shareConsumer({ groupId, value: stringCodec })
  workers.subscribe([topic.name])
  const stop = new AbortController()
  const seen = new Set()
  await workers.run(({ record }) => seen.add(record.value).size === texts.length && stop.abort(), {
    signal: stop.signal,
  })
  await workers.close()

  const questions = await newTopic()
  const options = { groupId: questions.name, reply: stringCodec }
  const server = kafka.serve(questions, ({ value }) => `${value}!`, options)
  const requester = kafka.requester({ replyTopic: topicOf(`${questions.name}-replies`, { value: stringCodec }) })
  const { value } = await requester.request(questions, { value: 'hello' }, { timeoutMs: 20_000 })
  assert.equal(value, 'hello!')
  await requester.close()
  await server.close()
})

await run('TLS', async () => {
  const secure = new Kafka({ bootstrapServers: TLS_BOOTSTRAP, tls: { ca: TLS_CA } })
  const topic = await newTopic(secure)
  await secure.producer().send({ topic, value: 'secret' })
  const consumer = secure.consumer({ autoOffsetReset: 'earliest', value: stringCodec })
  consumer.assign(await consumer.partitionsFor(topic.name))
  assert.deepEqual(await readAll(consumer, 1), ['secret'])
  await secure.close()
})

await kafka.close()
