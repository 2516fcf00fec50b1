/** Scenarios on administration: quotas, elections, reassignments, features, the quorum, credentials, telemetry. */
import { makeTopics } from './topics.mjs'

const ZERO_UUID = 'AAAAAAAAAAAAAAAAAAAAAA'
const SOME_UUID = 'c29tZSB1dWlkIGhlcmUgMQ'
const CLIENT_METRICS = 16
const TIMEOUT_MS = 1000
const LEARNING_MS = 500
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms))

const quota = (key, value) => ({
  key,
  value,
  remove: value === undefined,
  ...(value === undefined ? { value: 0 } : {}),
})
const entityOf = (entity) => entity.map(([entityType, entityName]) => ({ entityType, entityName }))

/** Entities are told in an order of no meaning: their parts become one text. */
function entityText(entity) {
  return entity
    .map(({ entityType, entityName }) => `${entityType}=${entityName}`)
    .sort()
    .join()
}

/** Title → entity and operations. */
const QUOTA_CHANGES = {
  user: [[['user', 'alice']], quota('producer_byte_rate', 1000)],
  'user and client': [
    [
      ['user', 'alice'],
      ['client-id', 'c1'],
    ],
    quota('consumer_byte_rate', 2000),
  ],
  'default user': [[['user', null]], quota('request_percentage', 50.5)],
  'default user and default client': [
    [
      ['user', null],
      ['client-id', null],
    ],
    quota('controller_mutation_rate', 10),
  ],
  address: [[['ip', '127.0.0.9']], quota('connection_creation_rate', 5)],
  'default address': [[['ip', null]], quota('connection_creation_rate', 100_000)],
  'two keys': [[['client-id', 'c3']], quota('producer_byte_rate', 1), quota('consumer_byte_rate', 2)],
  'fraction of a whole': [[['client-id', 'c2']], quota('producer_byte_rate', 1.5)],
  nothing: [[['client-id', 'c2']], quota('producer_byte_rate', 0)],
  'less than nothing': [[['client-id', 'c2']], quota('producer_byte_rate', -1)],
  'more than a long': [[['client-id', 'c2']], quota('producer_byte_rate', 1e19)],
  'more than an int': [[['ip', '127.0.0.8']], quota('connection_creation_rate', 3e9)],
  'unknown key': [[['client-id', 'c2']], quota('nope', 1)],
  'key of addresses': [[['client-id', 'c2']], quota('connection_creation_rate', 1)],
  'key of clients': [[['ip', '127.0.0.9']], quota('producer_byte_rate', 1)],
  'no address': [[['ip', 'not an ip']], quota('connection_creation_rate', 1)],
  'address and user': [
    [
      ['ip', '1.2.3.4'],
      ['user', 'a'],
    ],
    quota('connection_creation_rate', 1),
  ],
  'no entity': [[], quota('producer_byte_rate', 1)],
  'unknown type': [[['nope', 'x']], quota('producer_byte_rate', 1)],
  'empty name': [[['user', '']], quota('producer_byte_rate', 1)],
  'key twice': [[['user', 'alice']], quota('producer_byte_rate', 5), quota('producer_byte_rate', 6)],
  'no operations': [[['user', 'bob']]],
  'removed, never there': [[['user', 'bob']], quota('producer_byte_rate')],
  'removed, unknown': [[['user', 'bob']], quota('nope')],
}

/** Title → components (type, kind of match, name), and whether nothing else may be in an entity. */
const QUOTA_FILTERS = {
  all: [[]],
  'none, strictly': [[], true],
  'a user': [[['user', 0, 'alice']]],
  'a user alone': [[['user', 0, 'alice']], true],
  'the default user': [[['user', 1, null]]],
  'any user': [[['user', 2, null]]],
  'any user alone': [[['user', 2, null]], true],
  'any client': [[['client-id', 2, null]]],
  'any user and client': [
    [
      ['user', 2, null],
      ['client-id', 2, null],
    ],
  ],
  'any address': [[['ip', 2, null]]],
  'default address': [[['ip', 1, null]]],
  'address and user': [
    [
      ['ip', 2, null],
      ['user', 2, null],
    ],
  ],
  'unknown type': [[['nope', 2, null]]],
  'empty type': [[['', 2, null]]],
  'unknown match': [[['user', 3, null]]],
  'no name': [[['user', 0, null]]],
  'name for any': [[['user', 2, 'x']]],
  'name for the default': [[['user', 1, 'x']]],
  'type twice': [
    [
      ['user', 2, null],
      ['user', 2, null],
    ],
  ],
}

async function noteQuotas(side, label, components, strict = false) {
  const answer = await side.askQuietly('DescribeClientQuotas', 1, {
    components: components.map(([entityType, matchType, match]) => ({ entityType, matchType, match })),
    strict,
  })
  const { errorCode, entries } = answer
  const found = (entries ?? []).map(({ entity, values }) => ({ name: entityText(entity), values }))
  side.note(`quotas of ${label}`, { errorCode, hasEntries: entries !== null, found })
}

export async function clientQuotas(side) {
  const alter = async (label, entries, validateOnly = false) => {
    const answer = await side.askQuietly('AlterClientQuotas', 1, { entries, validateOnly })
    side.note(
      `altered: ${label}`,
      answer.entries.map(({ errorCode, entity }) => ({ name: entityText(entity), errorCode })),
    )
  }
  for (const [label, [entity, ...ops]] of Object.entries(QUOTA_CHANGES)) {
    await alter(label, [{ entity: entityOf(entity), ops }])
  }
  const z = entityOf([['user', 'z']])
  await alter('entity twice', [
    { entity: z, ops: [quota('producer_byte_rate', 1)] },
    { entity: z, ops: [quota('producer_byte_rate', 2)] },
  ])
  await alter('only validated', [{ entity: z, ops: [quota('consumer_byte_rate', 3)] }], true)
  await alter('nothing at all', [])
  await pause(LEARNING_MS)
  for (const [label, [components, strict]] of Object.entries(QUOTA_FILTERS)) {
    await noteQuotas(side, label, components, strict)
  }
  // What could slow down other scenarios goes.
  for (const [entity, ...ops] of Object.values(QUOTA_CHANGES)) {
    const removals = ops.map(({ key }) => quota(key))
    await side.askQuietly('AlterClientQuotas', 1, { entries: [{ entity: entityOf(entity), ops: removals }] })
  }
}

export async function elections(side) {
  await makeTopics(side, { elect: 2 })
  const some = [
    { topic: 'elect', partitions: [0, 9] },
    { topic: 'elect-none', partitions: [0] },
  ]
  const of = (topicPartitions, electionType = 0) => ({ electionType, topicPartitions, timeoutMs: TIMEOUT_MS })
  await side.askAll('some', 'ElectLeaders', of(some))
  await side.askAll('unclean', 'ElectLeaders', of(some, 1), { min: 1 })
  await side.askAll('unknown kind', 'ElectLeaders', of(some, 7), { min: 1 })
  await side.askAll('none', 'ElectLeaders', of([]))
  const { errorCode, replicaElectionResults } = await side.askQuietly('ElectLeaders', 2, of(null))
  side.note('all', { errorCode, own: replicaElectionResults.filter(({ topic }) => topic === 'elect') })
}

export async function reassignments(side) {
  await makeTopics(side, { moved: 2 })
  const to = (name, ...partitions) => ({
    name,
    partitions: partitions.map(([partitionIndex, replicas]) => ({ partitionIndex, replicas })),
  })
  const ask = (label, topics, more = {}) =>
    side.askAll(label, 'AlterPartitionReassignments', { topics, timeoutMs: TIMEOUT_MS, ...more })
  await ask('to itself', [to('moved', [0, [1]], [1, [1]])])
  await ask('to a stranger', [to('moved', [0, [5]])])
  await ask('twice', [to('moved', [0, [1, 1]])])
  await ask('to nobody', [to('moved', [0, []])])
  await ask('to a stranger too', [to('moved', [0, [1, 2]])])
  await ask('unknown partition', [to('moved', [8, [1]])])
  await ask('unknown topic', [to('moved-none', [0, [1]])])
  await ask('nothing to take back', [to('moved', [0, null])])
  await ask('nothing', [])
  await side.ask('same number', 'AlterPartitionReassignments', 1, {
    topics: [to('moved', [0, [1]], [1, [1, 2]])],
    allowReplicationFactorChange: false,
    timeoutMs: TIMEOUT_MS,
  })
  await side.ask('all', 'ListPartitionReassignments', 0, { topics: null })
  await side.ask('some', 'ListPartitionReassignments', 0, {
    topics: [
      { name: 'moved', partitionIndexes: [0, 7] },
      { name: 'moved-none', partitionIndexes: [0] },
    ],
  })
}

/** Title → feature, level, kind of upgrade. Nothing is changed. */
const FEATURE_UPDATES = {
  'unknown feature': ['nope', 1, 1],
  'same metadata.version': ['metadata.version', 30, 1],
  'lower, without saying so': ['metadata.version', 29, 1],
  'lower, safely': ['metadata.version', 29, 2],
  'lower, unsafely': ['metadata.version', 29, 3],
  'much lower': ['metadata.version', 22, 2],
  'below the lowest': ['metadata.version', 6, 3],
  'above the highest': ['metadata.version', 99, 1],
  'less than nothing': ['transaction.version', -1, 1],
  'unknown kind': ['transaction.version', 0, 9],
  'no kind': ['transaction.version', 0, 0],
  'no such level': ['transaction.version', 77, 1],
}

export async function features(side) {
  for (const [label, [feature, maxVersionLevel, upgradeType]] of Object.entries(FEATURE_UPDATES)) {
    await side.askAll(
      label,
      'UpdateFeatures',
      { timeoutMs: TIMEOUT_MS, featureUpdates: [{ feature, maxVersionLevel, upgradeType }], validateOnly: true },
      { min: 1 },
    )
  }
  await side.askAll('nothing', 'UpdateFeatures', { featureUpdates: [], timeoutMs: TIMEOUT_MS })
}

export async function quorum(side) {
  const of = (topicName, partitionIndex) => ({ topics: [{ topicName, partitions: [{ partitionIndex }] }] })
  for (const version of side.versions('DescribeQuorum')) {
    const { errorCode, topics } = await side.askQuietly('DescribeQuorum', version, of('__cluster_metadata', 0))
    const [{ leaderId, highWatermark, currentVoters, observers, errorCode: own }] = topics[0].partitions
    const [{ replicaId, logEndOffset, lastFetchTimestamp }] = currentVoters
    side.note(`quorum v${version}`, {
      errorCode,
      own,
      leaderId,
      voters: currentVoters.length,
      replicaId,
      observers: observers.length,
      isCaughtUp: logEndOffset === highWatermark,
      tellsTime: lastFetchTimestamp > 0,
    })
  }
  await side.askAll('other partition', 'DescribeQuorum', of('__cluster_metadata', 1))
  await side.askAll('other topic', 'DescribeQuorum', of('none', 0))
  await side.askAll('nothing', 'DescribeQuorum', { topics: [] })
  const listeners = [{ name: 'CONTROLLER', host: 'localhost', port: 1 }]
  const voter = { clusterId: null, voterId: 2, voterDirectoryId: SOME_UUID }
  const add = (label, change) =>
    side.askAll(label, 'AddRaftVoter', { ...voter, timeoutMs: TIMEOUT_MS, listeners, ...change })
  const remove = (label, change) => side.askAll(label, 'RemoveRaftVoter', { ...voter, ...change })
  await add('a voter', {})
  await add('to another cluster', { clusterId: 'wrong' })
  await add('without its address', { listeners: [] })
  await add('without a directory', { voterDirectoryId: ZERO_UUID })
  await add('without an id', { voterId: -2 })
  await remove('a voter', {})
  await remove('of another cluster', { clusterId: 'wrong' })
  await remove('without a directory', { voterDirectoryId: ZERO_UUID })
  await side.ask('unknown', 'UnregisterBroker', 0, { brokerId: 9 })
}

export async function credentials(side) {
  const bytes = (count) => Buffer.alloc(count, 1)
  const describe = (label, users) =>
    side.ask(label, 'DescribeUserScramCredentials', 0, { users: users?.map((name) => ({ name })) ?? null })
  const upsert = (name, mechanism, iterations, passwordBytes = 32) => {
    return { name, mechanism, iterations, salt: bytes(8), saltedPassword: bytes(passwordBytes) }
  }
  const alter = async (label, upsertions, deletions = []) => {
    const { results } = await side.askQuietly('AlterUserScramCredentials', 0, {
      upsertions,
      deletions: deletions.map(([name, mechanism]) => ({ name, mechanism })),
    })
    side.note(
      `credentials: ${label}`,
      results.map(({ user: name, errorCode }) => ({ name: `user ${name}`, errorCode })),
    )
  }
  await describe('none there', null)
  await alter('256', [upsert('alice', 1, 4096)])
  await alter('512', [upsert('alice', 2, 8192, 64)])
  await alter('too few', [upsert('bob', 1, 4095)])
  await alter('too many', [upsert('bob', 1, 16_385)])
  await alter('no mechanism', [upsert('bob', 0, 4096)])
  await alter('unknown mechanism', [upsert('bob', 3, 4096)])
  await alter('no name', [upsert('', 1, 4096)])
  await alter('no password', [upsert('bob', 1, 4096, 0)])
  await alter('twice', [upsert('alice', 1, 5000), upsert('alice', 2, 5000)])
  await alter('set and deleted', [upsert('alice', 1, 5000)], [['alice', 1]])
  await alter('one good, one not', [upsert('carol', 1, 5000), upsert('dan', 1, 1)])
  await alter('deleted, not there', [], [['zed', 1]])
  await alter('deleted, unknown mechanism', [], [['alice', 3]])
  await alter('deleted', [], [['alice', 2]])
  // Apache Kafka's brokers learn of changes after they are answered.
  await pause(LEARNING_MS)
  for (const [label, users] of Object.entries({ all: null, 'by an empty list': [] })) {
    const { errorCode, results } = await side.askQuietly('DescribeUserScramCredentials', 0, { users })
    const found = results.map(({ user: name, ...facts }) => ({ name: `user ${name}`, ...facts }))
    side.note(`credentials of ${label}`, { errorCode, found })
  }
  await describe('twice', ['alice', 'alice'])
  await describe('unknown', ['zed'])
  await alter(
    'gone',
    [],
    [
      ['alice', 1],
      ['carol', 1],
    ],
  )
}

export async function security(side) {
  const filter = {
    resourceTypeFilter: 1,
    resourceNameFilter: null,
    patternTypeFilter: 1,
    principalFilter: null,
    hostFilter: null,
    operation: 1,
    permissionType: 1,
  }
  const rule = { resourceType: 2, resourceName: 't', principal: 'User:a', host: '*', operation: 3, permissionType: 3 }
  await side.askAll('rules', 'DescribeAcls', filter)
  await side.askAll('two rules', 'CreateAcls', { creations: [rule, rule] })
  await side.askAll('no rules', 'CreateAcls', { creations: [] })
  await side.askAll('two filters', 'DeleteAcls', { filters: [filter, filter] })
  const hmac = Buffer.alloc(3, 1)
  await side.askAll('token', 'CreateDelegationToken', { renewers: [], maxLifetimeMs: -1 })
  await side.askAll('token', 'RenewDelegationToken', { hmac, renewPeriodMs: 1 })
  await side.askAll('token', 'ExpireDelegationToken', { hmac, expiryTimePeriodMs: 1 })
  await side.askAll('tokens', 'DescribeDelegationToken', { owners: null })
  await side.askAll('without need', 'SaslHandshake', { mechanism: 'PLAIN' })
  await side.askAll('without need', 'SaslAuthenticate', { authBytes: hmac })
}

/** Apache Kafka answers these without offering them: its file names no receiver. */
export async function telemetry(side) {
  const configs = (settings) => Object.entries(settings).map(([name, value]) => ({ name, configOperation: 0, value }))
  const set = (resourceName, settings) =>
    side.askQuietly('IncrementalAlterConfigs', 1, {
      resources: [{ resourceType: CLIENT_METRICS, resourceName, configs: configs(settings) }],
    })
  const ask = async (label, clientInstanceId, clientId) => {
    const answer = await side.askQuietly('GetTelemetrySubscriptions', 0, { clientInstanceId }, { clientId })
    const { clientInstanceId: given, subscriptionId, deltaTemporality, requestedMetrics, ...facts } = answer
    side.note(`subscription: ${label}`, {
      ...facts,
      isNamed: given !== ZERO_UUID,
      hasSubscription: subscriptionId !== 0,
      requestedMetrics: [...requestedMetrics].sort().join(),
    })
    return subscriptionId
  }
  const push = (label, clientInstanceId, change = {}) =>
    side.ask(label, 'PushTelemetry', 0, {
      clientInstanceId,
      subscriptionId: 1,
      terminating: false,
      compressionType: 0,
      metrics: Buffer.alloc(0),
      ...change,
    })
  await set('told-a', { metrics: 'a.,b.', match: 'client_id=told.*', 'interval.ms': '60000' })
  await set('told-b', { metrics: 'c.', match: 'client_id=told-b', 'interval.ms': '30000' })
  await pause(LEARNING_MS)
  await ask('without an id', ZERO_UUID, 'told-a')
  await ask('one rule', 'AAAAAAAAAAAAAAAAAAABAQ', 'told-a')
  await ask('two rules', 'AAAAAAAAAAAAAAAAAAABAg', 'told-b')
  await ask('too early', 'AAAAAAAAAAAAAAAAAAABAg', 'told-b')
  await ask('no rule', 'AAAAAAAAAAAAAAAAAAABAw', 'untold')
  await push('without an id', ZERO_UUID)
  await push('by another subscription', 'AAAAAAAAAAAAAAAAAAABAg')
  await push('too early', 'AAAAAAAAAAAAAAAAAAABAg')
  await push('the last', 'AAAAAAAAAAAAAAAAAAABAg', { terminating: true })
  await push('after the last', 'AAAAAAAAAAAAAAAAAAABAg')
}
