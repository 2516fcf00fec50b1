import { deepEqual, equal, notEqual } from 'node:assert/strict'
import { test } from 'node:test'
import { ErrorCode } from '@ottla/protocol'
import { batch, FETCH, fetchOf, produceTo, TestBroker } from './test-broker.test.ts'

test('a session answers with what changed, and nothing when nothing did', async (t) => {
  const broker = await TestBroker.start(t)
  await broker.createTopics({ a: 1, b: 1 })
  const connection = await broker.connect()
  const first = await connection.request(FETCH, 12, { ...fetchOf([{ topic: 'a' }, { topic: 'b' }]), sessionEpoch: 0 })
  notEqual(first.sessionId, 0)
  equal(first.responses.length, 2)
  const { sessionId } = first
  const quiet = await connection.request(FETCH, 12, { ...fetchOf([]), sessionId, sessionEpoch: 1 })
  deepEqual([quiet.errorCode, quiet.sessionId, quiet.responses.length], [0, sessionId, 0])
  await produceTo(connection, { topic: 'b' }, batch([{ value: 'x' }]))
  const news = await connection.request(FETCH, 12, { ...fetchOf([]), sessionId, sessionEpoch: 2, maxWaitMs: 1000 })
  deepEqual(
    news.responses.map(({ topic }) => topic),
    ['b'],
  )
})

test('partitions join and leave a session, and an empty one is over', async (t) => {
  const broker = await TestBroker.start(t)
  await broker.createTopics({ a: 1, b: 1 })
  const connection = await broker.connect()
  const { sessionId } = await connection.request(FETCH, 12, { ...fetchOf([{ topic: 'a' }]), sessionEpoch: 0 })
  const joined = await connection.request(FETCH, 12, { ...fetchOf([{ topic: 'b' }]), sessionId, sessionEpoch: 1 })
  deepEqual(
    joined.responses.map(({ topic }) => topic),
    ['b'],
  )
  const forgottenTopicsData = ['a', 'b'].map((topic) => ({ topic, partitions: [0] }))
  const last = await connection.request(FETCH, 12, { ...fetchOf([]), sessionId, sessionEpoch: 2, forgottenTopicsData })
  deepEqual([last.errorCode, last.sessionId], [0, 0])
  equal(broker.running.broker.fetchSessions.size, 0)
})

test('unknown sessions, wrong epochs and a switch to topic ids each have their error', async (t) => {
  const broker = await TestBroker.start(t)
  const ids = await broker.createTopics({ a: 1 })
  const connection = await broker.connect()
  const errorOf = async (version: number, sessionId: number, sessionEpoch: number): Promise<number> => {
    const request =
      version < 13 ? fetchOf([]) : { ...fetchOf([]), topics: [{ topicId: ids.get('a')!, partitions: [] }] }
    return (await connection.request(FETCH, version, { ...request, sessionId, sessionEpoch })).errorCode
  }
  const { sessionId } = await connection.request(FETCH, 12, { ...fetchOf([{ topic: 'a' }]), sessionEpoch: 0 })
  equal(await errorOf(12, sessionId === 1 ? 2 : 1, 1), ErrorCode.FETCH_SESSION_ID_NOT_FOUND)
  equal(await errorOf(12, sessionId, 5), ErrorCode.INVALID_FETCH_SESSION_EPOCH)
  equal(await errorOf(13, sessionId, 1), ErrorCode.FETCH_SESSION_TOPIC_ID_ERROR)
  equal(await errorOf(12, sessionId, 1), ErrorCode.NONE)
  equal(await errorOf(12, sessionId, -1), ErrorCode.NONE)
  equal(await errorOf(12, sessionId, 2), ErrorCode.FETCH_SESSION_ID_NOT_FOUND)
})

test('a waiting fetch of a session wakes for a partition of it that the request did not name', async (t) => {
  const broker = await TestBroker.start(t)
  await broker.createTopics({ a: 1, b: 1 })
  const [consumer, producer] = [await broker.connect(), await broker.connect()]
  const { sessionId } = await consumer.request(FETCH, 12, {
    ...fetchOf([{ topic: 'a' }, { topic: 'b' }]),
    sessionEpoch: 0,
  })
  const waiting = consumer.request(FETCH, 12, { ...fetchOf([]), sessionId, sessionEpoch: 1, maxWaitMs: 15_000 })
  await produceTo(producer, { topic: 'a' }, batch([{ value: 'x' }]))
  const { responses } = await waiting
  deepEqual(
    responses.map(({ topic }) => topic),
    ['a'],
  )
})
