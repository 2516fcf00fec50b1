/** Logs of a store that share a journal, over losses of power in which nothing survives that was not synced. */
import { deepEqual, equal, notEqual, ok, rejects } from 'node:assert/strict'
import { test } from 'node:test'
import type { PartitionLog } from '../partition-log.ts'
import { batchOf } from '../testing/batch-fixture.ts'
import { SimStore, type SimStoreOptions } from '../testing/sim-store.test.ts'

const SEGMENT = '/00000000000000000000.log'
const FILE = '/data/.ottla-journal-0'

function journalTest(name: string, options: SimStoreOptions, body: (t: SimStore) => Promise<void>): void {
  test(name, async () => {
    const t = new SimStore({ seed: name, ...options })
    await t.sim.run(() => body(t))
  })
}

/** Appends a batch of two records and resolves when it is synced, wherever. */
async function put(t: SimStore, log: PartitionLog, valueBytes = 10): Promise<void> {
  const label = `r${log.logEndOffset}-`
  equal(log.append(batchOf({ label, count: 2, valueBytes }), { origin: 'client', leaderEpoch: 0 }).kind, 'appended')
  log.requestSync()
  await t.sim.until(() => log.syncedEnd === log.logEndOffset || log.failure !== null)
  log.updateHighWatermark(log.syncedEnd)
}

/** A log that has its names, in a folder that has its journal. */
async function ready(t: SimStore, topic = 't', partition = 0): Promise<PartitionLog> {
  const log = await t.log(topic, partition)
  const { counters } = t.resources
  for (const { journalPieces } = { ...counters }; counters.journalPieces === journalPieces; ) {
    await put(t, log)
    await t.sim.sleep(20)
  }
  return log
}

const journalOf = (t: SimStore): { count: number; used: number } => t.store.journalSegments

/** What the disk holds of the file, without what was not synced. */
const durableBytes = (t: SimStore, path: string): number => t.disk.file(path).durable.size

journalTest('many logs share a sync, and all survive a loss of power', {}, async (t) => {
  await t.open()
  const logs: PartitionLog[] = []
  for (let i = 0; i < 5; i++) logs.push(await ready(t, 't', i))
  const { counters } = t.resources
  const before = { ...counters }
  await Promise.all(logs.map((log) => put(t, log)))
  equal(counters.syncs, before.syncs)
  equal(counters.journalPieces, before.journalPieces + 5)
  equal(counters.journalFlushes, before.journalFlushes + 1)
  const ends = logs.map((log) => log.logEndOffset)
  ok(
    logs.every((log) => log.recoveryPoint < log.syncedEnd),
    'a recovery point follows what the files have',
  )
  await t.restart('power', 'none')
  for (const [i, end] of ends.entries()) {
    const log = await t.log('t', i)
    equal(log.logEndOffset, end)
    equal(await t.count(log), end)
    equal(durableBytes(t, `/data/t-${i}${SEGMENT}`), log.sizeBytes)
  }
})

journalTest('files are written over in turn, each once the logs in it are synced', {}, async (t) => {
  await t.open()
  const [one, two] = [await ready(t, 't', 0), await ready(t, 't', 1)]
  const { counters } = t.resources
  for (let i = 0; i < 300; i++) await put(t, i % 10 === 0 ? two : one, 200)
  ok(counters.journalBytes > 4 * 20_000, `${counters.journalBytes} bytes: several laps`)
  equal(journalOf(t).count, 2)
  const ends = [one.logEndOffset, two.logEndOffset]
  await t.restart('power', 'none')
  deepEqual([(await t.log('t', 0)).logEndOffset, (await t.log('t', 1)).logEndOffset], ends)
})

journalTest('without a free file logs sync their own, and nothing is acknowledged early', {}, async (t) => {
  await t.open()
  const log = await ready(t)
  const other = await ready(t, 't', 1)
  await put(t, other)
  // Nothing of `other` reaches its own file: both files of the journal stay in use.
  const stuck = t.disk.faults.inject({
    operation: 'sync',
    effect: { kind: 'stuck' },
    times: Number.POSITIVE_INFINITY,
    path: (path) => path.startsWith('/data/t-1/'),
  })
  for (let i = 0; i < 200 && t.resources.counters.journalFallbacks === 0; i++) {
    await put(t, log, 400)
  }
  ok(t.resources.counters.journalFallbacks > 0)
  await put(t, log)
  const ends = [log.logEndOffset, other.syncedEnd]
  stuck()
  await t.restart('power', 'none')
  equal((await t.log('t')).logEndOffset, ends[0])
  equal((await t.log('t', 1)).logEndOffset, ends[1])
})

journalTest('a log that was cut does not get back what was cut', {}, async (t) => {
  await t.open()
  const log = await ready(t)
  for (let i = 0; i < 5; i++) await put(t, log)
  const end = log.logEndOffset
  await log.truncateTo(end - 4)
  await t.restart('power', 'none')
  const again = await t.log('t')
  equal(again.logEndOffset, end - 4)
  await put(t, again)
  await t.restart('power', 'none')
  equal((await t.log('t')).logEndOffset, end - 2)
})

journalTest('a partition that is made again with its id gets nothing of what was before', {}, async (t) => {
  await t.open()
  const log = await ready(t)
  for (let i = 0; i < 5; i++) await put(t, log)
  await t.store.deleteLog({ topic: 't', partition: 0 })
  const again = await t.log('t', 0, { isNew: true })
  await put(t, again)
  await t.restart('power', 'none')
  equal((await t.log('t')).logEndOffset, 2)
})

journalTest('a topic of the same name with another id gets nothing of the old one', {}, async (t) => {
  await t.open()
  const log = await ready(t)
  for (let i = 0; i < 5; i++) await put(t, log)
  const again = await t.log('t', 0, { topicId: 'otheridotheridotherid0', isNew: true })
  await put(t, again)
  await t.restart('power', 'none')
  equal((await t.log('t', 0, { topicId: 'otheridotheridotherid0' })).logEndOffset, 2)
})

journalTest('after a clean stop nothing is written again', {}, async (t) => {
  await t.open()
  const log = await ready(t)
  for (let i = 0; i < 5; i++) await put(t, log)
  const end = log.logEndOffset
  const stale = Buffer.from(t.disk.file(FILE).current.bytes)
  notEqual(stale.readUInt32BE(0), 0)
  await t.restart('clean')
  equal((await t.log('t')).logEndOffset, end)
  // Somebody else used the folder, and stopped cleanly: what was left does not count, now or later.
  await t.store.close({ clean: true })
  t.disk.file(FILE).durable.write(0, stale)
  t.disk.file(FILE).current.write(0, stale)
  await t.sim.crash('broker', 'process')
  await t.open()
  equal(t.disk.file(FILE).durable.bytes.readUInt32BE(0), 0)
})

journalTest('a clean stop empties the journal: who uses the folder next may know nothing of it', {}, async (t) => {
  await t.open()
  const log = await ready(t)
  const shorter = log.sizeBytes
  for (let i = 0; i < 5; i++) await put(t, log)
  notEqual(t.disk.file(FILE).durable.bytes.readUInt32BE(0), 0)
  await t.store.close({ clean: true })
  equal(t.disk.file(FILE).durable.bytes.readUInt32BE(0), 0)
  // Somebody else took the folder, cut the log, and ended: nothing of ours comes back.
  for (const image of ['durable', 'current'] as const) t.disk.file(`/data/t-0${SEGMENT}`)[image].truncate(shorter)
  for (const name of ['.kafka_cleanshutdown', 'recovery-point-offset-checkpoint', 'replication-offset-checkpoint']) {
    await t.env.files.unlink(`/data/${name}`)
  }
  await t.env.files.syncDirectory('/data')
  await t.sim.crash('broker', 'power', 'none')
  await t.open()
  equal((await t.log('t')).sizeBytes, shorter)
})

journalTest('what stands in a file whose name is not durable does not go into the journal', {}, async (t) => {
  await t.open()
  const log = await ready(t)
  const end = log.logEndOffset
  log.roll()
  // The name of the new segment takes its time; the journal would not.
  t.disk.faults.inject({
    operation: 'syncDirectory',
    effect: { kind: 'slow', ms: 500 },
    path: (path) => path === log.path,
  })
  const { journalPieces } = t.resources.counters
  const written = put(t, log)
  await t.sim.sleep(100)
  equal(log.syncedEnd, end)
  equal(t.resources.counters.journalPieces, journalPieces)
  await written
  await t.restart('power', 'none')
  equal((await t.log('t')).logEndOffset, end + 2)
})

journalTest('what follows a write that was cut back waits for a sync of the file that was cut', {}, async (t) => {
  await t.open()
  const log = await ready(t)
  const end = log.logEndOffset
  const path = (name: string): boolean => name === `${log.path}${SEGMENT}`
  t.disk.faults.inject({ operation: 'write', effect: { kind: 'short' }, path })
  equal(log.append(batchOf({ label: 'lost-', count: 2 }), { origin: 'client', leaderEpoch: 0 }).kind, 'appended')
  log.flushWrites()
  equal(log.logEndOffset, end)
  t.disk.faults.inject({ operation: 'sync', effect: { kind: 'slow', ms: 500 }, path })
  const { journalPieces } = t.resources.counters
  const written = put(t, log)
  await t.sim.sleep(100)
  equal(log.syncedEnd, end)
  await written
  equal(t.resources.counters.journalPieces, journalPieces)
  equal(log.recoveryPoint, end + 2)
  // From here on nothing can come back, and the journal is used again.
  await put(t, log)
  equal(t.resources.counters.journalPieces, journalPieces + 1)
})

journalTest('a journal of another version keeps its folder offline', {}, async (t) => {
  await t.open()
  await put(t, await ready(t))
  await t.sim.crash('broker', 'power', 'none')
  for (const image of [t.disk.file(FILE).durable, t.disk.file(FILE).current]) image.write(4, Buffer.from([9]))
  await rejects(t.open(), /another version of Ottla/)
})

journalTest('a failed sync of the journal takes the folder offline', {}, async (t) => {
  await t.open()
  const [log, other] = [await ready(t), await ready(t, 't', 1)]
  const { syncedEnd } = log
  t.disk.faults.inject({ operation: 'sync', effect: { kind: 'error', code: 'EIO' }, path: (path) => path === FILE })
  await put(t, log)
  ok(log.failure !== null && other.failure !== null)
  equal(log.syncedEnd, syncedEnd)
  deepEqual(t.failedDirectories, ['/data'])
})

journalTest('without room for a file there is no journal, and logs go on', {}, async (t) => {
  await t.open()
  t.disk.faults.inject({
    operation: 'write',
    effect: { kind: 'error', code: 'ENOSPC' },
    path: (path) => path === FILE,
    times: 2,
  })
  const log = await t.log('t')
  for (let i = 0; i < 10; i++) await put(t, log)
  equal(log.failure, null)
  equal(journalOf(t).count, 0)
  await t.restart('power', 'none')
  equal((await t.log('t')).logEndOffset, 20)
})

journalTest('a file that takes no more is left for a while, and logs sync their own', {}, async (t) => {
  await t.open()
  const log = await ready(t)
  t.disk.faults.inject({ operation: 'write', effect: { kind: 'short' }, path: (path) => path === FILE })
  await put(t, log)
  equal(log.failure, null)
  equal(log.syncedEnd, log.logEndOffset)
  const { journalPieces } = t.resources.counters
  await t.sim.sleep(2000)
  await put(t, log)
  equal(t.resources.counters.journalPieces, journalPieces + 1)
  await t.restart('power', 'none')
  equal((await t.log('t')).logEndOffset, log.logEndOffset)
})

journalTest('what nobody waited for is not left out of the middle of a piece', {}, async (t) => {
  await t.open()
  const log = await ready(t)
  const append = (): void => {
    const batch = batchOf({ label: `r${log.logEndOffset}-`, valueBytes: 100 })
    equal(log.append(batch, { origin: 'client', leaderEpoch: 0 }).kind, 'appended')
  }
  const path = (name: string): boolean => name.startsWith('/data/.ottla-journal-')
  t.disk.faults.inject({ operation: 'sync', effect: { kind: 'slow', ms: 50 }, path })
  append()
  log.requestSync()
  log.flushWrites()
  await t.sim.sleep(1)
  // Held, since the one before it is on its way; the next is not, since nobody waits any more.
  append()
  log.flushWrites()
  await t.sim.until(() => log.syncedEnd === log.logEndOffset - 1)
  append()
  log.flushWrites()
  await put(t, log)
  equal(log.syncedEnd, log.logEndOffset)
  const end = log.logEndOffset
  await t.restart('power', 'none')
  equal(await t.count(await t.log('t')), end)
})

journalTest('large pieces go to their own file', { limits: { journalSegmentBytes: 4000 } }, async (t) => {
  await t.open()
  const log = await ready(t)
  const { journalPieces } = t.resources.counters
  await put(t, log, 3000)
  equal(t.resources.counters.journalPieces, journalPieces)
  equal(log.recoveryPoint, log.logEndOffset)
})
