import { deepEqual, equal } from 'node:assert/strict'
import { test } from 'node:test'
import { DeleteTopicsRequest, DeleteTopicsResponse, ErrorCode, ZERO_UUID } from '@ottla/protocol'
import { TestBroker } from '../test-broker.test.ts'

const DELETE_TOPICS = { request: DeleteTopicsRequest, response: DeleteTopicsResponse }
const PARTITIONS = 1200

test('of a new topic with many partitions 500 replicas are made at once, and each other one when somebody looks for it', async (t) => {
  const broker = await TestBroker.start(t)
  const { replicas, channel } = broker.running.broker
  const made = new Set<number>()
  replicas.observe({
    onReplica: ({ topic, partition }) => void (topic === 'wide' && made.add(partition)),
    onStopped: () => {},
  })
  const counts: number[] = []
  const errors: number[] = []
  const unsubscribe = channel.subscribe(() => {
    if (replicas.topicId('wide') === ZERO_UUID) return
    counts.push(made.size)
    for (const partition of [PARTITIONS - 1, PARTITIONS - 1, PARTITIONS, -1])
      errors.push(replicas.find('wide', partition).error)
    counts.push(made.size)
    unsubscribe()
  })
  await broker.createTopics({ wide: PARTITIONS })
  deepEqual(counts, [500, 501])
  const { NONE, UNKNOWN_TOPIC_OR_PARTITION } = ErrorCode
  deepEqual(errors, [NONE, NONE, UNKNOWN_TOPIC_OR_PARTITION, UNKNOWN_TOPIC_OR_PARTITION])
  const ofWide = [...replicas.all()].filter(({ topic }) => topic === 'wide')
  deepEqual(
    ofWide.map(({ partition }) => partition),
    Array.from({ length: PARTITIONS }, (_, partition) => partition),
  )
  equal(made.size, PARTITIONS)
})

test('the logs of all new partitions are made, and those of a topic that is deleted meanwhile are not', async (t) => {
  const broker = await TestBroker.start(t)
  const { replicas, logs } = broker.running.broker
  const logsOf = (name: string): number =>
    [...logs.partitions()].filter(({ topicPartition }) => topicPartition.topic === name).length
  await broker.createTopics({ gone: PARTITIONS, wide: 600 })
  const connection = await broker.connect()
  await connection.request(DELETE_TOPICS, 6, { topics: [{ name: 'gone' }], timeoutMs: 5000 })
  while (logsOf('wide') < 600 || logsOf('gone') > 0) await new Promise((resolve) => setImmediate(resolve))
  equal([...replicas.all()].filter(({ topic }) => topic === 'gone').length, 0)
})
