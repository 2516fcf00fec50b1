/** The root: addresses, connections, time, signals, what is closed. */
import { equal, ok, rejects } from 'node:assert/strict'
import { Kafka } from '@ottla/client'
import { NEEDS } from '../support/needs.mjs'
import { texts } from '../support/world.mjs'

const { records: needs, classicGroup } = NEEDS

export default [
  {
    name: 'the first addresses may be dead, as long as one is not',
    needs,
    async run(world) {
      const topic = await world.topic()
      const kafka = world.client({ bootstrapServers: ['127.0.0.1:1', world.bootstrap] })
      equal((await kafka.producer().send({ topic, value: null })).offset, 0)
    },
  },
  {
    name: 'where no broker answers, calls end in time',
    needs: {},
    async run(world) {
      const kafka = world.client({ bootstrapServers: '127.0.0.1:1', apiTimeoutMs: 500 })
      await rejects(kafka.admin().listTopics(), (error) => error.retriable === true)
      await rejects(
        kafka.producer({ maxBlockMs: 300 }).send({ topic: 't', value: null }),
        (error) => error.retriable === true,
      )
    },
  },
  {
    name: 'calls end by their signal',
    needs: {},
    async run(world) {
      const kafka = world.client({ bootstrapServers: '127.0.0.1:1' })
      const signal = AbortSignal.timeout(100)
      await rejects(kafka.admin().listTopics({ signal }), { name: 'TimeoutError' })
    },
  },
  {
    name: 'idle connections are closed, and made again',
    needs,
    async run(world) {
      const topic = await world.topic()
      const kafka = world.client({ idleConnectionMs: 200 })
      const producer = kafka.producer()
      await producer.send({ topic, value: null })
      const consumer = kafka.consumer()
      consumer.assign([{ topic, partition: 0, from: 'latest' }])
      await consumer.poll({ timeoutMs: 800 })
      equal((await producer.send({ topic, value: null })).offset, 1)
    },
  },
  {
    name: 'closing the root closes all that was opened from it: records are sent, offsets committed, groups left',
    needs: { ...needs, ...classicGroup },
    async run(world) {
      const topic = await world.topic()
      const groupId = world.name('g')
      await world.fill(topic, texts(5))
      const kafka = world.client()
      const sent = kafka.producer({ lingerMs: 60_000 }).send({ topic, value: Buffer.from('held') })
      const consumer = kafka.consumer({ groupId, autoOffsetReset: 'earliest' })
      consumer.subscribe([topic])
      await world.take(consumer, 5)
      await kafka.close()
      ok((await sent).offset >= 5)
      equal((await world.admin.listGroupOffsets(groupId))[0].offset, 5)
      await rejects(kafka.producer().send({ topic, value: null }))
    },
  },
  {
    name: 'what is opened is disposed of',
    needs,
    async run(world) {
      const topic = await world.topic()
      const kafka = new Kafka({ bootstrapServers: world.bootstrap })
      const producer = kafka.producer()
      await producer.send({ topic, value: null })
      await producer[Symbol.asyncDispose]()
      await rejects(producer.send({ topic, value: null }), { code: 'CLOSED' })
      await kafka[Symbol.asyncDispose]()
      await rejects(kafka.admin().listTopics({ timeoutMs: 1000 }))
    },
  },
]
