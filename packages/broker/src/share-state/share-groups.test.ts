import { deepEqual, equal } from 'node:assert/strict'
import { test } from 'node:test'
import type { ClientConnection } from '@ottla/net'
import {
  AlterShareGroupOffsetsRequest,
  AlterShareGroupOffsetsResponse,
  DeleteGroupsRequest,
  DeleteGroupsResponse,
  DeleteShareGroupOffsetsRequest,
  DeleteShareGroupOffsetsResponse,
  DescribeShareGroupOffsetsRequest,
  DescribeShareGroupOffsetsResponse,
  ErrorCode,
  FindCoordinatorRequest,
  FindCoordinatorResponse,
  ListGroupsRequest,
  ListGroupsResponse,
  ShareGroupDescribeRequest,
  ShareGroupDescribeResponse,
  ShareGroupHeartbeatRequest,
  ShareGroupHeartbeatResponse,
} from '@ottla/protocol'
import { batch, produceTo, TestBroker } from '../test-broker.test.ts'

const HEARTBEAT = { request: ShareGroupHeartbeatRequest, response: ShareGroupHeartbeatResponse }
const DESCRIBE = { request: ShareGroupDescribeRequest, response: ShareGroupDescribeResponse }
const OFFSETS = { request: DescribeShareGroupOffsetsRequest, response: DescribeShareGroupOffsetsResponse }
const ALTER = { request: AlterShareGroupOffsetsRequest, response: AlterShareGroupOffsetsResponse }
const DELETE_OFFSETS = { request: DeleteShareGroupOffsetsRequest, response: DeleteShareGroupOffsetsResponse }
const DELETE = { request: DeleteGroupsRequest, response: DeleteGroupsResponse }
const LIST = { request: ListGroupsRequest, response: ListGroupsResponse }
const FIND_COORDINATOR = { request: FindCoordinatorRequest, response: FindCoordinatorResponse }

/** A broker with a topic `events` of two partitions, whose group coordinator answers. */
async function groupBroker(t: Parameters<typeof TestBroker.start>[0]) {
  const broker = await TestBroker.start(t, {
    'offsets.topic.num.partitions': '1',
    'share.coordinator.state.topic.num.partitions': '3',
  })
  const topicId = (await broker.createTopics({ events: 2 })).get('events')!
  const connection = await broker.connect()
  await coordinated(connection)
  return { broker, topicId, connection }
}

/** Waits for the coordinator, as clients do. */
async function coordinated(connection: ClientConnection): Promise<void> {
  for (;;) {
    await connection.request(FIND_COORDINATOR, 6, { keyType: 0, coordinatorKeys: ['g'] })
    const { groups } = await connection.request(DESCRIBE, 1, { groupIds: ['g'] })
    if (groups[0]!.errorCode === ErrorCode.NONE || groups[0]!.errorCode === ErrorCode.GROUP_ID_NOT_FOUND) return
  }
}

async function beat(connection: ClientConnection, memberEpoch: number) {
  const response = await connection.request(HEARTBEAT, 1, {
    groupId: 'g',
    memberId: 'm',
    memberEpoch,
    subscribedTopicNames: memberEpoch === 0 ? ['events'] : null,
  })
  equal(response.errorCode, ErrorCode.NONE, response.errorMessage ?? '')
  return response
}

async function offsetsOf(connection: ClientConnection) {
  const { groups } = await connection.request(OFFSETS, 1, { groups: [{ groupId: 'g', topics: null }] })
  return groups[0]!.topics.flatMap(({ topicName, partitions }) =>
    partitions.map(({ partitionIndex, startOffset, lag }) => [topicName, partitionIndex, startOffset, lag]),
  )
}

test('a member has its partitions with the answer to its first heartbeat, and the group outlives a restart', async (t) => {
  const { broker, topicId, connection } = await groupBroker(t)
  const joined = await beat(connection, 0)
  deepEqual(joined.assignment?.topicPartitions, [{ topicId, partitions: [0, 1] }])
  equal(broker.running.broker.shareState.coordinator.counts().sharePartitions, 2)
  await broker.stop()
  await broker.start()
  const again = await broker.connect()
  await coordinated(again)
  const { groups } = await again.request(DESCRIBE, 1, { groupIds: ['g'], includeAuthorizedOperations: true })
  equal(groups[0]!.groupState, 'Stable')
  deepEqual(groups[0]!.members[0]!.assignment.topicPartitions, [{ topicId, topicName: 'events', partitions: [0, 1] }])
  const beaten = await beat(again, joined.memberEpoch)
  deepEqual([beaten.memberEpoch, beaten.assignment], [joined.memberEpoch, null])
  const listed = await again.request(LIST, 5, { typesFilter: ['share'] })
  deepEqual(
    listed.groups.map(({ groupId, groupType, groupState }) => [groupId, groupType, groupState]),
    [['g', 'share', 'Stable']],
  )
})

test('offsets are altered, described with their lag and deleted, and a group goes with its state', async (t) => {
  const { broker, connection } = await groupBroker(t)
  await produceTo(connection, { topic: 'events' }, batch([{ value: 'a' }, { value: 'b' }, { value: 'c' }]))
  const altered = await connection.request(ALTER, 0, {
    groupId: 'g',
    topics: [{ topicName: 'events', partitions: [{ partitionIndex: 0, startOffset: 1 }] }],
  })
  deepEqual(altered.responses[0]!.partitions[0]!.errorCode, ErrorCode.NONE)
  deepEqual(await offsetsOf(connection), [['events', 0, 1, 2]])
  const joined = await beat(connection, 0)
  const deletion = { groupId: 'g', topics: [{ topicName: 'events' }] }
  equal((await connection.request(DELETE_OFFSETS, 0, deletion)).errorCode, ErrorCode.NON_EMPTY_GROUP)
  await beat(connection, -1)
  equal(joined.errorCode, ErrorCode.NONE)
  const deleted = await connection.request(DELETE_OFFSETS, 0, deletion)
  equal(deleted.responses[0]!.errorCode, ErrorCode.NONE)
  deepEqual(await offsetsOf(connection), [])
  await connection.request(ALTER, 0, {
    groupId: 'g',
    topics: [{ topicName: 'events', partitions: [{ partitionIndex: 1, startOffset: 0 }] }],
  })
  equal(broker.running.broker.shareState.coordinator.counts().sharePartitions, 1)
  const { results } = await connection.request(DELETE, 2, { groupsNames: ['g'] })
  equal(results[0]!.errorCode, ErrorCode.NONE)
  equal(broker.running.broker.shareState.coordinator.counts().sharePartitions, 0)
})
