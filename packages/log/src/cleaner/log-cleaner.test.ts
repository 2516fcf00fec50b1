import { deepEqual, equal, ok } from 'node:assert/strict'
import { BatchBuilder } from '@ottla/protocol'
import type { PartitionLog } from '../partition-log.ts'
import { type SimStore, storeTest } from '../testing/sim-store.test.ts'
import { type CleanerConfig, LogCleaner } from './log-cleaner.ts'

const COMPACTED = { cleanupCompact: true, cleanupDelete: false, segmentBytes: 400, indexIntervalBytes: 100 }

const CONFIG: CleanerConfig = {
  threads: 1,
  dedupeBufferBytes: 1 << 20,
  dedupeLoadFactor: 0.9,
  ioBufferBytes: 1 << 16,
  ioMaxBytesPerSecond: Number.MAX_VALUE,
  backoffMs: 1000,
}

function cleanerOf(t: SimStore, config: Partial<CleanerConfig> = {}): LogCleaner {
  return new LogCleaner({
    env: t.env,
    compactedLogs: () => t.store.compactedLogs(),
    config: () => ({ ...CONFIG, ...config }),
  })
}

async function write(log: PartitionLog, count: number, key = (i: number): string => `k${i % 3}`): Promise<void> {
  for (let i = 0; i < count; i++) {
    const builder = new BatchBuilder()
    builder.append({ key: key(i), value: `v${i}`.padEnd(30), timestamp: 1000 })
    equal(log.append(builder.build(), { origin: 'client', leaderEpoch: 0 }).kind, 'appended')
  }
  await log.flush()
  log.updateHighWatermark(log.logEndOffset)
}

async function until(t: SimStore, isTrue: () => boolean): Promise<void> {
  for (let tries = 0; !isTrue(); tries++) {
    ok(tries < 10_000, 'the condition came true')
    await t.sim.sleep(10)
  }
}

storeTest('the filthiest log comes first, one below the ratio does not come', { config: COMPACTED }, async (t) => {
  await t.open()
  const [clean, dirty, dirtier] = [await t.log('clean'), await t.log('dirty'), await t.log('dirtier')]
  for (const log of [clean, dirty, dirtier]) await write(log, 40, (i) => `${log.topicPartition.topic}${i}`)
  const cleaner = cleanerOf(t)
  while (await cleaner.cleanNext());
  equal(cleaner.counters.runs, 3)
  await write(clean, 12)
  await write(dirty, 60)
  await write(dirtier, 120)
  const sizes = (): number[] => [clean, dirty, dirtier].map((log) => log.sizeBytes)
  const before = sizes()
  equal(await cleaner.cleanNext(), true)
  deepEqual(
    sizes().map((bytes, i) => bytes < before[i]!),
    [false, false, true],
  )
  equal(await cleaner.cleanNext(), true)
  deepEqual(
    sizes().map((bytes, i) => bytes < before[i]!),
    [false, true, true],
  )
  equal(await cleaner.cleanNext(), false)
})

storeTest(
  'where the last cleaning ended is known after a restart, and a cut lowers it',
  { config: COMPACTED },
  async (t) => {
    await t.open()
    const log = await t.log('t')
    await write(log, 60)
    equal(await cleanerOf(t).cleanNext(), true)
    const [compacted] = await t.store.compactedLogs()
    const checkpoint = compacted?.checkpoint
    ok(checkpoint !== undefined && checkpoint > 40)
    await t.restart('clean')
    deepEqual(await t.store.compactedLogs(), [], 'nothing is dirty in a log that nobody has opened')
    const again = await t.log('t')
    again.updateHighWatermark(again.logEndOffset)
    equal((await t.store.compactedLogs())[0]?.checkpoint, checkpoint)
    await again.truncateTo(20)
    ok((await t.store.compactedLogs())[0]!.checkpoint! <= 20)
    await t.restart('process')
    await t.log('t')
    ok((await t.store.compactedLogs())[0]!.checkpoint! <= 20)
  },
)

storeTest(
  'a log that was compacted once opens after a crash under another policy',
  { config: COMPACTED },
  async (t) => {
    await t.open()
    await write(await t.log('t'), 60)
    equal(await cleanerOf(t).cleanNext(), true)
    t.config = { ...t.config, cleanupCompact: false, cleanupDelete: true, retentionMs: -1 }
    await t.restart('process')
    equal((await t.log('t')).logEndOffset, 60)
  },
)

storeTest('a log that nobody has opened is cleaned', { config: COMPACTED }, async (t) => {
  await t.open()
  await write(await t.log('t'), 60)
  await t.store.checkpoint()
  await t.restart('clean')
  equal(await cleanerOf(t).cleanNext(), true)
})

storeTest('a damaged log is told of once and left alone; others go on', { config: COMPACTED }, async (t) => {
  await t.open()
  const [bad, good] = [await t.log('bad'), await t.log('good')]
  await write(bad, 90)
  await write(good, 60)
  const handle = t.env.files.openSync(`${bad.path}/00000000000000000000.log`, 'r+')
  handle.writevSync([Buffer.from('damage')], 80)
  handle.closeSync()
  const cleaner = cleanerOf(t)
  cleaner.start()
  await until(t, () => cleaner.counters.runs > 0)
  await t.sim.sleep(5000)
  deepEqual(
    cleaner.uncleanable.map((log) => log.topicPartition.topic),
    ['bad'],
  )
  equal(bad.failure, null)
  equal(t.sim.host('broker').log.filter(({ message }) => message.includes('cannot be cleaned')).length, 1)
  await cleaner.stop()
})

storeTest('a full disk puts cleaning off; with room it goes on', { config: COMPACTED }, async (t) => {
  await t.open()
  const log = await t.log('t')
  await write(log, 90, (i) => `k${i}`)
  const cleaner = cleanerOf(t)
  const { capacityBytes } = t.disk
  t.disk.capacityBytes = t.disk.usedBytes + 10
  equal(await cleaner.cleanNext(), false)
  equal(log.failure, null)
  t.disk.capacityBytes = capacityBytes
  equal(await cleaner.cleanNext(), true)
})

storeTest('bytes per second are kept to, and a stop does not wait for them', { config: COMPACTED }, async (t) => {
  await t.open()
  await write(await t.log('t'), 90)
  const slow = cleanerOf(t, { ioMaxBytesPerSecond: 1000 })
  const startMs = t.sim.now
  const cleaning = slow.cleanNext()
  await t.sim.sleep(3000)
  equal(slow.counters.runs, 0)
  await slow.stop()
  equal(await cleaning, false)
  ok(t.sim.now - startMs < 4000)
  const limited = cleanerOf(t, { ioMaxBytesPerSecond: 10_000 })
  const from = t.sim.now
  equal(await limited.cleanNext(), true)
  const { bytesRead, bytesWritten } = limited.counters
  const seconds = (t.sim.now - from) / 1000
  ok((bytesRead + bytesWritten) / seconds <= 11_000, `${bytesRead + bytesWritten} bytes in ${seconds} s`)
})

storeTest(
  'a record that has waited for max.compaction.lag.ms is cleaned though the log is clean else, and though nothing more is written',
  { config: { ...COMPACTED, segmentBytes: 1 << 20, maxCompactionLagMs: 60_000 } },
  async (t) => {
    await t.open()
    const log = await t.log('t')
    const builder = new BatchBuilder()
    for (const value of ['1', '2']) builder.append({ key: 'k', value, timestamp: t.env.clock.now() })
    log.append(builder.build(), { origin: 'client', leaderEpoch: 0 })
    await log.flush()
    log.updateHighWatermark(2)
    const cleaner = cleanerOf(t)
    cleaner.start()
    await t.sim.sleep(58_000)
    equal(cleaner.counters.runs, 0)
    await until(t, () => cleaner.counters.runs > 0)
    equal(cleaner.counters.recordsKept, 1)
    await cleaner.stop()
  },
)

storeTest('a deleted topic ends its cleaning', { config: COMPACTED }, async (t) => {
  await t.open()
  await write(await t.log('t'), 90)
  const cleaner = cleanerOf(t, { ioMaxBytesPerSecond: 1000 })
  const cleaning = cleaner.cleanNext()
  await t.sim.sleep(100)
  await t.store.deleteLog({ topic: 't', partition: 0 })
  equal(await cleaning, false)
  deepEqual(cleaner.uncleanable, [])
  deepEqual(await t.store.compactedLogs(), [])
})

storeTest(
  'with compact,delete a log is compacted, and what is too old goes, tombstone or not',
  { config: { ...COMPACTED, cleanupDelete: true, retentionMs: 60_000 } },
  async (t) => {
    await t.open()
    const log = await t.log('t')
    const put = async (key: string, count: number): Promise<void> => {
      for (let i = 0; i < count; i++) {
        const builder = new BatchBuilder()
        builder.append({ key, value: `v${i}`.padEnd(50), timestamp: t.env.clock.now() })
        equal(log.append(builder.build(), { origin: 'client', leaderEpoch: 0 }).kind, 'appended')
      }
      await log.flush()
      log.updateHighWatermark(log.logEndOffset)
    }
    await put('a', 20)
    await t.sim.sleep(50_000)
    await put('b', 20)
    const cleaner = cleanerOf(t)
    equal(await cleaner.cleanNext(), true)
    const sizeBytes = log.sizeBytes
    await t.store.applyRetention(t.env.clock.now())
    ok(log.sizeBytes === sizeBytes && log.logStartOffset < 20, 'the newest of a is not too old yet')
    await t.sim.sleep(20_000)
    await t.store.applyRetention(t.env.clock.now())
    ok(log.logStartOffset >= 20 && log.logStartOffset < 40, `begins at ${log.logStartOffset}`)
    await t.store.checkpoint()
    await t.restart('clean')
    await t.sim.sleep(60_000)
    await t.store.applyRetention(t.env.clock.now())
    equal((await t.log('t')).logStartOffset, 40)
  },
)

storeTest('a log start within a compacted log is honoured', { config: COMPACTED }, async (t) => {
  await t.open()
  const log = await t.log('t')
  await write(log, 60, (i) => `k${i}`)
  log.deleteRecordsBefore(25)
  await log.flush()
  const cleaner = cleanerOf(t)
  equal(await cleaner.cleanNext(), true)
  equal(log.logStartOffset, 25)
  log.deleteRecordsBefore(40)
  await write(log, 60, (i) => `k${i}`)
  equal(await cleaner.cleanNext(), true)
  equal(log.logStartOffset, 40)
  await t.store.checkpoint()
  await t.restart('process')
  equal((await t.log('t')).logStartOffset, 40)
})
