/** Patterns above records: requests with replies, retries, dead letters and their way back. */
import { deepEqual, equal, ok, rejects } from 'node:assert/strict'
import { jsonCodec, stringCodec, topic as topicOf } from '@ottla/client'
import { NEEDS } from '../support/needs.mjs'
import { texts } from '../support/world.mjs'

const { classicGroup, transactions } = NEEDS
const needs = { ...classicGroup, Produce: 3, ListOffsets: 1, CreateTopics: 2 }

const textTopic = (name) => topicOf(name, { key: stringCodec, value: stringCodec })

/** A consumer in a group of its own. */
function reading(world, topics, options = {}) {
  const codecs = { key: stringCodec, value: stringCodec }
  const consumer = world.kafka.consumer({
    groupId: world.name('g'),
    autoOffsetReset: 'earliest',
    ...codecs,
    ...options,
  })
  consumer.subscribe(topics)
  return consumer
}

export default [
  {
    name: 'requests get their replies, many at once, errors too',
    needs,
    async run(world) {
      const squares = topicOf(await world.topic({ partitions: 2 }), { value: jsonCodec() })
      const replies = topicOf(world.name('replies'), { value: jsonCodec() })
      const serve = (value) => {
        if (value < 0) throw new RangeError('not below zero')
        return { square: value * value }
      }
      const options = { groupId: world.name('g'), reply: jsonCodec() }
      const servers = [1, 2].map(() => world.client().serve(squares, ({ value }) => serve(value), options))
      const requester = world.kafka.requester({ replyTopic: replies, timeoutMs: 30_000 })
      const answers = await Promise.all(texts(50).map((n) => requester.request(squares, { value: Number(n) })))
      deepEqual(
        answers.map(({ value }) => value.square),
        texts(50).map((n) => n * n),
      )
      await rejects(requester.request(squares, { value: -1 }), { code: 'REPLY_FAILED', message: 'not below zero' })
      await Promise.all(servers.map((server) => server.close()))
      const unheard = requester.request(squares, { value: 1 }, { timeoutMs: 300 })
      await rejects(unheard, { code: 'TIMEOUT' })
      equal(requester.waiting, 0)
    },
  },
  {
    name: 'a record that fails is tried again by way of retry topics, then laid aside as a dead letter',
    needs,
    async run(world) {
      const name = await world.topic({ partitions: 2 })
      const typed = textTopic(name)
      await world.kafka.producer().sendAll([
        { topic: typed, key: 'a', value: 'fine' },
        { topic: typed, key: 'b', value: 'flaky' },
        { topic: typed, key: 'c', value: 'hopeless' },
      ])
      const consumer = reading(world, [name], { heartbeatIntervalMs: 300 })
      const stop = new AbortController()
      const seen = []
      const running = consumer.run(
        ({ value }, { round }) => {
          seen.push(`${value}/${round}`)
          if (value === 'hopeless' || (value === 'flaky' && round < 2)) throw new Error('cannot')
        },
        { retry: { topics: { delaysMs: [100, 200] } }, deadLetter: {}, signal: stop.signal },
      )
      const letters = world.kafka.consumer({ autoOffsetReset: 'earliest', value: stringCodec })
      await world.until('the dead-letter topic is there', async () => {
        return (await world.admin.listTopics()).some((topic) => topic.name === `${name}-dlt`)
      })
      letters.assign(await letters.partitionsFor(`${name}-dlt`))
      const [letter] = await world.take(letters, 1)
      equal(letter.value, 'hopeless')
      const headers = letter.headers.map(({ key }) => key)
      ok(headers.some((key) => key.startsWith('kafka_dlt-')) || headers.some((key) => key.includes('exception')))
      await world.until('all have run', () => seen.length === 6)
      stop.abort()
      await running
      deepEqual(seen.sort(), ['fine/1', 'flaky/1', 'flaky/2', 'hopeless/1', 'hopeless/2', 'hopeless/3'])
      await consumer.close()
    },
  },
  {
    name: 'dead letters go back to where they came from',
    needs: { ...needs, ...transactions, AddOffsetsToTxn: 0, TxnOffsetCommit: 0 },
    async run(world) {
      const name = await world.topic()
      await world.kafka.producer().sendAll(texts(5).map((value) => ({ topic: textTopic(name), value })))
      let isBroken = true
      const stop = new AbortController()
      const done = []
      const consumer = reading(world, [name])
      const running = consumer.run(
        ({ value }) => {
          if (isBroken) throw new Error('cannot')
          done.push(value)
          if (done.length === 5) stop.abort()
        },
        { deadLetter: {}, signal: stop.signal },
      )
      await world.until('all are dead letters', async () => {
        const query = [{ topic: `${name}-dlt`, partition: 0, timestamp: -1 }]
        const [end] = (await world.admin.listOffsets(query, { timeoutMs: 2000 })).values()
        return end.kind === 'done' && end.value.offset === 5
      })
      isBroken = false
      deepEqual(await world.kafka.redrive({ from: `${name}-dlt` }), { redriven: 5, passedBy: 0, isComplete: true })
      await running
      deepEqual(done, texts(5))
      deepEqual(await world.kafka.redrive({ from: `${name}-dlt` }), { redriven: 0, passedBy: 0, isComplete: true })
      await consumer.close()
    },
  },
]
