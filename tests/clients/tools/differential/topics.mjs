/** Scenarios on topics: metadata, creation, deletion, partitions. Each takes a Side and asks it. */
import { until } from '../wire.mjs'

const ZERO_UUID = 'AAAAAAAAAAAAAAAAAAAAAA'
const STRANGE_UUID = 'c3RyYW5nZSB1dWlkIGhlcg'
const ILLEGAL_NAMES = ['', '.', '..', 'bad name', 'a/b', 'é', 'x'.repeat(250)]
const TIMEOUT_MS = 15_000

/** Creates topics {name: partitions} or {name: [partitions, settings]} and waits until they are led. */
export async function makeTopics(side, topics) {
  const wanted = Object.entries(topics).map(([name, form]) => [name, ...(Array.isArray(form) ? form : [form, {}])])
  await side.askQuietly('CreateTopics', 7, {
    timeoutMs: TIMEOUT_MS,
    topics: wanted.map(([name, numPartitions, settings]) => topicOf(name, { numPartitions, settings })),
  })
  for (const [name, partitions] of wanted) await untilLed(side, name, partitions)
}

export async function untilLed(side, name, partitions) {
  const request = {
    replicaId: -1,
    topics: [
      {
        name,
        partitions: Array.from({ length: partitions }, (_, partitionIndex) => ({ partitionIndex, timestamp: -1 })),
      },
    ],
  }
  const isLed = ({ topics }) => topics[0].partitions.every(({ errorCode }) => errorCode === 0)
  await until(async () => isLed(await side.askQuietly('ListOffsets', 7, request)), { what: `leadership of ${name}` })
}

function topicOf(name, { numPartitions = 1, replicationFactor = 1, settings = {}, assignments = [] } = {}) {
  const configs = Object.entries(settings).map(([key, value]) => ({ name: key, value }))
  return { name, numPartitions, replicationFactor, configs, assignments }
}

async function idOf(side, name) {
  const { topics } = await side.askQuietly('Metadata', 12, { topics: [{ name }], allowAutoTopicCreation: false })
  return topics[0].topicId
}

export async function metadata(side) {
  await makeTopics(side, { 'meta-a': 2, 'meta-b': 1 })
  const topicId = await idOf(side, 'meta-a')
  const named = (...names) => ({ topics: names.map((name) => ({ name })), allowAutoTopicCreation: false })
  await side.askAll('known', 'Metadata', (version) => ({
    ...named('meta-a', 'meta-b'),
    allowAutoTopicCreation: version < 4,
  }))
  await side.askAll('none', 'Metadata', { topics: [] }, { min: 1 })
  await side.askAll('unknown', 'Metadata', named('meta-none', 'meta-a'), { min: 4 })
  await side.askAll('illegal', 'Metadata', (version) => ({
    ...named(...ILLEGAL_NAMES),
    allowAutoTopicCreation: version < 4,
  }))
  await side.askAll(
    'illegal, creating',
    'Metadata',
    { ...named(...ILLEGAL_NAMES), allowAutoTopicCreation: true },
    { min: 4 },
  )
  await side.askAll('repeated', 'Metadata', (version) => ({
    ...named('meta-a', 'meta-a'),
    allowAutoTopicCreation: version < 4,
  }))
  await side.askAll(
    'operations',
    'Metadata',
    { ...named('meta-a', 'meta-none'), includeTopicAuthorizedOperations: true },
    { min: 8 },
  )
  await side.askAll(
    'operations of the cluster',
    'Metadata',
    { topics: [], includeClusterAuthorizedOperations: true },
    { min: 8, max: 10 },
  )
  const byId = (...ids) => ({ topics: ids.map((id) => ({ topicId: id, name: null })), allowAutoTopicCreation: false })
  await side.askAll('by id', 'Metadata', byId(topicId), { min: 10 })
  await side.askAll('by unknown id', 'Metadata', byId(STRANGE_UUID, topicId), { min: 10 })
  await side.askAll('by no id', 'Metadata', byId(ZERO_UUID), { min: 10 })
  await side.askAll(
    'by name and id',
    'Metadata',
    { topics: [{ topicId, name: 'meta-a' }], allowAutoTopicCreation: false },
    { min: 10 },
  )
  await side.askAll(
    'by ids and names',
    'Metadata',
    { topics: [{ topicId, name: null }, { name: 'meta-b' }], allowAutoTopicCreation: false },
    { min: 12 },
  )
}

export async function autoCreation(side) {
  const ask = (topics, allowAutoTopicCreation = true) => ({
    topics: topics.map((name) => ({ name })),
    allowAutoTopicCreation,
  })
  await side.ask('first', 'Metadata', 9, ask(['auto-a', 'auto-b']))
  await untilLed(side, 'auto-a', 1)
  await untilLed(side, 'auto-b', 1)
  await side.ask('then', 'Metadata', 9, ask(['auto-a', 'auto-b']))
  await side.ask('colliding', 'Metadata', 9, ask(['auto.a', 'auto_a']))
  await side.ask('first, old', 'Metadata', 1, { topics: [{ name: 'auto-c' }] })
  await untilLed(side, 'auto-c', 1)
  await side.ask('not wanted', 'Metadata', 12, ask(['auto-d'], false))
  const fetched = {
    maxWaitMs: 0,
    minBytes: 1,
    topics: [{ topic: 'auto-e', partitions: [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 1000 }] }],
  }
  await side.ask('by fetch', 'Fetch', 11, fetched)
  await side.ask('by fetch, after', 'Metadata', 12, ask(['auto-e'], false))
}

export async function createTopics(side) {
  const create = (topics, { timeoutMs = TIMEOUT_MS, validateOnly = false } = {}) => ({
    topics,
    timeoutMs,
    validateOnly,
  })
  await side.askAll('new', 'CreateTopics', (version) =>
    create([topicOf(`new-${version}`, { numPartitions: 2, settings: { 'retention.ms': '1000' } })]),
  )
  await side.askAll('there already', 'CreateTopics', create([topicOf('new-7')]))
  await side.askAll(
    'there already, only validating',
    'CreateTopics',
    create([topicOf('new-7')], { validateOnly: true }),
  )
  await side.askAll(
    'only validating',
    'CreateTopics',
    create([topicOf('never', { numPartitions: 3, settings: { 'retention.ms': '5' } })], { validateOnly: true }),
  )
  await side.askAll(
    'defaults',
    'CreateTopics',
    create([topicOf('never', { numPartitions: -1, replicationFactor: -1 })], { validateOnly: true }),
    { min: 4 },
  )
  await side.ask('illegal names', 'CreateTopics', 7, create(ILLEGAL_NAMES.map((name) => topicOf(name))))
  await side.ask('colliding names', 'CreateTopics', 7, create([topicOf('new_dot.a')]))
  await side.ask('colliding names, second', 'CreateTopics', 7, create([topicOf('new.dot_a')]))
  await side.ask('colliding in one request', 'CreateTopics', 7, create([topicOf('col.x'), topicOf('col_x')]))
  await side.ask('named twice', 'CreateTopics', 7, create([topicOf('twice'), topicOf('twice'), topicOf('once')]))
  await side.ask('nothing', 'CreateTopics', 7, create([]))
  for (const numPartitions of [0, -2, -100, 10_001]) {
    await side.ask(
      `${numPartitions} partitions`,
      'CreateTopics',
      7,
      create([topicOf('never', { numPartitions })], { validateOnly: true }),
    )
  }
  for (const replicationFactor of [0, -2, 2, 5, 32767]) {
    await side.ask(
      `${replicationFactor} replicas`,
      'CreateTopics',
      7,
      create([topicOf('never', { replicationFactor })], { validateOnly: true }),
    )
  }
  await createTopicsAssigned(side, create)
  await createTopicsConfigured(side, create)
}

async function createTopicsAssigned(side, create) {
  const assigned = (...lists) => lists.map((brokerIds, partitionIndex) => ({ partitionIndex, brokerIds }))
  const forms = {
    'one broker': { assignments: assigned([1], [1]) },
    'unknown broker': { assignments: assigned([7]) },
    'broker twice': { assignments: assigned([1, 1]) },
    'no broker': { assignments: assigned([]) },
    'negative broker': { assignments: assigned([-1]) },
    'gap in the partitions': {
      assignments: [
        { partitionIndex: 0, brokerIds: [1] },
        { partitionIndex: 2, brokerIds: [1] },
      ],
    },
    'partition twice': {
      assignments: [
        { partitionIndex: 0, brokerIds: [1] },
        { partitionIndex: 0, brokerIds: [1] },
      ],
    },
    'not from zero': { assignments: [{ partitionIndex: 1, brokerIds: [1] }] },
    'different sizes': { assignments: assigned([1], [1, 7]) },
    'with a number of partitions': { numPartitions: 1, assignments: assigned([1]) },
    'with a number of replicas': { replicationFactor: 1, assignments: assigned([1]) },
  }
  for (const [label, form] of Object.entries(forms)) {
    const topic = topicOf('never', { numPartitions: -1, replicationFactor: -1, ...form })
    await side.ask(`assigned: ${label}`, 'CreateTopics', 7, create([topic], { validateOnly: true }))
  }
}

async function createTopicsConfigured(side, create) {
  const forms = {
    'unknown key': { 'no.such.key': '1' },
    'not a number': { 'retention.ms': 'soon' },
    'out of bounds': { 'segment.bytes': '10' },
    'too small a minimum in sync': { 'min.insync.replicas': '0' },
    'unknown word': { 'cleanup.policy': 'shred' },
    'empty value': { 'retention.ms': '' },
    'null value': { 'retention.ms': null },
    'list of both': { 'cleanup.policy': 'compact,delete' },
    'not a boolean': { preallocate: 'perhaps' },
    'ratio too large': { 'min.cleanable.dirty.ratio': '1.5' },
    'local retention above the whole': { 'retention.ms': '1000', 'local.retention.ms': '2000' },
    'compaction lags crossed': { 'min.compaction.lag.ms': '2000', 'max.compaction.lag.ms': '1000' },
    'unknown codec': { 'compression.type': 'rar' },
    'unknown timestamp type': { 'message.timestamp.type': 'Never' },
    'no longer there': { 'message.format.version': '2.8' },
    tiered: { 'remote.storage.enable': 'true' },
    'throttled replicas': { 'leader.replication.throttled.replicas': '0:1,1:1' },
    'malformed throttled replicas': { 'leader.replication.throttled.replicas': 'all of them' },
    'codec level': { 'compression.gzip.level': '20' },
  }
  for (const [label, settings] of Object.entries(forms)) {
    await side.ask(
      `configured: ${label}`,
      'CreateTopics',
      7,
      create([topicOf('never', { settings })], { validateOnly: true }),
    )
  }
  const twice = {
    ...topicOf('never'),
    configs: [
      { name: 'retention.ms', value: '1' },
      { name: 'retention.ms', value: '2' },
    ],
  }
  await side.ask('configured: key twice', 'CreateTopics', 7, create([twice], { validateOnly: true }))
}

export async function deleteTopics(side) {
  const names = Array.from({ length: 8 }, (_, index) => `del-${index}`)
  await makeTopics(side, Object.fromEntries(names.map((name) => [name, 1])))
  const timeoutMs = TIMEOUT_MS
  await side.askAll(
    'known and unknown',
    'DeleteTopics',
    (version) => ({ topicNames: [`del-${version}`, 'del-none'], topics: undefined, timeoutMs }),
    { max: 5 },
  )
  await side.askAll('illegal', 'DeleteTopics', { topicNames: ILLEGAL_NAMES, timeoutMs }, { max: 5 })
  await side.askAll('repeated', 'DeleteTopics', { topicNames: ['del-7', 'del-7', 'del-none'], timeoutMs }, { max: 5 })
  await side.askAll('nothing', 'DeleteTopics', { topicNames: [], timeoutMs }, { max: 5 })
  const topicId = await idOf(side, 'del-7')
  const by = (...topics) => ({ topics, timeoutMs })
  await side.ask('nothing', 'DeleteTopics', 6, by())
  await side.ask('neither name nor id', 'DeleteTopics', 6, by({ name: null }))
  await side.ask('name and id', 'DeleteTopics', 6, by({ name: 'del-7', topicId }))
  await side.ask('unknown id', 'DeleteTopics', 6, by({ name: null, topicId: STRANGE_UUID }))
  await side.ask('unknown name', 'DeleteTopics', 6, by({ name: 'del-none' }))
  await side.ask('name twice', 'DeleteTopics', 6, by({ name: 'del-7' }, { name: 'del-7' }))
  await side.ask('id twice', 'DeleteTopics', 6, by({ name: null, topicId }, { name: null, topicId }))
  await side.ask('by name and by id', 'DeleteTopics', 6, by({ name: 'del-7' }, { name: null, topicId }))
  await side.ask('by id', 'DeleteTopics', 6, by({ name: null, topicId }))
  await side.ask('by id again', 'DeleteTopics', 6, by({ name: null, topicId }))
  const gone = { topics: [{ name: 'del-7' }], allowAutoTopicCreation: false }
  await until(async () => (await side.askQuietly('Metadata', 12, gone)).topics[0].errorCode !== 0, {
    what: 'a deletion',
  })
  await side.ask('afterwards, by name', 'Metadata', 12, gone)
  await side.ask('afterwards, by id', 'Metadata', 12, { topics: [{ name: null, topicId }] })
}

export async function createPartitions(side) {
  await makeTopics(side, { parts: 3 })
  const timeoutMs = TIMEOUT_MS
  const more = (count, rest = {}) => ({
    topics: [{ name: 'parts', count, assignments: null, ...rest }],
    timeoutMs,
    validateOnly: true,
  })
  for (const count of [-1, 0, 1, 3, 4, 10_004]) await side.askAll(`to ${count}`, 'CreatePartitions', more(count))
  const assignments = (...lists) => ({ assignments: lists.map((brokerIds) => ({ brokerIds })) })
  await side.ask('assigned', 'CreatePartitions', 3, more(4, assignments([1])))
  await side.ask('assigned too many', 'CreatePartitions', 3, more(4, assignments([1], [1])))
  await side.ask('assigned too few', 'CreatePartitions', 3, more(5, assignments([1])))
  await side.ask('assigned none', 'CreatePartitions', 3, more(4, assignments()))
  await side.ask('assigned to nobody', 'CreatePartitions', 3, more(4, assignments([])))
  await side.ask('assigned to an unknown broker', 'CreatePartitions', 3, more(4, assignments([9])))
  await side.ask('assigned twice to one broker', 'CreatePartitions', 3, more(4, assignments([1, 1])))
  await side.ask('assigned to more replicas', 'CreatePartitions', 3, more(4, assignments([1, 2])))
  await side.ask('unknown topic', 'CreatePartitions', 3, {
    topics: [{ name: 'parts-none', count: 3, assignments: null }],
    timeoutMs,
  })
  await side.ask('illegal topic', 'CreatePartitions', 3, {
    topics: [{ name: 'a b', count: 3, assignments: null }],
    timeoutMs,
  })
  await side.ask('nothing', 'CreatePartitions', 3, { topics: [], timeoutMs })
  const twice = { name: 'parts', count: 5, assignments: null }
  await side.ask('topic twice', 'CreatePartitions', 3, { topics: [twice, twice], timeoutMs })
  await side.ask('really', 'CreatePartitions', 3, {
    topics: [{ name: 'parts', count: 5, assignments: null }],
    timeoutMs,
  })
  await untilLed(side, 'parts', 5)
  await side.ask('afterwards', 'Metadata', 12, { topics: [{ name: 'parts' }], allowAutoTopicCreation: false })
}

export async function describeTopicPartitions(side) {
  await makeTopics(side, { 'page-a': 3, 'page-b': 2, 'page-c': 1 })
  const ask = (names, rest = {}) => ({ topics: names.map((name) => ({ name })), responsePartitionLimit: 2000, ...rest })
  const all = ['page-a', 'page-b', 'page-c']
  const forms = {
    all: ask(all),
    'in any order': ask(['page-c', 'page-a', 'page-b']),
    unknown: ask(['page-a', 'page-none']),
    illegal: ask(['a b', '']),
    repeated: ask(['page-a', 'page-a']),
    'page of two': ask(all, { responsePartitionLimit: 2 }),
    'page of three': ask(all, { responsePartitionLimit: 3 }),
    'page of none': ask(all, { responsePartitionLimit: 0 }),
    'page below none': ask(all, { responsePartitionLimit: -1 }),
    'from a cursor': ask(all, { cursor: { topicName: 'page-b', partitionIndex: 1 } }),
    'from a cursor beyond the topic': ask(all, { cursor: { topicName: 'page-b', partitionIndex: 9 } }),
    'from a negative cursor': ask(all, { cursor: { topicName: 'page-b', partitionIndex: -1 } }),
    'from a cursor on an unknown topic': ask(all, { cursor: { topicName: 'page-bb', partitionIndex: 0 } }),
    'from a cursor behind all': ask(all, { cursor: { topicName: 'zzz', partitionIndex: 0 } }),
    'unknown, page of one': ask(['page-none', 'page-a'], { responsePartitionLimit: 1 }),
  }
  for (const [label, body] of Object.entries(forms)) await side.ask(label, 'DescribeTopicPartitions', 0, body)
}

export async function cluster(side) {
  await side.askAll('brokers', 'DescribeCluster', {})
  await side.askAll('operations', 'DescribeCluster', { includeClusterAuthorizedOperations: true })
  await side.askAll('controllers', 'DescribeCluster', { endpointType: 2 }, { min: 1 })
  await side.askAll('something else', 'DescribeCluster', { endpointType: 7 }, { min: 1 })
  await side.askAll('fenced ones too', 'DescribeCluster', { includeFencedBrokers: true }, { min: 2 })
  await makeTopics(side, { dirs: 2 })
  const topics = (topic, partitions) => ({ topics: [{ topic, partitions }] })
  await side.askAll('partitions', 'DescribeLogDirs', topics('dirs', [0, 1]))
  await side.askAll('one partition', 'DescribeLogDirs', topics('dirs', [1]))
  await side.askAll('unknown partition', 'DescribeLogDirs', topics('dirs', [5]))
  await side.askAll('unknown topic', 'DescribeLogDirs', topics('dirs-none', [0]))
  await side.askAll('nothing', 'DescribeLogDirs', { topics: [] })
}

export async function apiVersions(side, served) {
  const names = { clientSoftwareName: 'checks', clientSoftwareVersion: '1.0' }
  for (let version = 0; version <= 4; version++) {
    const answer = await side.askQuietly('ApiVersions', version, names)
    const apiKeys = answer.apiKeys.filter(({ apiKey }) => served.has(apiKey))
    side.note(`ApiVersions v${version}`, { ...answer, apiKeys })
  }
  for (const [label, body] of Object.entries({
    'no name': { ...names, clientSoftwareName: '' },
    'illegal name': { ...names, clientSoftwareName: 'a b' },
    'illegal version': { ...names, clientSoftwareVersion: '!' },
    'dash in front': { ...names, clientSoftwareName: '-a' },
  })) {
    const answer = await side.askQuietly('ApiVersions', 3, body)
    side.note(`ApiVersions v3: ${label}`, { errorCode: answer.errorCode, hasKeys: answer.apiKeys.length > 0 })
  }
}
