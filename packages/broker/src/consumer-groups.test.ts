/** Consumer groups (KIP-848) through the wire. */
import { deepEqual, equal } from 'node:assert/strict'
import { test } from 'node:test'
import {
  ConsumerGroupDescribeRequest,
  ConsumerGroupDescribeResponse,
  ConsumerGroupHeartbeatRequest,
  ConsumerGroupHeartbeatResponse,
  ErrorCode,
  FindCoordinatorRequest,
  FindCoordinatorResponse,
  IncrementalAlterConfigsRequest,
  IncrementalAlterConfigsResponse,
  type Init,
} from '@ottla/protocol'
import { TestBroker } from './test-broker.test.ts'

const HEARTBEAT = { request: ConsumerGroupHeartbeatRequest, response: ConsumerGroupHeartbeatResponse }
const DESCRIBE = { request: ConsumerGroupDescribeRequest, response: ConsumerGroupDescribeResponse }

const ALTER = { request: IncrementalAlterConfigsRequest, response: IncrementalAlterConfigsResponse }
const GROUP = 32
const FIND_COORDINATOR = { request: FindCoordinatorRequest, response: FindCoordinatorResponse }

type Connection = Awaited<ReturnType<TestBroker['connect']>>
type Beat = Init<typeof ConsumerGroupHeartbeatRequest>

/** As clients do it: asks where the coordinator is until it is there. */
async function heartbeat(connection: Connection, beat: Beat) {
  for (;;) {
    const answer = await connection.request(HEARTBEAT, 1, beat)
    if (answer.errorCode !== ErrorCode.NOT_COORDINATOR && answer.errorCode !== ErrorCode.COORDINATOR_LOAD_IN_PROGRESS)
      return answer
    await connection.request(FIND_COORDINATOR, 4, { keyType: 0, coordinatorKeys: ['g'] })
  }
}

/** Likewise: groups are in several partitions, and each may still be read. */
async function described(connection: Connection, groupIds: string[]) {
  for (;;) {
    const { groups } = await connection.request(DESCRIBE, 1, { groupIds })
    if (groups.every(({ errorCode }) => errorCode !== ErrorCode.COORDINATOR_LOAD_IN_PROGRESS)) return groups
  }
}

function join(groupId: string, memberId: string, more: Beat) {
  return {
    groupId,
    memberId,
    memberEpoch: 0,
    rebalanceTimeoutMs: 60_000,
    topicPartitions: [],
    ...more,
  }
}

test('a member subscribes by a pattern of RE2, and finds topics that come later', async (t) => {
  const broker = await TestBroker.start(t)
  await broker.createTopics({ 'orders-a': 2, bills: 1 })
  const connection = await broker.connect()
  const joined = await heartbeat(connection, join('g', 'm', { subscribedTopicRegex: 'orders-.*' }))
  equal(joined.errorCode, ErrorCode.NONE)
  deepEqual(
    joined.assignment?.topicPartitions.map(({ partitions }) => partitions),
    [[0, 1]],
  )
  const invalid = await heartbeat(connection, join('g', 'n', { subscribedTopicRegex: '(' }))
  equal(invalid.errorCode, ErrorCode.INVALID_REGULAR_EXPRESSION)
})

test('settings of a group are in force with its next heartbeat, and within the bounds of the broker', async (t) => {
  const broker = await TestBroker.start(t)
  await broker.createTopics({ t: 1 })
  const connection = await broker.connect()
  const set = (value: string) =>
    connection.request(ALTER, 1, {
      resources: [
        {
          resourceType: GROUP,
          resourceName: 'g',
          configs: [{ name: 'consumer.heartbeat.interval.ms', configOperation: 0, value }],
        },
      ],
    })
  const joined = await heartbeat(connection, join('g', 'm', { subscribedTopicNames: ['t'] }))
  equal(joined.heartbeatIntervalMs, 5_000)
  equal((await set('7000')).responses[0]?.errorCode, ErrorCode.NONE)
  const beat = { groupId: 'g', memberId: 'm', memberEpoch: joined.memberEpoch }
  equal((await heartbeat(connection, beat)).heartbeatIntervalMs, 7_000)
  equal((await set('1')).responses[0]?.errorCode, ErrorCode.INVALID_CONFIG)
  equal((await heartbeat(connection, beat)).heartbeatIntervalMs, 7_000)
})

test('a broker that is told to leave the consumer protocol out refuses it', async (t) => {
  const broker = await TestBroker.start(t, { 'group.coordinator.rebalance.protocols': 'classic' })
  const connection = await broker.connect()
  const joined = await connection.request(HEARTBEAT, 1, join('g', 'm', { subscribedTopicNames: ['t'] }))
  equal(joined.errorCode, ErrorCode.UNSUPPORTED_VERSION)
  const groups = await described(connection, ['g'])
  equal(groups[0]?.errorCode, ErrorCode.UNSUPPORTED_VERSION)
})

test('a group is described with what its members have and are to have', async (t) => {
  const broker = await TestBroker.start(t)
  await broker.createTopics({ t: 3 })
  const connection = await broker.connect()
  const first = await heartbeat(connection, join('g', 'm', { subscribedTopicNames: ['t'] }))
  equal(first.memberEpoch, 2)
  const groups = await described(connection, ['g', 'other'])
  deepEqual(
    groups.map(({ errorCode, groupState, groupEpoch, assignmentEpoch }) => [
      errorCode,
      groupState,
      groupEpoch,
      assignmentEpoch,
    ]),
    [
      [ErrorCode.NONE, 'Stable', 2, 2],
      [ErrorCode.GROUP_ID_NOT_FOUND, '', 0, 0],
    ],
  )
  deepEqual(groups[0]?.members[0]?.assignment.topicPartitions[0]?.partitions, [0, 1, 2])
  deepEqual(groups[0]?.members[0]?.targetAssignment, groups[0]?.members[0]?.assignment)
})
