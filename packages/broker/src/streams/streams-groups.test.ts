/** Streams groups over the wire: a member joins, its internal topics are made, it has tasks, commits, and leaves. */
import { deepEqual, equal, match } from 'node:assert/strict'
import { test } from 'node:test'
import {
  ErrorCode,
  type Init,
  ListGroupsRequest,
  ListGroupsResponse,
  MetadataRequest,
  MetadataResponse,
  OffsetCommitRequest,
  OffsetCommitResponse,
  StreamsGroupDescribeRequest,
  StreamsGroupDescribeResponse,
  StreamsGroupHeartbeatRequest,
  StreamsGroupHeartbeatResponse,
} from '@ottla/protocol'
import { TestBroker } from '../test-broker.test.ts'

const HEARTBEAT = { request: StreamsGroupHeartbeatRequest, response: StreamsGroupHeartbeatResponse }
const DESCRIBE = { request: StreamsGroupDescribeRequest, response: StreamsGroupDescribeResponse }
const LIST = { request: ListGroupsRequest, response: ListGroupsResponse }
const METADATA = { request: MetadataRequest, response: MetadataResponse }
const COMMIT = { request: OffsetCommitRequest, response: OffsetCommitResponse }

type Request = Init<typeof StreamsGroupHeartbeatRequest>

/** A word count: lines are split, and counted by word. */
const TOPOLOGY = {
  epoch: 0,
  subtopologies: [
    { subtopologyId: '0', sourceTopics: ['lines'], repartitionSinkTopics: ['app-by-word-repartition'] },
    {
      subtopologyId: '1',
      repartitionSourceTopics: [{ name: 'app-by-word-repartition' }],
      stateChangelogTopics: [
        { name: 'app-counts-changelog', topicConfigs: [{ key: 'cleanup.policy', value: 'compact' }] },
      ],
    },
  ],
} satisfies Request['topology']

const NO_TASKS = { activeTasks: [], standbyTasks: [], warmupTasks: [] }
const JOIN = {
  groupId: 'app',
  memberId: 'm',
  memberEpoch: 0,
  endpointInformationEpoch: -1,
  processId: 'p',
  rebalanceTimeoutMs: 60_000,
  clientTags: [],
  topology: TOPOLOGY,
  ...NO_TASKS,
} satisfies Request

const AT_ONCE = { 'group.streams.initial.rebalance.delay.ms': '0', 'group.streams.assignment.interval.ms': '0' }

async function member(t: Parameters<typeof TestBroker.start>[0], settings: Readonly<Record<string, string>> = AT_ONCE) {
  const broker = await TestBroker.start(t, { 'offsets.topic.num.partitions': '1', ...settings })
  await broker.createTopics({ lines: 2 })
  const connection = await broker.connect()
  const beat = (request: Partial<Request>, version = 1) =>
    connection.request(HEARTBEAT, version, { groupId: 'app', memberId: 'm', endpointInformationEpoch: -1, ...request })
  /** Asks until the coordinator is there. */
  const join = async (request: Partial<Request> = {}, version = 1) => {
    for (;;) {
      const response = await beat({ ...JOIN, ...request }, version)
      const isThere =
        response.errorCode !== ErrorCode.NOT_COORDINATOR &&
        response.errorCode !== ErrorCode.COORDINATOR_LOAD_IN_PROGRESS
      if (isThere) return response
      // Naming the topic makes it.
      await connection.request(METADATA, 12, { topics: [{ name: '__consumer_offsets' }], allowAutoTopicCreation: true })
    }
  }
  /** Beats until it has tasks. */
  const untilAssigned = async (memberEpoch: number) => {
    for (let epoch = memberEpoch; ; ) {
      const response = await beat({ memberEpoch: epoch })
      equal(response.errorCode, 0, response.errorMessage ?? '')
      epoch = response.memberEpoch
      if ((response.activeTasks ?? []).length > 0) return response
    }
  }
  return { broker, connection, beat, join, untilAssigned }
}

test('internal topics are made with the partitions and settings that the topology needs, then the member has all tasks', async (t) => {
  const { connection, join, untilAssigned } = await member(t)
  const joined = await join()
  equal(joined.errorCode, 0, joined.errorMessage ?? '')
  deepEqual(
    joined.status?.map(({ statusCode }) => statusCode),
    [3],
  )
  const assigned = await untilAssigned(joined.memberEpoch)
  deepEqual(assigned.activeTasks, [
    { subtopologyId: '0', partitions: [0, 1] },
    { subtopologyId: '1', partitions: [0, 1] },
  ])
  deepEqual(assigned.status, [])
  const names = ['app-by-word-repartition', 'app-counts-changelog']
  const { topics } = await connection.request(METADATA, 12, { topics: names.map((name) => ({ name })) })
  deepEqual(
    topics.map(({ name, partitions }) => [name, partitions.length]),
    names.map((name) => [name, 2]),
  )
})

test('the group is listed and described, with what its member has', async (t) => {
  const { connection, join, untilAssigned } = await member(t)
  const { memberEpoch } = await untilAssigned((await join()).memberEpoch)
  const { groups } = await connection.request(LIST, 5, { typesFilter: ['streams'] })
  deepEqual(
    groups.map(({ groupId, groupType, groupState, protocolType }) => [groupId, groupType, groupState, protocolType]),
    [['app', 'streams', 'Stable', 'streams']],
  )
  const described = await connection.request(DESCRIBE, 1, {
    groupIds: ['app', 'other'],
    includeAuthorizedOperations: true,
  })
  const [app, other] = described.groups
  equal(app?.members[0]?.memberEpoch, memberEpoch)
  equal(app?.assignorName, 'sticky')
  equal(app?.topology?.subtopologies?.[1]?.stateChangelogTopics[0]?.partitions, 2)
  equal(app !== undefined && app.authorizedOperations > 0, true)
  equal(other?.errorCode, ErrorCode.GROUP_ID_NOT_FOUND)
})

test('members commit with their epoch, and nobody else does; an answer of version 0 fits its form', async (t) => {
  const { connection, beat, join, untilAssigned } = await member(t)
  const { memberEpoch } = await untilAssigned((await join({}, 0)).memberEpoch)
  const commit = async (memberId: string, generationIdOrMemberEpoch: number) => {
    const { topics } = await connection.request(COMMIT, 9, {
      groupId: 'app',
      memberId,
      generationIdOrMemberEpoch,
      topics: [{ name: 'lines', partitions: [{ partitionIndex: 0, committedOffset: 1 }] }],
    })
    return topics[0]?.partitions[0]?.errorCode
  }
  equal(await commit('m', memberEpoch), ErrorCode.NONE)
  equal(await commit('m', memberEpoch + 1), ErrorCode.STALE_MEMBER_EPOCH)
  equal(await commit('z', memberEpoch), ErrorCode.UNKNOWN_MEMBER_ID)
  const beaten = await beat({ memberEpoch }, 0)
  deepEqual([beaten.errorCode, beaten.acceptableRecoveryLagLegacy], [ErrorCode.NONE, 10_000])
  equal((await beat({ memberEpoch: -1 })).memberEpoch, -1)
})

test('topics of the broker and impossible names are refused as part of a topology', async (t) => {
  const { join } = await member(t)
  const withSource = (name: string) => ({ epoch: 0, subtopologies: [{ subtopologyId: '0', sourceTopics: [name] }] })
  const internal = await join({ topology: withSource('__consumer_offsets') })
  equal(internal.errorCode, ErrorCode.STREAMS_INVALID_TOPOLOGY)
  const invalid = await join({ topology: withSource('a b') })
  equal(invalid.errorCode, ErrorCode.STREAMS_INVALID_TOPOLOGY)
})

test('why an internal topic cannot be made is told with the next heartbeat', async (t) => {
  const { beat, join } = await member(t)
  const [, counting] = TOPOLOGY.subtopologies
  const changelog = { name: 'app-counts-changelog', topicConfigs: [{ key: 'cleanup.policy', value: 'nonsense' }] }
  const subtopologies = [
    { ...counting, sourceTopics: ['lines'], repartitionSourceTopics: [], stateChangelogTopics: [changelog] },
  ]
  let { memberEpoch, status } = await join({ topology: { epoch: 0, subtopologies } })
  for (;;) {
    const detail = status?.[0]?.statusDetail ?? ''
    if (detail.includes('Creation failed')) {
      match(detail, /app-counts-changelog \(.*cleanup\.policy/)
      return
    }
    ;({ memberEpoch, status } = await beat({ memberEpoch }))
  }
})

test('a broker that is told not to serve streams groups does not', async (t) => {
  const { connection, join } = await member(t, { 'group.coordinator.rebalance.protocols': 'classic,consumer' })
  equal((await join()).errorCode, ErrorCode.UNSUPPORTED_VERSION)
  const { groups } = await connection.request(DESCRIBE, 0, { groupIds: ['app'] })
  equal(groups[0]?.errorCode, ErrorCode.UNSUPPORTED_VERSION)
})
