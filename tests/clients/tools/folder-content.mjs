/** What is written into a folder by one broker, and read out of it by another: topics of many kinds, groups, transactions. */
import { createHash } from 'node:crypto'
import { continueShares, fillShares, shareContents } from './folder-shares.mjs'
import { batchOf, recordsIn, until } from './wire.mjs'

const CODECS = ['gzip', 'snappy', 'lz4', 'zstd']
const START_MS = 1_700_000_000_000
const TOPIC_RESOURCE = 2
const GROUP = 0
const TRANSACTION = 1
const TRANSACTIONAL_ID = 'transfer'
const OPEN_TRANSACTIONAL_ID = 'transfer-open'
const DYNAMIC_TOPIC_CONFIG = 1

/** Topics by name: partitions and settings. Codecs are the topic's, so that the broker compresses. */
const TOPICS = {
  // Records are older than any retention, which a slow machine would see at work.
  plain: [3, { 'retention.ms': '-1' }],
  ...Object.fromEntries(
    CODECS.map((codec) => [`codec-${codec}`, [1, { 'compression.type': codec, 'retention.ms': '-1' }]]),
  ),
  idempotent: [1, {}],
  segments: [1, { 'segment.bytes': '1048576', 'retention.ms': '-1' }],
  rolled: [1, { 'segment.ms': '1000', 'retention.ms': '-1' }],
  compacted: [2, { 'cleanup.policy': 'compact', 'min.cleanable.dirty.ratio': '0.9' }],
  stamped: [1, { 'message.timestamp.type': 'LogAppendTime' }],
  empty: [2, { 'retention.bytes': '123456789' }],
}

/** Writes everything; gives what later writers go on with. `isKafka`: also what only Apache Kafka has got yet. */
export async function fill(wire, { isKafka }) {
  for (const key of ['simple', 'classic', 'modern']) await findCoordinator(wire, GROUP, key)
  if (isKafka) await findCoordinator(wire, TRANSACTION, TRANSACTIONAL_ID)
  await createTopics(wire, {
    ...TOPICS,
    ...(isKafka ? { transactional: [1, {}], open: [1, {}] } : {}),
    doomed: [1, {}],
  })
  const records = (count, text) =>
    Array.from({ length: count }, (_, i) => ({
      key: `key-${i}`,
      value: `${text}-${i}-${'abcdefghij'.repeat(8)}`,
      timestamp: START_MS + i * 1000,
      headers: [{ key: 'h', value: `${i}` }],
    }))
  for (const partition of [0, 1, 2]) await produce(wire, 'plain', batchOf(records(50, `p${partition}`)), { partition })
  for (const codec of CODECS)
    for (const round of [1, 2]) await produce(wire, `codec-${codec}`, batchOf(records(100, `${codec}${round}`)))
  for (const [index, codec] of CODECS.entries())
    await produce(wire, 'plain', batchOf(records(30, codec), { compression: index + 1 }))
  for (const partition of [0, 1]) await produce(wire, 'compacted', batchOf(records(20, 'c')), { partition })
  await produce(wire, 'stamped', batchOf(records(10, 's')))
  await produce(wire, 'doomed', batchOf(records(10, 'd')))
  await wire.ask('DeleteTopics', 5, { topicNames: ['doomed'], timeoutMs: 10_000 })
  await fillSegments(wire)
  const producer = await fillIdempotent(wire)
  const open = isKafka ? await fillTransactional(wire) : undefined
  if (isKafka) await formConsumerGroup(wire, 'modern')
  await commitOffsets(wire, { group: 'simple', offsets: { plain: [7, 9], segments: [3] } })
  await formClassicGroup(wire, 'classic')
  await commitOffsets(wire, { group: 'classic', offsets: { plain: [20, 21, 22] } })
  await fillShares(wire)
  return { ...producer, open }
}

/** Goes on where {@link fill} ended: more records everywhere, the producer's next sequence, a new topic. */
export async function continueWriting(wire, producer, label) {
  await createTopics(wire, { [`new-${label}`]: [2, {}] })
  for (const topic of [`new-${label}`, ...Object.keys(TOPICS)].filter((name) => name !== 'idempotent')) {
    await produce(wire, topic, batchOf([{ key: 'k', value: `${label} in ${topic}` }]))
  }
  const again = await produce(wire, 'idempotent', idempotentBatch(producer, producer.sequence - 1))
  if (again.baseOffset !== producer.sequence - 1) throw new Error(`a repeated batch got offset ${again.baseOffset}`)
  const gap = await produceRaw(wire, 'idempotent', idempotentBatch(producer, producer.sequence + 5))
  if (gap.errorCode !== 45) throw new Error(`a gap in the sequence got error ${gap.errorCode}`)
  await produce(wire, 'idempotent', idempotentBatch(producer, producer.sequence))
  const fresh = await newProducer(wire)
  if (fresh.producerId <= producer.producerId) throw new Error(`producer id ${fresh.producerId} was given again`)
  await commitOffsets(wire, { group: 'simple', offsets: { plain: [8], idempotent: [1] } })
  await commitOffsets(wire, { group: `late-${label}`, offsets: { plain: [1] } })
  await continueShares(wire)
  // What one broker began, the next one ends.
  if (producer.open !== undefined) {
    const end = { ...producer.open, committed: true }
    const ended = await wire.ask('EndTxn', 3, end)
    if (ended.errorCode !== 0) throw new Error(`EndTxn of a transaction that another broker began: ${ended.errorCode}`)
    await until(async () => (await lastStableOffset(wire, 'open', 0)) === 6, { what: 'the marker of another broker' })
  }
  return { ...producer, sequence: producer.sequence + 1, open: undefined }
}

/** All that a client can see, in a form that can be compared. */
export async function contents(wire, groups) {
  const { topics } = await wire.ask('Metadata', 12, { topics: null })
  const result = { topics: {}, groups: {} }
  for (const { name, topicId, partitions } of topics.filter(({ isInternal }) => !isInternal).sort(byName)) {
    const seen = []
    for (let index = 0; index < partitions.length; index++)
      seen.push(await partitionContents(wire, { name, topicId, index }))
    result.topics[name] = { topicId, configs: await overrides(wire, name), partitions: seen }
  }
  for (const group of groups) result.groups[group] = await committed(wire, group)
  result.shares = await shareContents(wire)
  if (topics.some(({ name }) => name === '__transaction_state')) result.transactions = await transactions(wire)
  return result
}

/** What the coordinator knows of the ids that were used. */
async function transactions(wire) {
  const transactionalIds = [TRANSACTIONAL_ID, OPEN_TRANSACTIONAL_ID]
  const describe = () => wire.ask('DescribeTransactions', 0, { transactionalIds })
  const errorOf = ({ transactionStates }) => transactionStates.find(({ errorCode }) => errorCode !== 0)?.errorCode ?? 0
  return (await untilLoaded(describe, errorOf)).transactionStates
}

/**
 * Lookups by time go past the log start of `segments`: where the segments below it are not removed yet, Apache Kafka looks for
 * earlier times in them and finds nothing.
 */
const timestamps = [-2, -1, -3, START_MS + 30_005, START_MS + 1_000_000_000]

async function partitionContents(wire, { name, topicId, index }) {
  await untilLed(wire, name, index)
  const offsets = []
  for (const timestamp of timestamps) {
    const { topics } = await wire.ask('ListOffsets', 7, {
      replicaId: -1,
      topics: [{ name, partitions: [{ partitionIndex: index, timestamp }] }],
    })
    const { errorCode, offset, timestamp: found } = topics[0].partitions[0]
    offsets.push({ of: timestamp, errorCode, offset, timestamp: found })
  }
  const start = offsets[0].offset
  const end = await lastStableOffset(wire, name, index)
  const read = await readAll(wire, { name, topicId, index, start, end })
  return { offsets, ...read }
}

async function lastStableOffset(wire, name, partitionIndex) {
  const topics = [{ name, partitions: [{ partitionIndex, timestamp: -1 }] }]
  const answer = await wire.ask('ListOffsets', 7, { replicaId: -1, isolationLevel: 1, topics })
  return answer.topics[0].partitions[0].offset
}

async function readAll(wire, { name, topicId, index, start, end }) {
  const records = []
  const aborted = []
  for (let offset = start; offset < end; ) {
    const { responses } = await wire.ask('Fetch', 16, {
      maxWaitMs: 100,
      minBytes: 1,
      isolationLevel: 1,
      topics: [{ topicId, partitions: [{ partition: index, fetchOffset: offset, partitionMaxBytes: 8 << 20 }] }],
    })
    const answer = responses[0].partitions[0]
    if (answer.errorCode !== 0 || answer.records.length === 0)
      throw new Error(
        `nothing at ${offset} of ${index} ${name}: ${JSON.stringify({ ...answer, records: answer.records?.length })} of ${end}`,
      )
    const from = offset
    const found = recordsIn(answer.records).filter((record) => record.offset >= from)
    records.push(...found)
    aborted.push(
      ...(answer.abortedTransactions ?? []).map(({ producerId, firstOffset }) => `${producerId} from ${firstOffset}`),
    )
    offset = lastOffset(answer.records) + 1
  }
  const digest = createHash('sha256').update(JSON.stringify(records)).digest('hex')
  return { end, count: records.length, first: records[0]?.offset, last: records.at(-1)?.offset, digest, aborted }
}

function lastOffset(bytes) {
  let last = -1
  for (let at = 0; at + 12 <= bytes.length; at += 12 + bytes.readInt32BE(at + 8)) {
    if (at + 12 + bytes.readInt32BE(at + 8) > bytes.length) break
    last = Number(bytes.readBigInt64BE(at)) + bytes.readInt32BE(at + 23)
  }
  return last
}

async function overrides(wire, name) {
  const { results } = await wire.ask('DescribeConfigs', 4, {
    resources: [{ resourceType: TOPIC_RESOURCE, resourceName: name, configurationKeys: null }],
  })
  const set = results[0].configs.filter(({ configSource }) => configSource === DYNAMIC_TOPIC_CONFIG)
  return Object.fromEntries(set.map((config) => [config.name, config.value]).sort())
}

async function committed(wire, group) {
  const { groups } = await untilLoaded(
    () => wire.ask('OffsetFetch', 9, { groups: [{ groupId: group, topics: null }] }),
    ({ groups }) => groups[0].errorCode,
  )
  const [{ errorCode, topics }] = groups
  const offsets = topics.flatMap(({ name, partitions }) =>
    partitions.map(
      ({ partitionIndex, committedOffset, metadata }) => `${name}-${partitionIndex}: ${committedOffset} ${metadata}`,
    ),
  )
  const described = await wire.ask('DescribeGroups', 5, { groups: [group] })
  const { groupState, protocolType } = described.groups[0]
  return { errorCode, offsets: offsets.sort(), groupState, protocolType }
}

async function createTopics(wire, topics) {
  const answer = await wire.ask('CreateTopics', 7, {
    timeoutMs: 10_000,
    topics: Object.entries(topics).map(([name, [numPartitions, configs]]) => ({
      name,
      numPartitions,
      replicationFactor: 1,
      configs: Object.entries(configs).map(([key, value]) => ({ name: key, value })),
    })),
  })
  const failed = answer.topics.find(({ errorCode }) => errorCode !== 0)
  if (failed) throw new Error(`${failed.name}: ${failed.errorCode} ${failed.errorMessage}`)
  for (const [name, [partitions]] of Object.entries(topics)) {
    for (let index = 0; index < partitions; index++) await untilLed(wire, name, index)
  }
}

/** Apache Kafka answers before the partitions lead. */
async function untilLed(wire, name, partitionIndex) {
  const request = { replicaId: -1, topics: [{ name, partitions: [{ partitionIndex, timestamp: -1 }] }] }
  const isLed = ({ topics }) => topics[0].partitions[0].errorCode === 0
  await until(async () => isLed(await wire.ask('ListOffsets', 7, request)), {
    what: `leadership of ${name}-${partitionIndex}`,
  })
}

async function fillSegments(wire) {
  let state = 1
  const noise = (bytes) => {
    const text = Buffer.alloc(bytes)
    for (let at = 0; at < bytes; at++) {
      state = (state * 1103515245 + 12345) % 2147483648
      text[at] = 33 + ((state >> 16) % 90)
    }
    return text.toString()
  }
  for (let i = 0; i < 45; i++) {
    const records = Array.from({ length: 4 }, (_, j) => ({
      key: `${i}`,
      value: noise(20_000),
      timestamp: START_MS + i * 1000 + j,
    }))
    await produce(wire, 'segments', batchOf(records))
  }
  const { topics } = await wire.ask('DeleteRecords', 2, {
    topics: [{ name: 'segments', partitions: [{ partitionIndex: 0, offset: 70 }] }],
    timeoutMs: 10_000,
  })
  if (topics[0].partitions[0].lowWatermark !== 70)
    throw new Error(`DeleteRecords: ${JSON.stringify(topics[0].partitions[0])}`)
  for (let i = 0; i < 6; i++)
    await produce(wire, 'rolled', batchOf([{ value: `r${i}`, timestamp: START_MS + i * 5000 }]))
}

async function fillIdempotent(wire) {
  const { producerId, producerEpoch } = await newProducer(wire)
  const producer = { producerId, producerEpoch, sequence: 8 }
  for (let sequence = 0; sequence < producer.sequence; sequence++)
    await produce(wire, 'idempotent', idempotentBatch(producer, sequence))
  return producer
}

function newProducer(wire) {
  return untilLoaded(
    () => wire.ask('InitProducerId', 5, { transactionalId: null }),
    ({ errorCode }) => errorCode,
  )
}

/** Of now: producers whose last batch is a day old are forgotten. */
function idempotentBatch({ producerId, producerEpoch }, sequence) {
  const record = { value: `sequence ${sequence}` }
  return batchOf([record], { producerId, producerEpoch, baseSequence: sequence })
}

/** A commit, an abort, a commit; and on another topic a transaction that stays open. */
async function fillTransactional(wire) {
  for (const [index, isCommitted] of [true, false, true].entries()) {
    const producer = await transaction(wire, {
      transactionalId: TRANSACTIONAL_ID,
      topic: 'transactional',
      sequence: index * 3,
    })
    const ended = await wire.ask('EndTxn', 3, { ...producer, committed: isCommitted })
    if (ended.errorCode !== 0) throw new Error(`EndTxn: ${ended.errorCode}`)
  }
  await until(async () => (await lastStableOffset(wire, 'transactional', 0)) === 12, { what: 'the last marker' })
  await produce(wire, 'open', batchOf([{ value: 'before' }]))
  const open = await transaction(wire, { transactionalId: OPEN_TRANSACTIONAL_ID, topic: 'open', sequence: 0 })
  await produce(wire, 'open', batchOf([{ value: 'after' }]))
  return open
}

const producers = new Map()

/** Begins a transaction with three records, and gives its producer. */
async function transaction(wire, { transactionalId, topic, sequence }) {
  if (sequence === 0) {
    const init = () => wire.ask('InitProducerId', 4, { transactionalId, transactionTimeoutMs: 900_000 })
    producers.set(transactionalId, await untilLoaded(init, ({ errorCode }) => errorCode))
  }
  const { producerId, producerEpoch } = producers.get(transactionalId)
  const add = () =>
    wire.ask('AddPartitionsToTxn', 3, {
      v3AndBelowTransactionalId: transactionalId,
      v3AndBelowProducerId: producerId,
      v3AndBelowProducerEpoch: producerEpoch,
      v3AndBelowTopics: [{ name: topic, partitions: [0] }],
    })
  const errorOf = ({ resultsByTopicV3AndBelow: [result] }) => result.resultsByPartition[0].partitionErrorCode
  await untilLoaded(add, errorOf)
  const options = { producerId, producerEpoch, baseSequence: sequence, transactional: true }
  const records = [0, 1, 2].map((i) => ({ value: `transactional ${sequence + i}`, timestamp: START_MS + i }))
  await produce(wire, topic, batchOf(records, options), { transactionalId, version: 11 })
  return { transactionalId, producerId, producerEpoch }
}

async function produce(wire, topic, records, options) {
  const answer = await produceRaw(wire, topic, records, options)
  if (answer.errorCode !== 0) throw new Error(`produce to ${topic}: ${answer.errorCode} ${answer.errorMessage}`)
  return answer
}

async function produceRaw(wire, topic, records, { partition = 0, transactionalId = null, version = 11 } = {}) {
  const { responses } = await wire.ask('Produce', version, {
    transactionalId,
    acks: -1,
    timeoutMs: 10_000,
    topicData: [{ name: topic, partitionData: [{ index: partition, records }] }],
  })
  return responses[0].partitionResponses[0]
}

async function commitOffsets(wire, { group, offsets, memberId = '', memberEpoch = -1 }) {
  const topics = Object.entries(offsets).map(([name, list]) => ({
    name,
    partitions: list.map((committedOffset, partitionIndex) => ({
      partitionIndex,
      committedOffset,
      committedMetadata: `at ${committedOffset}`,
    })),
  }))
  await untilLoaded(
    () => wire.ask('OffsetCommit', 9, { groupId: group, memberId, generationIdOrMemberEpoch: memberEpoch, topics }),
    (answer) => answer.topics[0].partitions[0].errorCode,
  )
}

/** One member joins, gets an assignment, and leaves: the group is there, empty, with its protocol. */
async function formClassicGroup(wire, groupId) {
  const protocols = [{ name: 'range', metadata: Buffer.from('00000000000100056c61746572ffffffff', 'hex') }]
  const join = { groupId, sessionTimeoutMs: 10_000, rebalanceTimeoutMs: 10_000, protocolType: 'consumer', protocols }
  const first = await untilLoaded(
    () => wire.ask('JoinGroup', 7, { ...join, memberId: '' }),
    ({ errorCode }) => (errorCode === 79 ? 0 : errorCode),
  )
  const { memberId } = first
  const { generationId, errorCode } = await wire.ask('JoinGroup', 7, { ...join, memberId })
  if (errorCode !== 0) throw new Error(`JoinGroup: ${errorCode}`)
  const assignments = [{ memberId, assignment: Buffer.from('0000000000000000ffffffff', 'hex') }]
  const sync = { groupId, generationId, memberId, protocolType: 'consumer', protocolName: 'range', assignments }
  const synced = await wire.ask('SyncGroup', 5, sync)
  if (synced.errorCode !== 0) throw new Error(`SyncGroup: ${synced.errorCode}`)
  const left = await wire.ask('LeaveGroup', 4, { groupId, members: [{ memberId }] })
  if (left.errorCode !== 0) throw new Error(`LeaveGroup: ${left.errorCode}`)
}

/** A group of the consumer protocol (KIP-848), which has committed and is empty again. */
async function formConsumerGroup(wire, groupId) {
  const beat = (fields) => wire.ask('ConsumerGroupHeartbeat', 0, { groupId, rebalanceTimeoutMs: 5000, ...fields })
  const joined = await untilLoaded(
    () => beat({ memberId: '', memberEpoch: 0, subscribedTopicNames: ['plain'], topicPartitions: [] }),
    ({ errorCode }) => errorCode,
  )
  const { memberId, memberEpoch } = joined
  await commitOffsets(wire, { group: groupId, memberId, memberEpoch, offsets: { plain: [4, 5, 6] } })
  const left = await beat({ memberId, memberEpoch: -1 })
  if (left.errorCode !== 0) throw new Error(`the member could not leave: ${left.errorCode}`)
}

/** Makes the coordinator's topic when it is not there yet. */
async function findCoordinator(wire, keyType, key) {
  await untilLoaded(
    () => wire.ask('FindCoordinator', 4, { keyType, coordinatorKeys: [key] }),
    ({ coordinators }) => coordinators[0].errorCode,
  )
}

/** Coordinators load, and their topics are made, on first use. */
const COORDINATOR_ERRORS = new Set([14, 15, 16, 51])

async function untilLoaded(ask, errorOf) {
  return until(async () => {
    const answer = await ask()
    const error = errorOf(answer)
    if (COORDINATOR_ERRORS.has(error)) return null
    if (error !== 0) throw new Error(`error ${error} in ${JSON.stringify(answer)}`)
    return answer
  })
}

function byName(a, b) {
  return a.name < b.name ? -1 : 1
}
