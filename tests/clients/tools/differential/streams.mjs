/** Streams groups by hand: what a member is told while it joins, shares, gives up and leaves, and what it is refused. */
import { makeTopics } from './topics.mjs'

const NONE = { activeTasks: [], standbyTasks: [], warmupTasks: [] }
const plain = (topic, rest = {}) => ({
  epoch: 0,
  subtopologies: [{ subtopologyId: '0', sourceTopics: [topic], ...rest }],
})

/** A member of `groupId`, whose heartbeats are noted under their labels. */
function memberOf(side, groupId, memberId) {
  const base = { groupId, memberId, endpointInformationEpoch: -1 }
  const ask = (label, rest) => side.ask(`${memberId} ${label}`, 'StreamsGroupHeartbeat', 0, { ...base, ...rest })
  return {
    join: (label, topology, rest = {}) =>
      ask(label, {
        memberEpoch: 0,
        rebalanceTimeoutMs: 60_000,
        processId: `p-${memberId}`,
        clientTags: [],
        topology,
        ...NONE,
        ...rest,
      }),
    beat: (label, memberEpoch, rest = {}) => ask(label, { memberEpoch, ...rest }),
    has: (label, memberEpoch, partitions) => {
      const activeTasks = partitions.length === 0 ? [] : [{ subtopologyId: '0', partitions }]
      return ask(label, { memberEpoch, ...NONE, activeTasks })
    },
  }
}

const describe = (side, label, ...groupIds) =>
  side.ask(label, 'StreamsGroupDescribe', 0, { groupIds, includeAuthorizedOperations: true })

export async function lifeOfAGroup(side) {
  await makeTopics(side, { str: 4 })
  const [a, b] = [memberOf(side, 'str-group', 'a'), memberOf(side, 'str-group', 'b')]
  await a.join('joins', plain('str'))
  await describe(side, 'one member', 'str-group')
  await b.join('joins', plain('str'))
  await b.beat('waits', 3)
  await describe(side, 'a reconciling group', 'str-group')
  await a.has('is told to give up', 2, [0, 1, 2, 3])
  await a.beat('says nothing of tasks', 2)
  await a.has('has given up', 2, [0, 1])
  await b.beat('has its share', 3)
  await describe(side, 'two members', 'str-group')
  await a.beat('has an old epoch', 1)
  await a.beat('has an epoch to come', 9)
  await side.ask('listed', 'ListGroups', 5, { typesFilter: ['streams'] })
  const commit = (label, memberId, generationIdOrMemberEpoch) =>
    side.ask(label, 'OffsetCommit', 9, {
      groupId: 'str-group',
      memberId,
      generationIdOrMemberEpoch,
      topics: [{ name: 'str', partitions: [{ partitionIndex: 0, committedOffset: 5, committedMetadata: '' }] }],
    })
  await commit('a commits', 'a', 3)
  await commit('a commits of the epoch before', 'a', 2)
  await commit('b commits what it did not have', 'b', 2)
  await commit('b commits of an epoch to come', 'b', 8)
  await commit('a stranger commits', 'z', 3)
  await commit('a tool commits', '', -1)
  await side.ask('delete with members', 'DeleteGroups', 2, { groupsNames: ['str-group'] })
  await a.beat('leaves', -1)
  await b.beat('takes over', 3)
  await b.beat('leaves', -1)
  await b.beat('beats after it left', 4)
  await describe(side, 'an empty group', 'str-group')
  await side.ask('delete', 'DeleteGroups', 2, { groupsNames: ['str-group'] })
  await describe(side, 'no group', 'str-group')
}

export async function topologies(side) {
  await makeTopics(side, { sta: 2, stb: 3 })
  const member = (groupId) => memberOf(side, groupId, groupId)
  const internal = (name, partitions = 0) => ({ name, partitions, replicationFactor: 0, topicConfigs: [] })
  await member('str-none').join('a missing source topic', plain('str-nothing'))
  const both = [{ sourceTopics: [0, 1], sourceTopicRegex: [], repartitionSourceTopics: [] }]
  await member('str-unlike').join(
    'unlike topics',
    plain('sta', { sourceTopics: ['sta', 'stb'], copartitionGroups: both }),
  )
  await member('str-store').join(
    'a changelog to be made',
    plain('sta', { stateChangelogTopics: [internal('str-log')] }),
  )
  await describe(side, 'a group that is not ready', 'str-store')
  const counted = plain('sta', { stateChangelogTopics: [internal('str-log', 3)] })
  await member('str-counted').join('a changelog that says its partitions', counted)
  await member('str-regex').join('a pattern', plain('sta', { sourceTopicRegex: ['a.*'] }))
  await member('str-internal').join('a topic of the broker', plain('__consumer_offsets'))
  await member('str-name').join('a name that cannot be', plain('a b'))
  await member('str-update').join('a first topology', plain('sta'))
  await member('str-update').join('another topology', plain('stb'), { memberId: 'other' })
}

export async function refusals(side) {
  await makeTopics(side, { stc: 1 })
  const member = memberOf(side, 'str-bad', 'm')
  await member.beat('beats in no group', 3)
  await member.beat('leaves no group', -1)
  await member.beat('has an odd epoch', -3)
  await member.join('without a topology', null)
  await member.join('without a timeout', plain('stc'), { rebalanceTimeoutMs: -1 })
  await member.join('with tasks', plain('stc'), { activeTasks: [{ subtopologyId: '0', partitions: [0] }] })
  await member.join('without an id', plain('stc'), { memberId: '' })
  await member.join('without a group', plain('stc'), { groupId: '' })
  await member.join('with a blank rack', plain('stc'), { rackId: ' ' })
  await member.beat('brings a topology late', 3, { topology: plain('stc') })
  await member.beat('says half of its tasks', 3, { activeTasks: [] })
  await member.join('in order', plain('stc'))
  await member.has('has a task that there is not', 2, [7])
  await describe(side, 'no names', '', 'str-nobody')
}
