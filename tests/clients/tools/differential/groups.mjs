/** Scenarios on groups: coordinators, members, committed offsets. */
import { until } from '../wire.mjs'
import { makeTopics } from './topics.mjs'

const STRANGE_UUID = 'c3RyYW5nZSB1dWlkIGhlcg'
const SUBSCRIPTION = Buffer.from('00000000000100056c61746572ffffffff', 'hex')
const ASSIGNMENT = Buffer.from('0000000000000000ffffffff', 'hex')
const GROUP = 0
const TRANSACTION = 1

/** Has the offsets topic made and its coordinators loaded, so that answers do not depend on who was faster. */
export async function makeCoordinators(side) {
  for (let index = 0; index < 12; index++) {
    const key = `warm-${index}`
    const find = () => side.askQuietly('FindCoordinator', 4, { keyType: GROUP, coordinatorKeys: [key] })
    await until(async () => (await find()).coordinators[0].errorCode === 0, { what: 'a coordinator' })
    const load = () => side.askQuietly('OffsetFetch', 8, { groups: [{ groupId: key, topics: null }] })
    await until(async () => (await load()).groups[0].errorCode === 0, { what: 'a loaded coordinator' })
  }
}

export async function coordinators(side) {
  const old = (key, keyType) => (version) => ({ key, ...(version >= 1 ? { keyType } : {}) })
  await side.askAll('group', 'FindCoordinator', old('find-a', GROUP), { max: 3 })
  await side.askAll('empty key', 'FindCoordinator', old('', GROUP), { max: 3 })
  await side.askAll('unknown type', 'FindCoordinator', old('find-a', 9), { min: 1, max: 3 })
  await side.askAll('negative type', 'FindCoordinator', old('find-a', -1), { min: 1, max: 3 })
  const many = (keyType, ...coordinatorKeys) => ({ keyType, coordinatorKeys })
  await side.askAll('groups', 'FindCoordinator', many(GROUP, 'find-a', 'find-b', ''), { min: 4 })
  await side.askAll('group twice', 'FindCoordinator', many(GROUP, 'find-a', 'find-a'), { min: 4 })
  await side.askAll('no groups', 'FindCoordinator', many(GROUP), { min: 4 })
  await side.askAll('unknown type', 'FindCoordinator', many(9, 'find-a'), { min: 4 })
  await side.askAll('share group in an old version', 'FindCoordinator', many(2, `group:${STRANGE_UUID}:0`), {
    min: 4,
    max: 5,
  })
  await side.askAll('malformed share key', 'FindCoordinator', many(2, 'a'), { min: 6 })
  await side.askAll('transactions, empty', 'FindCoordinator', many(TRANSACTION), { min: 4 })
}

export async function offsets(side) {
  await makeTopics(side, { com: 3 })
  const { topics } = await side.askQuietly('Metadata', 12, { topics: [{ name: 'com' }], allowAutoTopicCreation: false })
  const { topicId } = topics[0]
  const named = (version, name) => (version >= 10 ? { topicId: name === 'com' ? topicId : STRANGE_UUID } : { name })
  const commit =
    (groupId, options = {}) =>
    (version) => {
      const {
        topic = 'com',
        partitions = [{ partitionIndex: 0, committedOffset: 5 }],
        generation,
        memberId,
        ...rest
      } = options
      const member = version >= 1 ? { generationIdOrMemberEpoch: generation ?? -1, memberId: memberId ?? '' } : {}
      return {
        groupId,
        ...member,
        ...rest,
        topics: [
          { ...named(version, topic), partitions: partitions.map((each) => ({ committedMetadata: 'm', ...each })) },
        ],
      }
    }
  const commits = {
    good: commit('com-good'),
    'unknown topic': commit('com-good', { topic: 'com-none' }),
    'unknown partition': commit('com-good', {
      partitions: [
        { partitionIndex: 9, committedOffset: 1 },
        { partitionIndex: -1, committedOffset: 1 },
        { partitionIndex: 1, committedOffset: 1 },
      ],
    }),
    'negative offset': commit('com-good', { partitions: [{ partitionIndex: 2, committedOffset: -1 }] }),
    'very negative offset': commit('com-good', { partitions: [{ partitionIndex: 2, committedOffset: -100 }] }),
    'long metadata': commit('com-good', {
      partitions: [
        { partitionIndex: 2, committedOffset: 1, committedMetadata: 'x'.repeat(4097) },
        { partitionIndex: 1, committedOffset: 2, committedMetadata: 'x'.repeat(4096) },
      ],
    }),
    'null metadata': commit('com-good', {
      partitions: [{ partitionIndex: 2, committedOffset: 1, committedMetadata: null }],
    }),
    'with a generation': commit('com-good', { generation: 3 }),
    'with a generation, unknown group': commit('com-unknown', { generation: 3 }),
    'with a member, unknown group': commit('com-unknown', { memberId: 'me' }),
    'with a member and a generation, unknown group': commit('com-unknown', { memberId: 'me', generation: 1 }),
    'empty group': commit(''),
    'no topics': (version) => ({ ...commit('com-good')(version), topics: [] }),
  }
  for (const [label, body] of Object.entries(commits)) await side.askAll(label, 'OffsetCommit', body, { min: 2 })
  await side.askAll('static member, unknown', 'OffsetCommit', commit('com-good', { groupInstanceId: 'i' }), { min: 7 })
  await side.askAll(
    'static member, unknown group',
    'OffsetCommit',
    commit('com-unknown', { groupInstanceId: 'i', generation: 1, memberId: 'a' }),
    { min: 7 },
  )
  await offsetFetches(side, named)
  await offsetDeletions(side)
}

async function offsetFetches(side, named) {
  const old = (groupId, topics) => () => ({ groupId, topics })
  const oldForms = {
    known: old('com-good', [{ name: 'com', partitionIndexes: [0, 1, 2, 9] }]),
    'unknown topic': old('com-good', [{ name: 'com-none', partitionIndexes: [0] }]),
    'unknown group': old('com-never', [{ name: 'com', partitionIndexes: [0] }]),
    'empty group': old('', [{ name: 'com', partitionIndexes: [0] }]),
    'no topics': old('com-good', []),
  }
  for (const [label, body] of Object.entries(oldForms))
    await side.askAll(label, 'OffsetFetch', body, { min: 1, max: 7 })
  await side.askAll('all topics', 'OffsetFetch', old('com-good', null), { min: 2, max: 7 })
  await side.askAll('all topics of an unknown group', 'OffsetFetch', old('com-never', null), { min: 2, max: 7 })
  await side.askAll(
    'stable',
    'OffsetFetch',
    { groupId: 'com-good', topics: null, requireStable: true },
    { min: 7, max: 7 },
  )
  const of = (version, name, partitionIndexes) => ({ ...named(version, name), partitionIndexes })
  const forms = {
    known: (version) => ({ groups: [{ groupId: 'com-good', topics: [of(version, 'com', [0, 1, 2, 9])] }] }),
    'all topics': () => ({ groups: [{ groupId: 'com-good', topics: null }] }),
    'several groups': () => ({ groups: ['com-good', 'com-never', ''].map((groupId) => ({ groupId, topics: null })) }),
    'group twice': () => ({ groups: ['com-good', 'com-good'].map((groupId) => ({ groupId, topics: null })) }),
    'unknown topic': (version) => ({
      groups: [{ groupId: 'com-good', topics: [of(version, 'com-none', [0]), of(version, 'com', [0])] }],
    }),
    'no topics': () => ({ groups: [{ groupId: 'com-good', topics: [] }] }),
    'no groups': () => ({ groups: [] }),
    stable: () => ({ groups: [{ groupId: 'com-good', topics: null }], requireStable: true }),
  }
  for (const [label, body] of Object.entries(forms)) await side.askAll(label, 'OffsetFetch', body, { min: 8 })
  await side.askAll(
    'member of a simple group',
    'OffsetFetch',
    { groups: [{ groupId: 'com-good', memberId: 'x', memberEpoch: 3, topics: null }] },
    { min: 9 },
  )
  await side.askAll(
    'member of an unknown group',
    'OffsetFetch',
    { groups: [{ groupId: 'com-never', memberId: 'x', memberEpoch: 3, topics: null }] },
    { min: 9 },
  )
}

async function offsetDeletions(side) {
  const deletion = (groupId, name = 'com', partitions = [0, 9]) => ({
    groupId,
    topics: [{ name, partitions: partitions.map((partitionIndex) => ({ partitionIndex })) }],
  })
  await side.ask('known', 'OffsetDelete', 0, deletion('com-good'))
  await side.ask('again', 'OffsetDelete', 0, deletion('com-good'))
  await side.ask('unknown topic', 'OffsetDelete', 0, deletion('com-good', 'com-none'))
  await side.ask('unknown group', 'OffsetDelete', 0, deletion('com-never'))
  await side.ask('empty group', 'OffsetDelete', 0, deletion(''))
  await side.ask('nothing', 'OffsetDelete', 0, { groupId: 'com-good', topics: [] })
  await side.ask('after the deletion', 'OffsetFetch', 8, { groups: [{ groupId: 'com-good', topics: null }] })
}

export async function joinErrors(side) {
  const protocols = [{ name: 'range', metadata: SUBSCRIPTION }]
  const join =
    (groupId, rest = {}) =>
    (version) => ({
      groupId,
      sessionTimeoutMs: 10_000,
      memberId: '',
      protocolType: 'consumer',
      protocols,
      ...(version >= 1 ? { rebalanceTimeoutMs: 5000 } : {}),
      ...rest,
    })
  const forms = {
    'session too short': join('join-a', { sessionTimeoutMs: 1 }),
    'session too long': join('join-a', { sessionTimeoutMs: 10_000_000 }),
    'empty group': join(''),
    'unknown member of an unknown group': join('join-a', { memberId: 'nobody' }),
    'no protocols': join('join-b', { protocols: [] }),
    'no protocol type': join('join-c', { protocolType: '' }),
  }
  for (const [label, body] of Object.entries(forms)) await side.askAll(label, 'JoinGroup', body, { min: 2 })
  await side.askAll('member id is required', 'JoinGroup', join('join-d'), { min: 4 })
  await side.askAll(
    'static, unknown member',
    'JoinGroup',
    join('join-e', { groupInstanceId: 'i', memberId: 'nobody' }),
    { min: 5 },
  )
  await side.ask('illegal instance', 'JoinGroup', 5, join('join-e', { groupInstanceId: 'a b' })(5))
  await side.ask('empty instance', 'JoinGroup', 5, join('join-e', { groupInstanceId: '' })(5))
  await membersOfNothing(side)
}

/** What members say to groups that are not there. */
async function membersOfNothing(side) {
  for (const [label, groupId] of Object.entries({ 'unknown group': 'join-never', 'empty group': '' })) {
    await side.askAll(label, 'SyncGroup', { groupId, generationId: 1, memberId: 'm', assignments: [] })
    await side.askAll(
      `${label}, protocols told`,
      'SyncGroup',
      { groupId, generationId: 1, memberId: 'm', protocolType: 'consumer', protocolName: 'range', assignments: [] },
      { min: 5 },
    )
    await side.askAll(label, 'Heartbeat', { groupId, generationId: 1, memberId: 'm' })
    await side.askAll(label, 'LeaveGroup', { groupId, memberId: 'm' }, { max: 2 })
    await side.askAll(
      label,
      'LeaveGroup',
      { groupId, members: [{ memberId: 'm' }, { memberId: '', groupInstanceId: 'i' }] },
      { min: 3 },
    )
    await side.askAll(`${label}, nobody`, 'LeaveGroup', { groupId, members: [] }, { min: 3 })
    await side.askAll(label, 'DescribeGroups', { groups: [groupId] })
    await side.askAll(label, 'DeleteGroups', { groupsNames: [groupId] })
  }
  await side.askAll(
    'operations',
    'DescribeGroups',
    { groups: ['join-never'], includeAuthorizedOperations: true },
    { min: 3 },
  )
  await side.askAll('nothing', 'DescribeGroups', { groups: [] })
  await side.askAll('nothing', 'DeleteGroups', { groupsNames: [] })
  await side.askAll('group twice', 'DeleteGroups', { groupsNames: ['join-never', 'join-never'] })
}

/** One group from its first member to its deletion. */
export async function lifeOfAGroup(side) {
  const groupId = 'life'
  const join = (rest = {}) => ({
    groupId,
    sessionTimeoutMs: 10_000,
    rebalanceTimeoutMs: 5000,
    protocolType: 'consumer',
    protocols: [{ name: 'range', metadata: SUBSCRIPTION }],
    ...rest,
  })
  const { memberId } = await side.ask('1: told its id', 'JoinGroup', 7, join({ memberId: '' }))
  await side.ask('2: described while it joins', 'DescribeGroups', 5, { groups: [groupId] })
  const { generationId } = await side.ask('3: joined', 'JoinGroup', 7, join({ memberId }))
  const member = { groupId, memberId, generationId }
  await side.ask('4: described before it synced', 'DescribeGroups', 5, { groups: [groupId] })
  await side.ask('5: heartbeat before it synced', 'Heartbeat', 4, member)
  const assignments = [{ memberId, assignment: ASSIGNMENT }]
  const sync = { ...member, protocolType: 'consumer', protocolName: 'range', assignments }
  await side.ask('6: sync of another type', 'SyncGroup', 5, { ...sync, protocolType: 'connect' })
  await side.ask('7: sync of another protocol', 'SyncGroup', 5, { ...sync, protocolName: 'sticky' })
  await side.ask('8: sync of an older generation', 'SyncGroup', 5, { ...sync, generationId: 0 })
  await side.ask('9: sync of a stranger', 'SyncGroup', 5, { ...sync, memberId: 'stranger' })
  await side.ask('10: synced', 'SyncGroup', 5, sync)
  await side.ask('11: synced again', 'SyncGroup', 5, { ...sync, assignments: [] })
  await side.askAll('12: described', 'DescribeGroups', { groups: [groupId] })
  await side.ask('13: heartbeat', 'Heartbeat', 4, member)
  await side.ask('14: heartbeat of the future', 'Heartbeat', 4, { ...member, generationId: 9 })
  await side.ask('15: heartbeat of a stranger', 'Heartbeat', 4, { ...member, memberId: 'stranger' })
  await side.ask('16: heartbeat with an instance', 'Heartbeat', 4, { ...member, groupInstanceId: 'i' })
  await commitsOfMembers(side, { groupId, memberId, generationId })
  await side.ask('17: other protocol type', 'JoinGroup', 3, join({ memberId: '', protocolType: 'connect' }))
  await side.ask(
    '18: no common protocol',
    'JoinGroup',
    3,
    join({ memberId: '', protocols: [{ name: 'sticky', metadata: SUBSCRIPTION }] }),
  )
  await side.ask('19: member that is not there', 'JoinGroup', 7, join({ memberId: 'stranger' }))
  await side.ask('20: deleted with members', 'DeleteGroups', 2, { groupsNames: [groupId] })
  await side.ask('21: offsets deleted with members', 'OffsetDelete', 0, {
    groupId,
    topics: [
      { name: 'com', partitions: [{ partitionIndex: 0 }] },
      { name: 'later', partitions: [{ partitionIndex: 0 }] },
    ],
  })
  await side.ask('22: rejoined', 'JoinGroup', 7, join({ memberId }))
  await side.ask('23: left with a stranger', 'LeaveGroup', 4, {
    groupId,
    members: [{ memberId: 'stranger' }, { memberId }],
  })
  await side.ask('24: left again', 'LeaveGroup', 4, { groupId, members: [{ memberId }] })
  await side.askAll('25: described when empty', 'DescribeGroups', { groups: [groupId] })
  await side.ask('26: heartbeat when empty', 'Heartbeat', 4, member)
  await side.ask('27: deleted', 'DeleteGroups', 2, { groupsNames: [groupId] })
  await side.ask('28: described when deleted', 'DescribeGroups', 5, { groups: [groupId] })
  await side.ask('29: offsets when deleted', 'OffsetFetch', 8, { groups: [{ groupId, topics: null }] })
}

async function commitsOfMembers(side, { groupId, memberId, generationId }) {
  const commit = (member) => ({
    groupId,
    ...member,
    topics: [{ name: 'com', partitions: [{ partitionIndex: 0, committedOffset: 3, committedMetadata: '' }] }],
  })
  const forms = {
    'a member': { memberId, generationIdOrMemberEpoch: generationId },
    'a member of the future': { memberId, generationIdOrMemberEpoch: 9 },
    'a member of the past': { memberId, generationIdOrMemberEpoch: generationId - 1 },
    'a stranger': { memberId: 'stranger', generationIdOrMemberEpoch: generationId },
    nobody: { memberId: '', generationIdOrMemberEpoch: -1 },
  }
  for (const [label, member] of Object.entries(forms))
    await side.ask(`committed by ${label}`, 'OffsetCommit', 8, commit(member))
}

/** A static member that comes back under a new id. */
export async function staticMember(side) {
  const groupId = 'static'
  const join = (rest = {}) => ({
    groupId,
    sessionTimeoutMs: 10_000,
    rebalanceTimeoutMs: 5000,
    protocolType: 'consumer',
    groupInstanceId: 'one',
    protocols: [{ name: 'range', metadata: SUBSCRIPTION }],
    ...rest,
  })
  const first = await side.ask('1: joined', 'JoinGroup', 7, join({ memberId: '' }))
  const member = { groupId, memberId: first.memberId, generationId: first.generationId, groupInstanceId: 'one' }
  const assignments = [{ memberId: first.memberId, assignment: ASSIGNMENT }]
  await side.ask('2: synced', 'SyncGroup', 5, {
    ...member,
    protocolType: 'consumer',
    protocolName: 'range',
    assignments,
  })
  const second = await side.ask('3: came back', 'JoinGroup', 9, join({ memberId: '' }))
  await side.ask('4: the old one is fenced', 'Heartbeat', 4, member)
  await side.ask('5: the old one joins', 'JoinGroup', 9, join({ memberId: first.memberId }))
  await side.ask('6: the old one syncs', 'SyncGroup', 5, { ...member, assignments: [] })
  await side.ask('7: the old one commits', 'OffsetCommit', 8, {
    groupId,
    memberId: first.memberId,
    generationIdOrMemberEpoch: first.generationId,
    groupInstanceId: 'one',
    topics: [{ name: 'com', partitions: [{ partitionIndex: 0, committedOffset: 3, committedMetadata: '' }] }],
  })
  await side.ask('8: the new one lives', 'Heartbeat', 4, { ...member, memberId: second.memberId })
  await side.ask('9: described', 'DescribeGroups', 5, { groups: [groupId] })
  await side.ask('10: left by id of the old one', 'LeaveGroup', 4, {
    groupId,
    members: [{ memberId: first.memberId, groupInstanceId: 'one' }],
  })
  await side.ask('11: left by instance', 'LeaveGroup', 4, {
    groupId,
    members: [{ memberId: '', groupInstanceId: 'one' }],
  })
  await side.ask('12: described when empty', 'DescribeGroups', 5, { groups: [groupId] })
}

/** Two members, of which the second comes while the first is at work, and goes again. */
export async function rebalance(side) {
  const groupId = 'two'
  const on = await side.connect()
  const protocols = ['cooperative', 'range', 'eager'].map((name) => ({ name, metadata: SUBSCRIPTION }))
  const join = (rest) => ({
    groupId,
    sessionTimeoutMs: 10_000,
    rebalanceTimeoutMs: 5000,
    protocolType: 'consumer',
    protocols,
    ...rest,
  })
  const sync = (member, assignments = []) => ({
    ...member,
    protocolType: 'consumer',
    protocolName: 'range',
    assignments,
  })
  const told = await side.askQuietly('JoinGroup', 7, join({ memberId: '' }))
  const a = { groupId, memberId: told.memberId }
  a.generationId = (await side.ask('1: a joins', 'JoinGroup', 7, join(a))).generationId
  await side.ask('2: a syncs', 'SyncGroup', 5, {
    ...sync(a, [{ memberId: a.memberId, assignment: ASSIGNMENT }]),
    protocolName: 'cooperative',
  })
  const other = { protocols: protocols.slice(1) }
  const toldToo = await side.askQuietly('JoinGroup', 7, join({ memberId: '', ...other }))
  const b = { groupId, memberId: toldToo.memberId }
  const bJoins = side.ask('3: b joins', 'JoinGroup', 7, join({ ...b, ...other }), { on })
  await until(async () => (await side.askQuietly('Heartbeat', 4, a)).errorCode === 27, { what: 'a rebalance' })
  await side.ask('4: described while it rebalances', 'DescribeGroups', 5, { groups: [groupId] })
  await side.ask('5: a syncs too early', 'SyncGroup', 5, { ...sync(a), protocolName: 'cooperative' })
  await side.ask('6: a commits while it rebalances', 'OffsetCommit', 8, {
    groupId,
    memberId: a.memberId,
    generationIdOrMemberEpoch: a.generationId,
    topics: [{ name: 'com', partitions: [{ partitionIndex: 0, committedOffset: 3, committedMetadata: '' }] }],
  })
  a.generationId = (await side.ask('7: a joins again', 'JoinGroup', 7, join(a))).generationId
  b.generationId = (await bJoins).generationId
  await side.ask('8: described before they sync', 'DescribeGroups', 5, { groups: [groupId] })
  const bSyncs = side.ask('8: b syncs', 'SyncGroup', 5, sync(b), { on })
  await side.ask(
    '9: a syncs',
    'SyncGroup',
    5,
    sync(
      a,
      [a, b].map(({ memberId }) => ({ memberId, assignment: ASSIGNMENT })),
    ),
  )
  await bSyncs
  await side.ask('10: described when stable', 'DescribeGroups', 5, { groups: [groupId] })
  await side.ask('11: b joins as it was', 'JoinGroup', 7, join({ ...b, ...other }), { on })
  await side.ask('12: b goes', 'LeaveGroup', 4, { groupId, members: [{ memberId: b.memberId }] }, { on })
  await side.ask('13: a hears of it', 'Heartbeat', 4, a)
  await side.ask('14: b speaks when gone', 'Heartbeat', 4, b)
  await side.ask('15: a joins alone', 'JoinGroup', 7, join(a))
  await side.ask('16: a goes', 'LeaveGroup', 4, { groupId, members: [{ memberId: a.memberId }] })
  await side.ask('17: described when empty', 'DescribeGroups', 5, { groups: [groupId] })
  on.close()
}

/** Comes last of all scenarios on groups: lists what they left. */
export async function listing(side) {
  const own = ({ groups }) => groups.filter(({ groupId }) => !groupId.startsWith('warm-'))
  const note = async (label, version, body) => {
    const answer = await side.askQuietly('ListGroups', version, body)
    side.note(`ListGroups v${version}: ${label}`, { ...answer, groups: own(answer) })
  }
  for (const version of side.versions('ListGroups')) await note('all', version, {})
  for (const states of [['Empty'], ['empty'], ['Stable'], ['Dead'], ['Nonsense'], ['Empty', 'Nonsense']]) {
    await note(`states ${states}`, 4, { statesFilter: states })
  }
  for (const types of [['classic'], ['Classic'], ['consumer'], ['share'], ['nonsense']])
    await note(`types ${types}`, 5, { typesFilter: types })
}
