/** Scenarios of fetches: places, limits, sessions. */
import { batchOf } from '../wire.mjs'
import { fetchOf, idOf, produceOf, records } from './requests.mjs'
import { makeTopics } from './topics.mjs'

const STRANGE_UUID = 'c3RyYW5nZSB1dWlkIGhlcg'
const INT_MAX = 2 ** 31 - 1
const INT_MIN = -(2 ** 31)
/** Long enough to tell an answer that waited from one that came at once. */
const WAIT_MS = 1500

export async function fetch(side) {
  await makeTopics(side, { read: 2, 'read-empty': 1 })
  for (let i = 0; i < 3; i++) await side.askQuietly('Produce', 9, produceOf('read', batchOf(records(4))))
  const topicId = await idOf(side, 'read')
  const byName = { max: 12 }
  const byId = (id, options) => {
    const { topics, ...rest } = fetchOf('', options)
    return { ...rest, topics: topics.map(({ partitions }) => ({ topicId: id, partitions })) }
  }
  await side.askAll('from the start', 'Fetch', fetchOf('read'), { min: 4, ...byName })
  await side.askAll('by id', 'Fetch', byId(topicId), { min: 13 })
  await side.askAll('by unknown id', 'Fetch', byId(STRANGE_UUID), { min: 13 })
  await side.askAll('by no id', 'Fetch', byId('AAAAAAAAAAAAAAAAAAAAAA'), { min: 13 })
  const cases = {
    'middle of a batch': { fetchOffset: 5 },
    'at the end': { fetchOffset: 12 },
    'behind the end': { fetchOffset: 13 },
    'far behind the end': { fetchOffset: 2 ** 40 },
    'before the start': { fetchOffset: -1 },
    'one byte': { partitionMaxBytes: 1 },
    'no bytes': { partitionMaxBytes: 0 },
    'one byte in all': { maxBytes: 1 },
    'no bytes in all': { maxBytes: 0 },
    'room for one and a half': { partitionMaxBytes: 180 },
    'unknown partition': { partition: 9 },
    'negative partition': { partition: -1 },
    'read committed': { isolationLevel: 1 },
    'unknown isolation': { isolationLevel: 5 },
    'leader epoch of the future': { currentLeaderEpoch: 9 },
    'leader epoch of now': { currentLeaderEpoch: 0 },
  }
  for (const [label, options] of Object.entries(cases)) {
    for (const version of [4, 9, 12]) {
      if (version < 9 && options.currentLeaderEpoch !== undefined) continue
      await side.ask(label, 'Fetch', version, fetchOf('read', options))
    }
    await side.ask(label, 'Fetch', 16, byId(topicId, options))
  }
  for (const version of [4, 9, 12]) await side.ask('unknown topic', 'Fetch', version, fetchOf('read-none'))
  await side.ask('empty topic name', 'Fetch', 12, fetchOf(''))
  await side.ask('nothing', 'Fetch', 12, { ...fetchOf('read'), topics: [] })
  await side.ask('empty partition', 'Fetch', 12, fetchOf('read-empty'))
  await side.ask('last epoch known', 'Fetch', 12, lastEpoch(0))
  await side.ask('last epoch unknown', 'Fetch', 12, lastEpoch(7))
  await sessions(side, { byId, topicId })
}

/** Limits that no client has reason to send. */
export async function strangeLimits(side) {
  await makeTopics(side, { limits: 2, 'limits-empty': 1 })
  for (const index of [0, 0, 0, 1, 1]) {
    const partitionData = [{ index, records: batchOf(records(4)) }]
    await side.askQuietly('Produce', 9, produceOf('limits', null, { topicData: [{ name: 'limits', partitionData }] }))
  }
  const one = {
    'less than no bytes': { partitionMaxBytes: -1 },
    'least bytes': { partitionMaxBytes: INT_MIN },
    'most bytes': { partitionMaxBytes: INT_MAX },
    'less than no bytes in all': { maxBytes: -1 },
    'least bytes in all': { maxBytes: INT_MIN },
    'most bytes in all': { maxBytes: INT_MAX },
    'most of both': { maxBytes: INT_MAX, partitionMaxBytes: INT_MAX },
    'less than none of both': { maxBytes: -1, partitionMaxBytes: -1 },
    'less than no bytes at the end': { partitionMaxBytes: -1, fetchOffset: 12 },
    'no bytes in all, in the middle': { maxBytes: 0, fetchOffset: 5 },
  }
  for (const [label, options] of Object.entries(one)) {
    for (const version of [4, 12]) await side.ask(label, 'Fetch', version, fetchOf('limits', options))
  }
  const two = {
    'none of the first': [0, INT_MAX],
    'none of the second': [INT_MAX, 0],
    'less than none of the first': [-1, INT_MAX],
    'less than none of the second': [INT_MAX, -1],
    'one byte of each': [1, 1],
  }
  for (const [label, bytes] of Object.entries(two)) {
    for (const maxBytes of [INT_MAX, 200, 1, 0]) {
      const partitions = bytes.map((partitionMaxBytes, partition) => ({ partition, fetchOffset: 0, partitionMaxBytes }))
      const request = { ...fetchOf('limits', { maxBytes }), topics: [{ topic: 'limits', partitions }] }
      await side.ask(`${label}, ${maxBytes} in all`, 'Fetch', 12, request)
    }
  }
  await strangeMinimums(side)
}

async function strangeMinimums(side) {
  const minimums = {
    'a minimum over the maximum': { minBytes: INT_MAX, maxBytes: 100 },
    'a minimum over both maximums': { minBytes: INT_MAX, maxBytes: 100, partitionMaxBytes: 1 },
    'a minimum over what the partition gives': { minBytes: 10_000, partitionMaxBytes: 1 },
    'a minimum over what is there': { minBytes: INT_MAX },
    'a minimum that whole batches do not fill': { minBytes: 250, partitionMaxBytes: 250 },
    'a minimum that whole batches do not fill in all': { minBytes: 250, maxBytes: 250 },
    'no minimum': { minBytes: 0 },
    'less than no minimum': { minBytes: -1 },
    'no bytes in all': { maxBytes: 0 },
    'less than no bytes in all': { maxBytes: -1 },
    'no bytes of the partition': { partitionMaxBytes: 0 },
    'a minimum of two bytes and none of the partition': { minBytes: 2, partitionMaxBytes: 0 },
    'no time': { minBytes: INT_MAX, maxWaitMs: 0 },
    'less than no time': { minBytes: INT_MAX, maxWaitMs: -1 },
  }
  for (const [label, options] of Object.entries(minimums)) {
    for (const topic of ['limits', 'limits-empty']) {
      const began = performance.now()
      const title = `${label}, ${topic}`
      await side.ask(title, 'Fetch', 12, fetchOf(topic, { maxWaitMs: WAIT_MS, ...options }))
      side.note(`${title}: waited`, performance.now() - began >= WAIT_MS / 2)
    }
  }
}

function lastEpoch(epoch) {
  const request = fetchOf('read')
  return {
    ...request,
    topics: [{ topic: 'read', partitions: [{ ...request.topics[0].partitions[0], lastFetchedEpoch: epoch }] }],
  }
}

async function sessions(side, { byId, topicId }) {
  const ask = (label, body, version = 12) => side.ask(`session: ${label}`, 'Fetch', version, body)
  await ask('unknown', fetchOf('read', { sessionId: 123456, sessionEpoch: 1 }))
  await ask('close an unknown one', fetchOf('read', { sessionId: 123456, sessionEpoch: -1 }))
  const first = await ask('begin', fetchOf('read', { sessionEpoch: 0 }))
  const { sessionId } = first
  const nothing = { ...fetchOf('read'), topics: [], sessionId }
  await ask('wrong epoch', { ...nothing, sessionEpoch: 5 })
  await ask('nothing new', { ...nothing, sessionEpoch: 1 })
  await ask('moved on', fetchOf('read', { sessionId, sessionEpoch: 2, fetchOffset: 12 }))
  await ask('nothing new there', { ...nothing, sessionEpoch: 3 })
  await ask('an error', fetchOf('read', { sessionId, sessionEpoch: 4, fetchOffset: 99 }))
  await ask('an error again', { ...nothing, sessionEpoch: 5 })
  await ask('an unknown topic', fetchOf('read-none', { sessionId, sessionEpoch: 6 }))
  await ask('still unknown', { ...nothing, sessionEpoch: 7 })
  await ask('forgotten', {
    ...nothing,
    sessionEpoch: 8,
    forgottenTopicsData: [{ topic: 'read-none', partitions: [0] }],
  })
  await ask('with ids', { ...byId(topicId), sessionId, sessionEpoch: 9 }, 16)
  await ask('ended', { ...nothing, sessionEpoch: -1 })
  await ask('after its end', { ...nothing, sessionEpoch: 10 })
  const second = await ask('begin with an unknown id', byId(STRANGE_UUID, { sessionEpoch: 0 }), 16)
  await ask('unknown id again', { ...byId(topicId, { sessionId: second.sessionId, sessionEpoch: 1 }), topics: [] }, 16)
}
