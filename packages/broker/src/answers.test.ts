/** Answers in the form that clients know from Apache Kafka, where a plausible other form would hurt them. */
import { deepEqual, equal } from 'node:assert/strict'
import { test } from 'node:test'
import {
  AlterConfigsRequest,
  AlterConfigsResponse,
  ApiVersionsRequest,
  ApiVersionsResponse,
  DescribeTopicPartitionsRequest,
  DescribeTopicPartitionsResponse,
  ErrorCode,
  FindCoordinatorRequest,
  FindCoordinatorResponse,
  InitProducerIdRequest,
  InitProducerIdResponse,
  ListOffsetsRequest,
  ListOffsetsResponse,
  MetadataRequest,
  MetadataResponse,
  SyncGroupRequest,
  SyncGroupResponse,
} from '@ottla/protocol'
import { batch, produceTo, TestBroker } from './test-broker.test.ts'

const ALTER_CONFIGS = { request: AlterConfigsRequest, response: AlterConfigsResponse }
const API_VERSIONS = { request: ApiVersionsRequest, response: ApiVersionsResponse }
const TOPIC_PARTITIONS = { request: DescribeTopicPartitionsRequest, response: DescribeTopicPartitionsResponse }
const FIND_COORDINATOR = { request: FindCoordinatorRequest, response: FindCoordinatorResponse }
const INIT_PRODUCER_ID = { request: InitProducerIdRequest, response: InitProducerIdResponse }
const LIST_OFFSETS = { request: ListOffsetsRequest, response: ListOffsetsResponse }
const METADATA = { request: MetadataRequest, response: MetadataResponse }
const SYNC_GROUP = { request: SyncGroupRequest, response: SyncGroupResponse }
const BROKER = 4

test('features that may be off are told from ApiVersions 4 on: clients that know 3 alone take a lowest level of 0 for an error', async (t) => {
  const broker = await TestBroker.start(t)
  const connection = await broker.connect()
  const client = { clientSoftwareName: 'test', clientSoftwareVersion: '1' }
  const older = await connection.request(API_VERSIONS, 3, client)
  deepEqual(
    older.supportedFeatures.map(({ name }) => name),
    ['metadata.version'],
  )
  const newer = await connection.request(API_VERSIONS, 4, client)
  equal(newer.supportedFeatures.find(({ name }) => name === 'group.version')?.minVersion, 0)
})

test('illegal topic names are told from unknown ones, whether or not missing topics are made', async (t) => {
  const broker = await TestBroker.start(t)
  const connection = await broker.connect()
  for (const allowAutoTopicCreation of [false, true]) {
    const { topics } = await connection.request(METADATA, 12, { topics: [{ name: 'a b' }], allowAutoTopicCreation })
    equal(topics[0]!.errorCode, ErrorCode.INVALID_TOPIC_EXCEPTION)
  }
})

test('topics can be asked for by id from Metadata 12 on, and an unknown id has its error', async (t) => {
  const broker = await TestBroker.start(t)
  const topicId = (await broker.createTopics({ events: 1 })).get('events')!
  const connection = await broker.connect()
  const ask = async (version: number, id: string): Promise<number> => {
    const { topics } = await connection.request(METADATA, version, { topics: [{ name: null, topicId: id }] })
    return topics[0]!.errorCode
  }
  const unknown = broker.env.random.uuid()
  for (const version of [10, 11]) {
    for (const id of [topicId, unknown]) equal(await ask(version, id), ErrorCode.INVALID_REQUEST)
  }
  equal(await ask(12, topicId), ErrorCode.NONE)
  equal(await ask(12, unknown), ErrorCode.UNKNOWN_TOPIC_ID)
})

test('a page of topics holds at least one partition, and a cursor must be on a topic that is asked for', async (t) => {
  const broker = await TestBroker.start(t)
  await broker.createTopics({ a: 2, b: 1 })
  const connection = await broker.connect()
  const topics = [{ name: 'a' }, { name: 'b' }]
  const page = await connection.request(TOPIC_PARTITIONS, 0, { topics, responsePartitionLimit: 0 })
  equal(page.topics[0]!.partitions.length, 1)
  deepEqual([page.nextCursor?.topicName, page.nextCursor?.partitionIndex], ['a', 1])
  for (const cursor of [
    { topicName: 'c', partitionIndex: 0 },
    { topicName: 'a', partitionIndex: -1 },
  ]) {
    const refused = await connection.request(TOPIC_PARTITIONS, 0, { topics, cursor })
    deepEqual(
      refused.topics.map(({ name, errorCode }) => [name, errorCode]),
      [
        ['a', ErrorCode.INVALID_REQUEST],
        ['b', ErrorCode.INVALID_REQUEST],
      ],
    )
  }
})

test('times that name no offset in the request’s version are refused', async (t) => {
  const broker = await TestBroker.start(t)
  await broker.createTopics({ events: 1 })
  const connection = await broker.connect()
  await produceTo(connection, { topic: 'events' }, batch([{ value: 'x' }]))
  const errorAt = async (timestamp: number, version: number): Promise<number> => {
    const topics = [{ name: 'events', partitions: [{ partitionIndex: 0, timestamp }] }]
    const response = await connection.request(LIST_OFFSETS, version, { replicaId: -1, topics })
    return response.topics[0]!.partitions[0]!.errorCode
  }
  equal(await errorAt(-3, 6), ErrorCode.UNSUPPORTED_VERSION)
  equal(await errorAt(-3, 7), ErrorCode.NONE)
  equal(await errorAt(-7, 11), ErrorCode.UNSUPPORTED_VERSION)
  equal(await errorAt(0, 1), ErrorCode.NONE)
})

test('a producer id without an epoch, or an epoch without an id, is refused', async (t) => {
  const broker = await TestBroker.start(t)
  const connection = await broker.connect()
  const errorOf = async (ids: object): Promise<number> =>
    (await connection.request(INIT_PRODUCER_ID, 4, { transactionalId: null, ...ids })).errorCode
  equal(await errorOf({ producerId: 5 }), ErrorCode.INVALID_REQUEST)
  equal(await errorOf({ producerEpoch: 5 }), ErrorCode.INVALID_REQUEST)
  equal(await errorOf({ producerId: 5, producerEpoch: 5 }), ErrorCode.NONE)
})

test('from SyncGroup 5 on members must say the protocol', async (t) => {
  const broker = await TestBroker.start(t)
  const connection = await broker.connect()
  await connection.request(FIND_COORDINATOR, 4, { keyType: 0, coordinatorKeys: ['g'] })
  const sync = { groupId: 'g', generationId: 1, memberId: 'm' }
  const { errorCode } = await connection.request(SYNC_GROUP, 5, sync)
  equal(errorCode, ErrorCode.INCONSISTENT_GROUP_PROTOCOL)
})

test('settings of another broker are refused by this one, beside others of the same request', async (t) => {
  const broker = await TestBroker.start(t, { 'node.id': '1' })
  await broker.createTopics({ events: 1 })
  const connection = await broker.connect()
  const { responses } = await connection.request(ALTER_CONFIGS, 2, {
    resources: [
      { resourceType: BROKER, resourceName: '9', configs: [{ name: 'log.retention.ms', value: '1000' }] },
      { resourceType: 2, resourceName: 'events', configs: [{ name: 'retention.ms', value: '1000' }] },
      { resourceType: BROKER, resourceName: '1', configs: [{ name: 'log.retention.ms', value: '1000' }] },
    ],
  })
  deepEqual(
    responses.map(({ resourceName, errorCode }) => [resourceName, errorCode]),
    [
      ['9', ErrorCode.INVALID_REQUEST],
      ['events', ErrorCode.NONE],
      ['1', ErrorCode.NONE],
    ],
  )
})

test('telemetry of clients is offered unless the settings say otherwise: who sees it asks for subscriptions for ever', async (t) => {
  const client = { clientSoftwareName: 'test', clientSoftwareVersion: '1' }
  for (const [enable, count] of [
    ['true', 2],
    ['false', 0],
  ] as const) {
    const broker = await TestBroker.start(t, { 'ottla.client.metrics.enable': enable })
    const connection = await broker.connect()
    const { apiKeys } = await connection.request(API_VERSIONS, 4, client)
    equal(apiKeys.filter(({ apiKey }) => apiKey === 71 || apiKey === 72).length, count)
  }
})

test('a topic that is asked for by id is found whatever the name beside it says: Java consumers send the empty string', async (t) => {
  const broker = await TestBroker.start(t)
  const ids = await broker.createTopics({ t: 1 })
  const connection = await broker.connect()
  const topics = [{ topicId: ids.get('t')!, name: '' }]
  const answer = await connection.request(METADATA, 13, { topics, allowAutoTopicCreation: false })
  deepEqual(
    answer.topics.map(({ errorCode, name }) => [errorCode, name]),
    [[ErrorCode.NONE, 't']],
  )
})
