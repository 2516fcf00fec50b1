/** A request that names a timeout which passes is answered, topic by topic; its connection goes on. */
import { deepEqual } from 'node:assert/strict'
import { test } from 'node:test'
import {
  CreatePartitionsRequest,
  CreatePartitionsResponse,
  CreateTopicsRequest,
  CreateTopicsResponse,
  DeleteTopicsRequest,
  DeleteTopicsResponse,
  ErrorCode,
  MetadataRequest,
  MetadataResponse,
} from '@ottla/protocol'
import { TestBroker } from './test-broker.test.ts'

const CREATE = { request: CreateTopicsRequest, response: CreateTopicsResponse }
const DELETE = { request: DeleteTopicsRequest, response: DeleteTopicsResponse }
const GROW = { request: CreatePartitionsRequest, response: CreatePartitionsResponse }
const METADATA = { request: MetadataRequest, response: MetadataResponse }

test('a timeout that has passed is REQUEST_TIMED_OUT for each topic, and what is behind it on the connection is answered', async (t) => {
  const broker = await TestBroker.start(t)
  await broker.createTopics({ kept: 1 })
  const connection = await broker.connect()
  const codes = (answers: readonly { errorCode: number }[]) => answers.map(({ errorCode }) => errorCode)
  for (const timeoutMs of [-1, -1000]) {
    const topics = [{ name: 'a', numPartitions: 1, replicationFactor: 1 }]
    const created = await connection.request(CREATE, 7, { topics, timeoutMs })
    deepEqual(codes(created.topics), [ErrorCode.REQUEST_TIMED_OUT])
    const grown = await connection.request(GROW, 3, {
      topics: [{ name: 'kept', count: 2, assignments: null }],
      timeoutMs,
    })
    deepEqual(codes(grown.results), [ErrorCode.REQUEST_TIMED_OUT])
    const older = await connection.request(DELETE, 5, { topicNames: ['x', 'y'], timeoutMs })
    deepEqual(codes(older.responses), [ErrorCode.REQUEST_TIMED_OUT, ErrorCode.REQUEST_TIMED_OUT])
    const newer = await connection.request(DELETE, 6, { topics: [{ name: 'x' }], timeoutMs })
    deepEqual(codes(newer.responses), [ErrorCode.REQUEST_TIMED_OUT])
  }
  const { topics } = await connection.request(METADATA, 12, { topics: [{ name: 'kept' }] })
  deepEqual(codes(topics), [ErrorCode.NONE])
})
