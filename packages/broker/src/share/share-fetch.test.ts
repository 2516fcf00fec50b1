import { deepEqual, equal, ok } from 'node:assert/strict'
import { test } from 'node:test'
import {
  DeleteRecordsRequest,
  DeleteRecordsResponse,
  DeleteTopicsRequest,
  DeleteTopicsResponse,
  ErrorCode,
} from '@ottla/protocol'
import { acquiredOf, dataOf, ShareTestBroker, valuesOf } from './share-test-broker.test.ts'

const DELETE_RECORDS = { request: DeleteRecordsRequest, response: DeleteRecordsResponse }
const DELETE_TOPICS = { request: DeleteTopicsRequest, response: DeleteTopicsResponse }
const [ACCEPT, RELEASE, REJECT, RENEW] = [1, 2, 3, 4]
const EARLIEST = { 'share.auto.offset.reset': 'earliest' }

async function started(
  t: Parameters<typeof ShareTestBroker.start>[0],
  group: Readonly<Record<string, string>> = {},
): Promise<ShareTestBroker> {
  const broker = await ShareTestBroker.start(t)
  await broker.createTopic('jobs')
  await broker.configureGroup('g', { ...EARLIEST, ...group })
  return broker
}

test('a member gets records with the lock time, and says that they are done', async (t) => {
  const broker = await started(t)
  await broker.produce('jobs', ['a', 'b', 'c'])
  const member = await broker.member('g', 'm1', 'jobs')
  const response = await member.fetch()
  equal(acquiredOf(response), '0-2x1')
  equal(response.acquisitionLockTimeoutMs, 30_000)
  deepEqual([...valuesOf(response).values()], ['a', 'b', 'c'])
  equal(await member.acknowledge([[0, 2, ACCEPT]]), ErrorCode.NONE)
  equal(await member.take({ maxWaitMs: 20 }), '')
})

test('a waiting member gets what is produced, at once', async (t) => {
  const broker = await started(t)
  const member = await broker.member('g', 'm1', 'jobs')
  const waiting = member.take({ maxWaitMs: 15_000 })
  await broker.produce('jobs', ['a'])
  equal(await waiting, '0-0x1')
})

test('records that are not in memory come from the file, as many as are asked for, whatever their size', async (t) => {
  const broker = await ShareTestBroker.start(t, { 'ottla.tail.budget.bytes': '0' })
  await broker.createTopic('jobs')
  await broker.configureGroup('g', EARLIEST)
  const member = await broker.member('g', 'm1', 'jobs')
  for (let i = 0; i < 6; i++) {
    await broker.produce(
      'jobs',
      Array.from({ length: 301 }, (_, n) => 'x'.repeat(600 + (n % 7))),
    )
  }
  equal(await member.take({ maxRecords: 301 }), '0-300x1')
  equal(await member.take({ maxRecords: 250 }), '301-601x1')
  equal(await member.take({ maxRecords: 251 }), '602-902x1')
})

test('records acknowledged on the way are stored before the answer, which brings the next', async (t) => {
  const broker = await started(t)
  const member = await broker.member('g', 'm1', 'jobs')
  await broker.produce('jobs', ['a'])
  equal(await member.take(), '0-0x1')
  await broker.produce('jobs', ['b'])
  equal(await member.take({ acks: [[0, 0, ACCEPT]] }), '1-1x1')
  await member.acknowledge([[1, 1, ACCEPT]])
  const [leader] = broker.broker.running.broker.shares.leaders()
  equal(leader!.state!.startOffset, 2)
})

test('two members share a partition and never the same record', async (t) => {
  const broker = await started(t)
  const [one, two] = [await broker.member('g', 'm1', 'jobs'), await broker.member('g', 'm2', 'jobs')]
  await broker.produce('jobs', ['a', 'b'])
  await broker.produce('jobs', ['c', 'd'])
  equal(await one.take({ maxRecords: 1 }), '0-1x1')
  equal(await two.take({ maxRecords: 1 }), '2-3x1')
  equal(await two.acknowledge([[0, 0, ACCEPT]]), ErrorCode.INVALID_RECORD_STATE)
})

test('under a record limit a member gets no more records than it asked for, in whole batches', async (t) => {
  const broker = await started(t)
  await broker.produce('jobs', ['a', 'b', 'c', 'd', 'e'])
  const [one, two] = [await broker.member('g', 'm1', 'jobs'), await broker.member('g', 'm2', 'jobs')]
  const response = await one.fetch({ maxRecords: 2, shareAcquireMode: 1 })
  equal(acquiredOf(response), '0-1x1')
  equal(valuesOf(response).size, 5)
  equal(await two.take({ maxRecords: 2, shareAcquireMode: 1 }), '2-3x1')
})

test('released records come again, to whoever waits first, with a higher delivery count', async (t) => {
  const broker = await started(t)
  await broker.produce('jobs', ['a', 'b'])
  const [one, two] = [await broker.member('g', 'm1', 'jobs'), await broker.member('g', 'm2', 'jobs')]
  equal(await one.take(), '0-1x1')
  const waiting = two.take({ maxWaitMs: 15_000 })
  equal(await one.acknowledge([[0, 1, RELEASE, REJECT]]), ErrorCode.NONE)
  equal(await waiting, '0-0x2')
})

test('a lock that is neither kept nor renewed expires, and its records go to who waits', async (t) => {
  const broker = await started(t, { 'share.record.lock.duration.ms': '3000' })
  await broker.produce('jobs', ['a', 'b'])
  const [one, two] = [await broker.member('g', 'm1', 'jobs'), await broker.member('g', 'm2', 'jobs')]
  equal(await one.take(), '0-1x1')
  let got: string | null = null
  const waiting = two.take({ maxWaitMs: 15_000 }).then((acquired) => {
    got = acquired
  })
  while (got === null) {
    const renewed = await one.acknowledgement([[1, 1, RENEW]], { isRenewAck: true })
    deepEqual([renewed.acquisitionLockTimeoutMs, renewed.responses[0]!.partitions[0]!.errorCode], [3000, 0])
    await new Promise<void>((resolve) => broker.broker.env.timers.after(50, resolve))
  }
  await waiting
  equal(got, '0-0x2')
  equal(await one.acknowledge([[0, 0, ACCEPT]]), ErrorCode.INVALID_RECORD_STATE)
  equal(await one.acknowledge([[1, 1, ACCEPT]]), ErrorCode.NONE)
})

test('a connection that is cut gives what its members held to others, as not delivered', async (t) => {
  const broker = await started(t)
  await broker.produce('jobs', ['a', 'b'])
  const [one, two] = [await broker.member('g', 'm1', 'jobs'), await broker.member('g', 'm2', 'jobs')]
  equal(await one.take(), '0-1x1')
  const waiting = two.take({ maxWaitMs: 15_000 })
  one.connection.close()
  equal(await waiting, '0-1x1')
})

test('a session that its member ends gives what it held to others, and is not known any more', async (t) => {
  const broker = await started(t)
  await broker.produce('jobs', ['a', 'b', 'c'])
  const [one, two] = [await broker.member('g', 'm1', 'jobs'), await broker.member('g', 'm2', 'jobs')]
  equal(await one.take(), '0-2x1')
  const last = await one.fetch({ shareSessionEpoch: -1, acks: [[0, 0, ACCEPT]] })
  deepEqual([last.errorCode, dataOf(last)!.acknowledgeErrorCode, dataOf(last)!.acquiredRecords], [0, 0, []])
  equal(await two.take(), '1-2x1')
  equal((await one.fetch({ shareSessionEpoch: 1 })).errorCode, ErrorCode.SHARE_SESSION_NOT_FOUND)
  equal((await one.acknowledgement([], { shareSessionEpoch: -1 })).errorCode, ErrorCode.SHARE_SESSION_NOT_FOUND)
})

test('requests of a session come in order; the first of them acknowledges nothing', async (t) => {
  const broker = await started(t)
  await broker.produce('jobs', ['a'])
  const member = await broker.member('g', 'm1', 'jobs')
  equal((await member.fetch({ acks: [[0, 0, ACCEPT]] })).errorCode, ErrorCode.INVALID_REQUEST)
  equal((await member.acknowledgement([], { shareSessionEpoch: 0 })).errorCode, ErrorCode.INVALID_SHARE_SESSION_EPOCH)
  equal(await member.take(), '0-0x1')
  equal((await member.fetch({ shareSessionEpoch: 5 })).errorCode, ErrorCode.INVALID_SHARE_SESSION_EPOCH)
  equal((await member.acknowledgement([], { shareSessionEpoch: 7 })).errorCode, ErrorCode.INVALID_SHARE_SESSION_EPOCH)
  equal(await member.acknowledge([[0, 0, ACCEPT]]), ErrorCode.NONE)
})

test('a session that is begun anew lets go what the one before held', async (t) => {
  const broker = await started(t)
  await broker.produce('jobs', ['a'])
  const member = await broker.member('g', 'm1', 'jobs')
  equal(await member.take(), '0-0x1')
  member.epoch = 0
  equal(await member.take(), '0-0x1')
})

test('there are no more share sessions than the broker may have', async (t) => {
  const broker = await ShareTestBroker.start(t, { 'group.share.max.share.sessions': '1' })
  await broker.createTopic('jobs')
  const [one, two] = [await broker.member('g', 'm1', 'jobs'), await broker.member('g', 'm2', 'jobs')]
  equal((await one.fetch({ maxWaitMs: 0 })).errorCode, ErrorCode.NONE)
  equal((await two.fetch({ maxWaitMs: 0 })).errorCode, ErrorCode.SHARE_SESSION_LIMIT_REACHED)
  equal(await one.leave(), ErrorCode.NONE)
  equal((await two.fetch({ maxWaitMs: 0 })).errorCode, ErrorCode.NONE)
})

test('requests that make no sense are told so', async (t) => {
  const broker = await started(t)
  await broker.produce('jobs', ['a'])
  const member = await broker.member('g', 'm1', 'jobs')
  equal((await member.fetch({ groupId: '' })).errorCode, ErrorCode.INVALID_REQUEST)
  equal((await member.fetch({ memberId: null })).errorCode, ErrorCode.INVALID_REQUEST)
  equal((await member.fetch({ shareAcquireMode: 2 })).errorCode, ErrorCode.INVALID_REQUEST)
  equal((await member.fetch({ isRenewAck: true })).errorCode, ErrorCode.INVALID_REQUEST)
  equal(await member.take(), '0-0x1')
  equal(await member.acknowledge([[0, 0, RENEW]]), ErrorCode.INVALID_REQUEST)
  equal(await member.acknowledge([[0, 0, 5]]), ErrorCode.INVALID_REQUEST)
  equal(await member.acknowledge([[0, 1, ACCEPT]]), ErrorCode.INVALID_REQUEST)
  equal(await member.acknowledge([[0, 0, ACCEPT]]), ErrorCode.NONE)
  equal(await member.acknowledge([[0, 0, ACCEPT]]), ErrorCode.INVALID_RECORD_STATE)
})

test('a group that may not renew is refused it', async (t) => {
  const broker = await started(t, { 'share.renew.acknowledge.enable': 'false' })
  await broker.produce('jobs', ['a'])
  const member = await broker.member('g', 'm1', 'jobs')
  equal(await member.take(), '0-0x1')
  equal(await member.acknowledge([[0, 0, RENEW]], { isRenewAck: true }), ErrorCode.INVALID_REQUEST)
})

test('partitions that are not there have their own errors', async (t) => {
  const broker = await started(t)
  const nowhere = await broker.member('g', 'm1', 'jobs', [7])
  equal(acquiredOf(await nowhere.fetch()), `partition error ${ErrorCode.UNKNOWN_TOPIC_OR_PARTITION}`)
  broker.topicIds.set('ghost', 'AAAAAAAAAAAAAAAAAAAAQA')
  const ghost = await broker.member('g', 'm2', 'ghost')
  equal(acquiredOf(await ghost.fetch()), `partition error ${ErrorCode.UNKNOWN_TOPIC_ID}`)
})

test('a new group begins at the end, or where its settings say', async (t) => {
  const broker = await started(t)
  await broker.produce('jobs', ['a', 'b'])
  const late = await broker.member('late', 'm1', 'jobs')
  const waiting = late.take({ maxWaitMs: 15_000 })
  const first = await broker.member('g', 'm1', 'jobs')
  equal(await first.take(), '0-1x1')
  await broker.configureGroup('hour', { 'share.auto.offset.reset': 'by_duration:PT1H' })
  const hour = await broker.member('hour', 'm1', 'jobs')
  equal(await hour.take(), '0-1x1')
  while ([...broker.broker.running.broker.shares.leaders()].some(({ state }) => state === null)) await first.leave()
  await broker.produce('jobs', ['c'])
  equal(await waiting, '2-2x1')
})

test('a restart forgets locks and nothing that was decided, and a group that was at the end has missed nothing', async (t) => {
  const broker = await started(t)
  const idle = await broker.member('idle', 'm1', 'jobs')
  const begins = () => [...broker.broker.running.broker.shares.leaders()].some(({ state }) => state !== null)
  while (!begins()) equal(await idle.take({ maxWaitMs: 20 }), '')
  await broker.produce('jobs', ['a', 'b', 'c', 'd'])
  const member = await broker.member('g', 'm1', 'jobs')
  equal(await member.take(), '0-3x1')
  equal(await member.acknowledge([[1, 2, ACCEPT, RELEASE]]), ErrorCode.NONE)
  await broker.broker.stop()
  await broker.broker.start()
  equal(await (await broker.member('g', 'm2', 'jobs')).take(), '0-0x1 2-2x2 3-3x1')
  equal(await (await broker.member('idle', 'm1', 'jobs')).take(), '0-3x1')
})

test('records that are deleted are gone for members too', async (t) => {
  const broker = await started(t)
  await broker.produce('jobs', ['a', 'b'])
  await broker.produce('jobs', ['c'])
  const member = await broker.member('g', 'm1', 'jobs')
  equal(await member.take({ maxRecords: 1 }), '0-1x1')
  await member.connection.request(DELETE_RECORDS, 2, {
    topics: [{ name: 'jobs', partitions: [{ partitionIndex: 0, offset: 2 }] }],
    timeoutMs: 1000,
  })
  equal(await member.acknowledge([[0, 1, ACCEPT]]), ErrorCode.NONE)
  equal(await member.take(), '2-2x1')
})

test('members of a topic that is deleted are told', async (t) => {
  const broker = await started(t)
  const member = await broker.member('g', 'm1', 'jobs')
  const waiting = member.fetch({ maxWaitMs: 15_000 })
  const admin = await broker.broker.connect()
  await admin.request(DELETE_TOPICS, 6, { topics: [{ name: 'jobs' }], timeoutMs: 5000 })
  equal(acquiredOf(await waiting), `partition error ${ErrorCode.UNKNOWN_TOPIC_OR_PARTITION}`)
  equal([...broker.broker.running.broker.shares.leaders()].length, 0)
})

test('a member that wants many bytes waits for them, and no longer than it said', async (t) => {
  const broker = await started(t)
  const member = await broker.member('g', 'm1', 'jobs')
  const waiting = member.take({ maxWaitMs: 15_000, minBytes: 2000 })
  for (let turn = 0; turn < 3; turn++) await broker.produce('jobs', ['x'.repeat(1000)])
  ok((await waiting).startsWith('0-'))
  const short = await broker.member('h', 'm1', 'jobs')
  await broker.configureGroup('h', EARLIEST)
  let taken = ''
  // The first ones may end before it is known where the group begins.
  while (taken === '') taken = await short.take({ maxWaitMs: 100, minBytes: 1 << 20 })
  equal(taken, '0-2x1')
})

test('two groups read the same records, each for itself', async (t) => {
  const broker = await started(t)
  await broker.configureGroup('h', EARLIEST)
  await broker.produce('jobs', ['a'])
  const [one, two] = [await broker.member('g', 'm1', 'jobs'), await broker.member('h', 'm1', 'jobs')]
  equal(await one.take(), '0-0x1')
  equal(await two.take(), '0-0x1')
})

test('a member of several partitions gets records of each', async (t) => {
  const broker = await ShareTestBroker.start(t)
  await broker.createTopic('jobs', 3)
  await broker.configureGroup('g', EARLIEST)
  for (const partition of [0, 1, 2]) await broker.produce('jobs', [`p${partition}`], partition)
  const member = await broker.member('g', 'm1', 'jobs', [0, 1, 2])
  const got = new Set<number>()
  while (got.size < 3) {
    const response = await member.fetch()
    for (const { partitionIndex, acquiredRecords } of response.responses[0]!.partitions) {
      if (acquiredRecords.length > 0) got.add(partitionIndex)
    }
  }
  deepEqual([...got].sort(), [0, 1, 2])
})

test('a share partition that nobody reads any more is let go', async (t) => {
  const broker = await started(t)
  await broker.produce('jobs', ['a'])
  const member = await broker.member('g', 'm1', 'jobs')
  equal(await member.take(), '0-0x1')
  const { shares } = broker.broker.running.broker
  equal([...shares.leaders()].length, 1)
  equal(await member.leave(), ErrorCode.NONE)
  const again = await broker.member('h', 'm1', 'jobs')
  await again.fetch({ maxWaitMs: 300 })
  deepEqual(
    [...shares.leaders()].map(({ groupId }) => groupId),
    ['h'],
  )
})
