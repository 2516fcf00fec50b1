/** Share groups: what the share coordinator keeps, and what the group coordinator says of groups. */
import { makeTopics } from './topics.mjs'

const STRANGE_UUID = 'c3RyYW5nZSB1dWlkIGhlcg'
const [LOADING, NOT_AVAILABLE, NOT_COORDINATOR] = [14, 15, 16]
const GROUP = 'shared'

/** Asks until the coordinator is there, then notes what it says. */
async function settled(side, label, name, version, body) {
  const isRetriable = (answer) =>
    [LOADING, NOT_AVAILABLE, NOT_COORDINATOR].some((code) => JSON.stringify(answer).includes(`"errorCode":${code},`))
  while (isRetriable(await side.askQuietly(name, version, body)));
  await side.ask(label, name, version, body)
}

/** Has the topic of share state made, and waits until its partitions have leaders. */
async function coordinated(side, coordinatorKeys) {
  for (;;) {
    const { coordinators } = await side.askQuietly('FindCoordinator', 6, { keyType: 2, coordinatorKeys })
    if (coordinators.every(({ errorCode }) => errorCode === 0)) return
  }
}

async function topicIdOf(side, name) {
  const { topics } = await side.askQuietly('Metadata', 12, { topics: [{ name }], allowAutoTopicCreation: false })
  return topics[0].topicId
}

const batch = (firstOffset, lastOffset, deliveryState, deliveryCount) => ({
  firstOffset,
  lastOffset,
  deliveryState,
  deliveryCount,
})

export async function state(side) {
  await makeTopics(side, { sha: 2 })
  const topicId = await topicIdOf(side, 'sha')
  await coordinated(
    side,
    [0, 1].map((partition) => `${GROUP}:${topicId}:${partition}`),
  )
  const of = (partition, { group = GROUP, topic = topicId } = {}) => ({
    groupId: group,
    topics: [{ topicId: topic, partitions: [{ partition: 0, ...partition }] }],
  })
  const initialize = (label, partition, where) =>
    settled(side, label, 'InitializeShareGroupState', 0, of({ stateEpoch: 1, startOffset: 5, ...partition }, where))
  const read = (label, leaderEpoch, where) => settled(side, label, 'ReadShareGroupState', 0, of({ leaderEpoch }, where))
  const summary = (label) => side.askAll(label, 'ReadShareGroupStateSummary', of({ leaderEpoch: 0 }))
  const write = (label, partition) =>
    side.ask(
      label,
      'WriteShareGroupState',
      1,
      of({ stateEpoch: 1, leaderEpoch: 0, startOffset: -1, deliveryCompleteCount: -1, stateBatches: [], ...partition }),
    )
  const remove = (label, where) => side.ask(label, 'DeleteShareGroupState', 0, of({}, where))
  await initialize('unknown topic', {}, { topic: STRANGE_UUID })
  await initialize('unknown partition', { partition: 9 })
  await initialize('negative partition', { partition: -1 })
  await initialize('no group', {}, { group: '' })
  await read('not initialised', 0)
  await write('not initialised', {})
  await summary('not initialised')
  await remove('not initialised')
  await initialize('new', {})
  await summary('initialised')
  await initialize('under a lower state epoch', { stateEpoch: 0 })
  await write('batches', {
    deliveryCompleteCount: 3,
    stateBatches: [batch(5, 7, 2, 1), batch(8, 9, 0, 1), batch(9, 12, 4, 2)],
  })
  await read('by the next leader', 2)
  await summary('after the next leader')
  await write('by the former leader', { leaderEpoch: 1 })
  await read('by the former leader', 1)
  await write('under a lower state epoch', { leaderEpoch: 2, stateEpoch: 0 })
  await write('with a start offset', {
    leaderEpoch: 2,
    startOffset: 8,
    stateBatches: [batch(8, 8, 0, 0), batch(9, 9, 2, 3)],
  })
  await read('merged', 2)
  await read('without a leader epoch', -1)
  await summary('merged')
  await initialize('anew', { stateEpoch: 2, startOffset: 50 })
  await write('after it began anew', { leaderEpoch: 2 })
  await remove('initialised')
  await summary('deleted')
}

export async function groups(side) {
  await makeTopics(side, { shb: 2, shc: 1 })
  const heartbeat = (label, fields) =>
    settled(side, label, 'ShareGroupHeartbeat', 1, {
      groupId: GROUP,
      memberId: 'member',
      memberEpoch: 0,
      rackId: null,
      subscribedTopicNames: ['shb'],
      ...fields,
    })
  await heartbeat('no topics', { subscribedTopicNames: null })
  await heartbeat('no member', { memberId: '' })
  await heartbeat('no group', { groupId: '' })
  await heartbeat('odd epoch', { memberEpoch: -2 })
  await heartbeat('unknown group', { memberEpoch: 5 })
  await heartbeat('leaves an unknown group', { memberEpoch: -1 })
  const describe = (label, ...groupIds) =>
    side.ask(label, 'ShareGroupDescribe', 1, { groupIds, includeAuthorizedOperations: true })
  await describe('unknown', GROUP)
  await describe('empty', '')
  const offsets = (label, groupId = GROUP) =>
    side.askAll(label, 'DescribeShareGroupOffsets', { groups: [{ groupId, topics: null }] })
  await offsets('unknown group')
  const alter = (label, groupId, topics) => settled(side, label, 'AlterShareGroupOffsets', 0, { groupId, topics })
  const to = (topicName, ...partitions) => ({
    topicName,
    partitions: partitions.map((partitionIndex) => ({ partitionIndex, startOffset: 0 })),
  })
  await alter('no group', '', [to('shb', 0)])
  await alter('no topics', GROUP, [])
  await alter('makes a group', GROUP, [to('shb', 0, 9)])
  await alter('unknown topic', GROUP, [to('nowhere', 0)])
  await offsets('altered')
  const remove = (label, groupId, ...names) =>
    side.ask(label, 'DeleteShareGroupOffsets', 0, { groupId, topics: names.map((topicName) => ({ topicName })) })
  await remove('unknown group', 'nobody', 'shb')
  await remove('of a topic', GROUP, 'shb')
  await remove('of a topic without', GROUP, 'shc')
  await remove('of an unknown topic', GROUP, 'nowhere')
  await remove('of no topic', GROUP)
  await offsets('deleted')
  await side.ask('share group', 'DeleteGroups', 2, { groupsNames: [GROUP] })
  await side.ask('share group again', 'DeleteGroups', 2, { groupsNames: [GROUP] })
}
