/** What the façade adds to the decisions: routing while partitions come and go, and the forms of old versions. */
import { deepEqual, equal } from 'node:assert/strict'
import { test } from 'node:test'
import { ErrorCode, encodeMessage, JoinGroupResponse, OffsetFetchResponse, ZERO_UUID } from '@ottla/protocol'
import { GroupFixture, subscription } from './testing/group-fixture.ts'

const context = (apiVersion: number) => ({ apiVersion, clientId: 'c', clientHost: '/192.0.2.1' })

function joinRequest(groupId: string) {
  return {
    groupId,
    sessionTimeoutMs: 10_000,
    rebalanceTimeoutMs: -1,
    memberId: '',
    groupInstanceId: null,
    protocolType: 'consumer',
    protocols: [{ name: 'range', metadata: subscription(['t']) }],
    reason: null,
  }
}

const heartbeat = { groupId: 'g', generationId: 1, memberId: 'm', groupInstanceId: null }

test('groups go to the partition that Kafka gives them', () => {
  const fixture = new GroupFixture()
  fixture.config = { ...fixture.config, offsetsTopicPartitions: 50 }
  equal(fixture.coordinator.partitionFor('console-consumer-12345'), 6)
  equal(fixture.coordinator.partitionFor(''), 0)
})

test('while a partition loads its groups are told to wait, and heartbeats are in order', async () => {
  const fixture = new GroupFixture()
  let open = () => {}
  const opened = new Promise<void>((resolve) => {
    open = resolve
  })
  const batches = (async function* () {
    await opened
    yield* []
  })()
  const { coordinator } = fixture
  const loading = coordinator.load(0, 1, { batches, writer: fixture.log })
  const waiting = await coordinator.joinGroup(joinRequest('g'), context(9))
  equal(waiting.errorCode, ErrorCode.COORDINATOR_LOAD_IN_PROGRESS)
  equal((await coordinator.heartbeat(heartbeat)).errorCode, ErrorCode.NONE)
  equal(coordinator.listGroups({ statesFilter: [], typesFilter: [] }).errorCode, ErrorCode.COORDINATOR_LOAD_IN_PROGRESS)
  open()
  equal(await loading, 'active')
  equal((await coordinator.heartbeat(heartbeat)).errorCode, ErrorCode.UNKNOWN_MEMBER_ID)
  coordinator.unload(0, 2)
  equal((await coordinator.heartbeat(heartbeat)).errorCode, ErrorCode.NOT_COORDINATOR)
  coordinator.close()
  equal((await coordinator.heartbeat(heartbeat)).errorCode, ErrorCode.COORDINATOR_NOT_AVAILABLE)
})

test('a partition whose log cannot be read is not served', async () => {
  const fixture = new GroupFixture()
  const batches = (async function* () {
    await Promise.resolve()
    yield* []
    throw new Error('unreadable')
  })()
  const failed = await fixture.coordinator
    .load(0, 1, { batches, writer: fixture.log })
    .catch((error: Error) => error.message)
  equal(failed, 'unreadable')
  equal((await fixture.coordinator.heartbeat(heartbeat)).errorCode, ErrorCode.NOT_COORDINATOR)
})

test('commits and failures of another epoch are ignored', async () => {
  const fixture = new GroupFixture()
  await fixture.load()
  fixture.commitsAtOnce = false
  const request = {
    groupId: 'g',
    generationIdOrMemberEpoch: -1,
    memberId: '',
    groupInstanceId: null,
    retentionTimeMs: -1,
    topics: [
      {
        name: 't',
        topicId: ZERO_UUID,
        partitions: [
          {
            partitionIndex: 0,
            committedOffset: 5,
            committedLeaderEpoch: -1,
            commitTimestamp: -1,
            committedMetadata: null,
          },
        ],
      },
    ],
  }
  let isAnswered = false
  const answer = fixture.coordinator.offsetCommit(request, context(9)).then((each) => {
    isAnswered = true
    return each
  })
  fixture.coordinator.committed(0, fixture.epoch - 1, 100)
  fixture.coordinator.failed(0, fixture.epoch + 1, { error: new Error('other'), logEndOffset: 0 })
  await fixture.turns()
  equal(isAnswered, false)
  fixture.commit()
  deepEqual((await answer).topics?.[0]?.partitions, [{ partitionIndex: 0, errorCode: ErrorCode.NONE }])
})

test('when the log is too far behind, who comes is told to come back, and is served when it has caught up', async () => {
  const fixture = new GroupFixture()
  await fixture.load()
  fixture.commitsAtOnce = false
  const commit = async (offset: number): Promise<number | undefined> => {
    const partition = { partitionIndex: 0, committedOffset: offset, committedLeaderEpoch: -1, commitTimestamp: -1 }
    const answer = await fixture.coordinator.offsetCommit(
      {
        groupId: 'g',
        generationIdOrMemberEpoch: -1,
        memberId: '',
        groupInstanceId: null,
        retentionTimeMs: -1,
        topics: [{ name: 't', topicId: ZERO_UUID, partitions: [{ ...partition, committedMetadata: null }] }],
      },
      context(9),
    )
    return answer.topics?.[0]?.partitions?.[0]?.errorCode
  }
  const early = Array.from({ length: 10_000 }, (_, offset) => commit(offset))
  equal(await commit(-1), ErrorCode.COORDINATOR_LOAD_IN_PROGRESS)
  fixture.commit()
  deepEqual(new Set(await Promise.all(early)), new Set([ErrorCode.NONE]))
  fixture.commitsAtOnce = true
  equal(await commit(7), ErrorCode.NONE)
})

test('the empty group id has members in no version', async () => {
  const fixture = new GroupFixture()
  await fixture.load()
  const { coordinator } = fixture
  const sync = { ...heartbeat, groupId: '', protocolType: null, protocolName: null, assignments: [] }
  const leave = { groupId: '', memberId: '', members: [] }
  const answers = [
    await coordinator.joinGroup(joinRequest(''), context(9)),
    await coordinator.heartbeat({ ...heartbeat, groupId: '' }),
    await coordinator.syncGroup(sync),
    await coordinator.leaveGroup(leave, context(5)),
    await coordinator.offsetDelete({ groupId: '', topics: [] }),
  ]
  for (const { errorCode } of answers) equal(errorCode, ErrorCode.INVALID_GROUP_ID)
})

test('an answer to an old join has no null, and no timeout of its own but the session', async () => {
  const fixture = new GroupFixture()
  await fixture.load()
  const refused = await fixture.coordinator.joinGroup({ ...joinRequest('g'), sessionTimeoutMs: 1 }, context(6))
  equal(refused.protocolName, '')
  encodeMessage(JoinGroupResponse, 6, refused)
  const joined = fixture.coordinator.joinGroup(joinRequest('g'), context(0))
  fixture.time.advance(3_000)
  await fixture.turns()
  const { memberId = '' } = await joined
  equal(fixture.partition.shard.classicGroup('g')?.members.get(memberId)?.rebalanceTimeoutMs, 10_000)
})

test('offsets are answered in the form of each version', async () => {
  const fixture = new GroupFixture()
  await fixture.load()
  const { coordinator } = fixture
  const topics = [{ name: 't', partitionIndexes: [0] }]
  const asOne = { groupId: 'g', topics, groups: [], requireStable: false }
  const none = { partitionIndex: 0, committedOffset: -1, committedLeaderEpoch: -1, metadata: '', errorCode: 0 }
  for (const version of [1, 2, 5, 7]) {
    const answer = await coordinator.offsetFetch(asOne, context(version))
    deepEqual(answer.topics, [{ name: 't', partitions: [none] }])
    encodeMessage(OffsetFetchResponse, version, answer)
  }
  const topicId = fixture.topics.idOf('t') as string
  const unknown = 'nononononononononononA'
  const byId = [topicId, unknown].map((topicId) => ({ name: '', topicId, partitionIndexes: [0] }))
  const groups = [
    { groupId: 'g', memberId: null, memberEpoch: -1, topics: byId },
    { groupId: 'h', memberId: null, memberEpoch: -1, topics: null },
  ]
  const answer = await coordinator.offsetFetch({ groupId: '', topics: null, groups, requireStable: false }, context(10))
  deepEqual(answer.groups, [
    {
      groupId: 'g',
      errorCode: 0,
      topics: [
        { topicId, partitions: [none] },
        { topicId: unknown, partitions: [{ ...none, errorCode: ErrorCode.UNKNOWN_TOPIC_ID }] },
      ],
    },
    { groupId: 'h', errorCode: 0, topics: [] },
  ])
  encodeMessage(OffsetFetchResponse, 10, answer)

  coordinator.unload(0, fixture.epoch + 1)
  const oldest = await coordinator.offsetFetch(asOne, context(1))
  deepEqual(oldest.topics, [{ name: 't', partitions: [{ ...none, errorCode: ErrorCode.NOT_COORDINATOR }] }])
  encodeMessage(OffsetFetchResponse, 1, oldest)
  const old = await coordinator.offsetFetch(asOne, context(7))
  equal(old.errorCode, ErrorCode.NOT_COORDINATOR)
  encodeMessage(OffsetFetchResponse, 7, old)
})
