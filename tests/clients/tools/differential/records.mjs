/** Scenarios on records: produce, offsets, producer ids. */
import { crc32c } from '@ottla/protocol'
import { batchOf, until } from '../wire.mjs'
import { BASE_MS, fetchOf, idOf, produceOf, records } from './requests.mjs'
import { makeTopics } from './topics.mjs'

const STRANGE_UUID = 'c3RyYW5nZSB1dWlkIGhlcg'
const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const CRC_AT = 17
const MAGIC_AT = 16
const LAST_DELTA_AT = 23
const COUNT_AT = 57
const NO_BYTES = Buffer.alloc(0)

/** A copy of a batch with one thing changed behind its checksum. */
function spoiled(batch, change) {
  const copy = Buffer.from(batch)
  change(copy)
  return copy
}

/** A batch in the old form: magic 1, one message. */
function messageSet(magic) {
  const message = Buffer.alloc(magic === 1 ? 22 + 5 : 14 + 5)
  message[4] = magic
  const at = magic === 1 ? 14 : 6
  if (magic === 1) message.writeBigInt64BE(BigInt(BASE_MS), 6)
  message.writeInt32BE(-1, at)
  message.writeInt32BE(5, at + 4)
  message.write('hello', at + 8)
  const head = Buffer.alloc(12)
  head.writeInt32BE(message.length, 8)
  return Buffer.concat([head, message])
}

export async function produce(side) {
  const topics = {
    prod: 2,
    'prod-compact': [1, { 'cleanup.policy': 'compact' }],
    'prod-stamp': [1, { 'message.timestamp.type': 'LogAppendTime' }],
  }
  await makeTopics(side, {
    ...topics,
    'prod-small': [1, { 'max.message.bytes': '1000' }],
    'prod-forced': [1, { 'compression.type': 'gzip' }],
  })
  await makeTopics(side, {
    'prod-odd': 3,
    'prod-old': [1, { 'message.timestamp.before.max.ms': '1000' }],
    'prod-isr': [1, { 'min.insync.replicas': '2' }],
  })
  const batch = batchOf(records(3))
  const produceId = await idOf(side, 'prod')
  await side.askAll(
    'good',
    'Produce',
    (version) =>
      version < 13
        ? produceOf('prod', batch)
        : {
            ...produceOf('', batch),
            topicData: [{ topicId: produceId, partitionData: [{ index: 0, records: batch }] }],
          },
    { min: 3 },
  )
  const ask = (label, body, version = 12, options) => side.ask(label, 'Produce', version, body, options)
  for (const version of [3, 8, 10, 12]) {
    await ask('unknown topic', produceOf('prod-none', batch), version)
    await ask('empty topic name', produceOf('', batch), version)
    await ask(
      'wrong checksum',
      produceOf(
        'prod',
        spoiled(batch, (copy) => copy.writeInt32BE(1, CRC_AT)),
      ),
      version,
    )
    await ask(
      'key missing',
      produceOf('prod-compact', batchOf([{ key: 'a', value: 'b' }, { value: 'c' }, { value: 'd' }])),
      version,
    )
    await ask(
      'timestamp too late',
      produceOf('prod', batchOf([{ value: 'a' }, { value: 'b', timestamp: Date.now() + 2 * HOUR_MS }])),
      version,
    )
    await ask('message too large', produceOf('prod-small', batchOf(records(100))), version)
  }
  await ask(
    'unknown id',
    { ...produceOf('', batch), topicData: [{ topicId: STRANGE_UUID, partitionData: [{ index: 0, records: batch }] }] },
    13,
  )
  await ask(
    'unknown partition',
    produceOf('prod', batch, {
      topicData: [
        {
          name: 'prod',
          partitionData: [
            { index: 9, records: batch },
            { index: -1, records: batch },
            { index: 1, records: batch },
          ],
        },
      ],
    }),
  )
  for (const acks of [0, 1, 2, -2]) if (acks !== 0) await ask(`acks ${acks}`, produceOf('prod', batch, { acks }))
  await ask('too few in sync', produceOf('prod-isr', batch))
  await ask('too few in sync, acks 1', produceOf('prod-isr', batch, { acks: 1 }))
  await ask('timestamp too early', produceOf('prod-old', batchOf([{ value: 'a', timestamp: BASE_MS - DAY_MS }])))
  await ask('stamped by the broker', produceOf('prod-stamp', batch))
  await ask('recompressed', produceOf('prod-forced', batch))
  await ask('nothing', produceOf('prod', batch, { topicData: [] }))
  await ask(
    'mixed',
    produceOf('prod', batch, {
      topicData: ['prod', 'prod-none', 'prod-compact'].map((name) => ({
        name,
        partitionData: [{ index: 0, records: batch }],
      })),
    }),
  )
  await ask('to the offsets topic', produceOf('__consumer_offsets', batch))
  await produceOddBatches(ask, batch)
}

async function produceOddBatches(ask, batch) {
  const odd = {
    'no bytes': NO_BYTES,
    'batch of no records': emptied(batch),
    'magic 0': messageSet(0),
    'magic 1': messageSet(1),
    'magic 3': spoiled(batch, (copy) => copy.writeInt8(3, MAGIC_AT)),
    'two batches': Buffer.concat([batch, batch]),
    'a cut batch': batch.subarray(0, batch.length - 3),
    'a cut header': batch.subarray(0, 30),
    'length too small': spoiled(batch, (copy) => copy.writeInt32BE(10, 8)),
    'length negative': spoiled(batch, (copy) => copy.writeInt32BE(-1, 8)),
    'base offset of its own': batchOf(records(3), { baseOffset: 5 }),
    'control batch': batchOf(records(1), { control: true }),
    'count too small': recounted(batch, { count: 2 }),
    'count too large': recounted(batch, { count: 4 }),
    'count negative': recounted(batch, { count: -1 }),
    'last delta too small': recounted(batch, { delta: 1 }),
    'last delta too large': recounted(batch, { delta: 7 }),
    'unknown codec': reattributed(batch, 5),
    'transactional without producer': batchOf(records(1), { transactional: true }),
    'producer id without sequence': batchOf(records(1), { producerId: 77, producerEpoch: 0 }),
    'producer id without epoch': batchOf(records(1), { producerId: 77, baseSequence: 0 }),
    'sequence without producer id': batchOf(records(1), { baseSequence: 3 }),
  }
  for (const [label, bytes] of Object.entries(odd)) await ask(label, produceOf('prod', bytes))
  const doubtful = {
    'bytes behind the batch': Buffer.concat([batch, Buffer.alloc(5)]),
    'codec that it is not': reattributed(batch, 1),
    'log append time': batchOf(records(1), { logAppendTime: BASE_MS }),
  }
  for (const [index, [label, bytes]] of Object.entries(doubtful).entries()) {
    const topicData = [{ name: 'prod-odd', partitionData: [{ index, records: bytes }] }]
    await ask(label, { ...produceOf('', bytes), topicData })
  }
}

/** Redone with a right checksum, so that what lies is the count alone. */
function recounted(batch, { count, delta }) {
  return rechecked(batch, (copy) => {
    if (count !== undefined) copy.writeInt32BE(count, COUNT_AT)
    if (delta !== undefined) copy.writeInt32BE(delta, LAST_DELTA_AT)
  })
}

function emptied(batch) {
  return rechecked(batch.subarray(0, 61), (copy) => {
    copy.writeInt32BE(copy.length - 12, 8)
    copy.writeInt32BE(0, LAST_DELTA_AT)
    copy.writeInt32BE(0, COUNT_AT)
  })
}

function reattributed(batch, attributes) {
  return rechecked(batch, (copy) => copy.writeInt16BE(attributes, 21))
}

function rechecked(batch, change) {
  return spoiled(batch, (copy) => {
    change(copy)
    copy.writeUInt32BE(crc32c(copy.subarray(21)), CRC_AT)
  })
}

export async function idempotence(side) {
  await makeTopics(side, { idem: 2 })
  const init = () => side.askQuietly('InitProducerId', 4, { transactionalId: null })
  const { producerId } = await until(async () => [await init()].find(({ errorCode }) => errorCode === 0))
  const ask = (label, { epoch = 0, sequence, count = 1, id = producerId, index = 0 }) =>
    side.ask(label, 'Produce', 12, {
      ...produceOf('idem', NO_BYTES),
      topicData: [
        {
          name: 'idem',
          partitionData: [
            {
              index,
              records: batchOf(records(count), { producerId: id, producerEpoch: epoch, baseSequence: sequence }),
            },
          ],
        },
      ],
    })
  await ask('1: first', { sequence: 0 })
  await ask('2: first again', { sequence: 0 })
  await ask('3: next two', { sequence: 1, count: 2 })
  await ask('4: gap', { sequence: 5 })
  await ask('5: part of a batch', { sequence: 1 })
  for (let sequence = 3; sequence < 9; sequence++) await ask(`6: sequence ${sequence}`, { sequence })
  await ask('7: fifth last again', { sequence: 4 })
  await ask('8: sixth last again', { sequence: 3 })
  await ask('9: new epoch, not from zero', { epoch: 1, sequence: 9 })
  await ask('10: new epoch', { epoch: 1, sequence: 0 })
  await ask('11: old epoch', { epoch: 0, sequence: 9 })
  await ask('12: old epoch, known batch', { epoch: 0, sequence: 8 })
  await ask('13: unknown producer, not from zero', { id: 4711, sequence: 12 })
  await ask('14: and on', { id: 4711, sequence: 13 })
  await ask('15: end of the numbers', { id: 4712, sequence: 0x7fff_ffff })
  await ask('16: begins at zero', { id: 4712, sequence: 0 })
  await ask('17: over the end', { id: 4713, sequence: 0x7fff_fffe, count: 4 })
  await ask('18: goes on', { id: 4713, sequence: 2 })
  await ask('19: other partition', { index: 1, sequence: 7 })
  const read = await side.ask('all of it', 'Fetch', 12, fetchOf('idem', { fetchOffset: 0 }))
  side.note('number of records', read.responses[0].partitions[0].highWatermark)
}

export async function producerIds(side) {
  const ask = (label, body) =>
    side.askAll(
      label,
      'InitProducerId',
      (version) => ({ transactionTimeoutMs: 60_000, ...(typeof body === 'function' ? body(version) : body) }),
      { max: 5 },
    )
  await ask('idempotent', { transactionalId: null })
  await ask('idempotent, without timeout', { transactionalId: null, transactionTimeoutMs: 0 })
  await ask('idempotent, timeout too long', { transactionalId: null, transactionTimeoutMs: 2 ** 31 - 1 })
  await ask('idempotent, with id and epoch', (version) => ({
    transactionalId: null,
    ...(version >= 3 ? { producerId: 5, producerEpoch: 3 } : {}),
  }))
  await ask('id without epoch', (version) => ({ transactionalId: null, ...(version >= 3 ? { producerId: 5 } : {}) }))
  await ask('epoch without id', (version) => ({ transactionalId: null, ...(version >= 3 ? { producerEpoch: 5 } : {}) }))
  await ask('empty transactional id', { transactionalId: '' })
}

export async function offsets(side) {
  await makeTopics(side, { look: 2, 'look-empty': 1 })
  for (let i = 0; i < 3; i++) {
    const timed = records(4).map((record, j) => ({ ...record, timestamp: 1_000_000 + i * 1000 + j * 10 }))
    await side.askQuietly('Produce', 9, produceOf('look', batchOf(timed)))
  }
  const ask =
    (timestamp, { topic = 'look', partitionIndex = 0, currentLeaderEpoch, isolationLevel = 0 } = {}) =>
    (version) => ({
      replicaId: -1,
      ...(version >= 2 ? { isolationLevel } : {}),
      topics: [
        {
          name: topic,
          partitions: [
            {
              partitionIndex,
              timestamp,
              ...(version >= 4 && currentLeaderEpoch !== undefined ? { currentLeaderEpoch } : {}),
            },
          ],
        },
      ],
    })
  const timestamps = {
    latest: -1,
    earliest: -2,
    maximum: -3,
    'earliest local': -4,
    'latest tiered': -5,
    'pending upload': -6,
    unknown: -7,
    before: 5,
    first: 1_000_000,
    within: 1_000_011,
    between: 1_000_500,
    last: 1_002_030,
    after: 1_002_031,
    zero: 0,
  }
  for (const [label, timestamp] of Object.entries(timestamps)) {
    await side.askAll(label, 'ListOffsets', ask(timestamp), { min: 1 })
    await side.ask(`${label}, empty partition`, 'ListOffsets', 7, ask(timestamp, { topic: 'look-empty' })(7))
  }
  const cases = {
    'unknown topic': { topic: 'look-none' },
    'illegal topic': { topic: 'a b' },
    'unknown partition': { partitionIndex: 7 },
    'epoch of the future': { currentLeaderEpoch: 7 },
    'epoch of now': { currentLeaderEpoch: 0 },
    'read committed': { isolationLevel: 1 },
  }
  for (const [label, options] of Object.entries(cases))
    await side.askAll(label, 'ListOffsets', ask(-1, options), { min: 1 })
  const twice = ask(-1)(7)
  await side.ask('partition twice', 'ListOffsets', 7, {
    ...twice,
    topics: [{ name: 'look', partitions: [...twice.topics[0].partitions, ...twice.topics[0].partitions] }],
  })
  await side.ask('nothing', 'ListOffsets', 7, { replicaId: -1, topics: [] })
  await epochsAndDeletion(side)
}

async function epochsAndDeletion(side) {
  const epoch = (leaderEpoch, { topic = 'look', partition = 0, currentLeaderEpoch = -1 } = {}) => ({
    replicaId: -1,
    topics: [{ topic, partitions: [{ partition, currentLeaderEpoch, leaderEpoch }] }],
  })
  const forms = {
    now: epoch(0),
    future: epoch(3),
    none: epoch(-1),
    'unknown topic': epoch(0, { topic: 'look-none' }),
    'unknown partition': epoch(0, { partition: 9 }),
    fenced: epoch(0, { currentLeaderEpoch: 4 }),
  }
  for (const [label, body] of Object.entries(forms)) await side.askAll(label, 'OffsetForLeaderEpoch', body, { min: 2 })
  await makeTopics(side, { 'look-compact': [1, { 'cleanup.policy': 'compact' }] })
  const deletion = (offset, { name = 'look', partitionIndex = 0 } = {}) => ({
    topics: [{ name, partitions: [{ partitionIndex, offset }] }],
    timeoutMs: 5000,
  })
  await side.askAll('1: nothing', 'DeleteRecords', deletion(0))
  await side.askAll('2: some', 'DeleteRecords', deletion(5))
  await side.askAll('3: less', 'DeleteRecords', deletion(3))
  await side.askAll('4: beyond the end', 'DeleteRecords', deletion(13))
  await side.askAll('5: below', 'DeleteRecords', deletion(-2))
  await side.askAll('6: unknown topic', 'DeleteRecords', deletion(0, { name: 'look-none' }))
  await side.askAll('7: unknown partition', 'DeleteRecords', deletion(0, { partitionIndex: 7 }))
  await side.askAll('8: compacted topic', 'DeleteRecords', deletion(0, { name: 'look-compact' }))
  await side.askAll('9: internal topic', 'DeleteRecords', deletion(0, { name: '__consumer_offsets' }))
  await side.ask('below the new start', 'Fetch', 12, fetchOf('look', { fetchOffset: 4 }))
  await side.ask('at the new start', 'Fetch', 12, fetchOf('look', { fetchOffset: 5 }))
  await side.askAll('10: all', 'DeleteRecords', deletion(-1))
  await side.ask('start after all was deleted', 'ListOffsets', 7, {
    replicaId: -1,
    topics: [{ name: 'look', partitions: [{ partitionIndex: 0, timestamp: -2 }] }],
  })
  await side.ask('at the end after all was deleted', 'Fetch', 12, fetchOf('look', { fetchOffset: 12 }))
}
