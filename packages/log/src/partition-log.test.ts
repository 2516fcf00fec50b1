import { deepEqual, equal, ok } from 'node:assert/strict'
import {
  BatchBuilder,
  baseOffset,
  CompressionType,
  ErrorCode,
  isCrcValid,
  isLogAppendTime,
  maxTimestamp,
  partitionLeaderEpoch,
} from '@ottla/protocol'
import { batchOf, markerOf } from './testing/batch-fixture.ts'
import { LOG_PATH, recordsOf, simTest } from './testing/sim-log.test.ts'

const SMALL = { segmentBytes: 600, indexIntervalBytes: 100 }

simTest('appends get ascending offsets at once and are written when the turn ends', {}, async (t) => {
  const log = await t.open()
  deepEqual(t.append(batchOf({ count: 3 })), { kind: 'appended', baseOffset: 0, lastOffset: 2, logAppendTimeMs: -1 })
  deepEqual(t.append(batchOf({ count: 2 })), { kind: 'appended', baseOffset: 3, lastOffset: 4, logAppendTimeMs: -1 })
  equal(log.logEndOffset, 5)
  equal(log.writtenEnd, 0)
  await t.written()
  equal(log.writtenEnd, 5)
  equal(log.syncedEnd, 0)
  equal(t.resources.counters.writes, 1, 'one write for both')
  equal(t.progress, 1)
})

simTest('batches are stamped in place with offset and leader epoch; their checksum stays', {}, async (t) => {
  const log = await t.open()
  t.put('a', 4)
  const batch = batchOf({ count: 2 })
  log.append(batch, { origin: 'client', leaderEpoch: 7 })
  equal(baseOffset(batch, 0), 4)
  equal(partitionLeaderEpoch(batch, 0), 7)
  ok(isCrcValid(batch, 0))
  equal(isLogAppendTime(batch, 0), false)
})

simTest('LogAppendTime is stamped and told', { config: { messageTimestampType: 'LogAppendTime' } }, async (t) => {
  const log = await t.open()
  const batch = batchOf()
  const now = t.env.clock.now()
  const result = log.append(batch, { origin: 'client', leaderEpoch: 0 })
  ok(result.kind === 'appended' && result.logAppendTimeMs === now)
  ok(isLogAppendTime(batch, 0) && maxTimestamp(batch, 0) === now && isCrcValid(batch, 0))
})

simTest('a read from the tail is synchronous and hands out the bytes that came in', {}, async (t) => {
  const log = await t.open()
  const batch = batchOf({ count: 3, valueBytes: 3000 })
  log.append(batch, { origin: 'client', leaderEpoch: 0 })
  await t.written()
  const result = log.read(1, { maxBytes: 20_000, upTo: 3, minOneBatch: true })
  ok('kind' in result && result.kind === 'records')
  const [bytes] = result.buffers
  equal(bytes?.buffer, batch.buffer, 'the same memory')
  equal(bytes?.byteOffset, batch.byteOffset)
  equal(bytes?.length, batch.length)
  equal(result.firstOffset, 0)
  equal(result.nextOffset, 3)
  equal(t.resources.counters.copiedBytes, 0)
  result.release()
})

simTest(
  'what a reader holds stays as it is when the tail lets go of it',
  { limits: { tailBytes: 2000 } },
  async (t) => {
    const log = await t.open()
    t.put('held', 5)
    await t.written()
    const held = log.read(0, { maxBytes: 1000, upTo: 5, minOneBatch: true })
    ok('kind' in held && held.kind === 'records')
    for (let i = 0; i < 50; i++) {
      t.put(`x${i}`, 5)
      await t.written()
    }
    ok(t.resources.tail.usedBytes <= 2000)
    deepEqual(
      recordsOf(held).map((record) => record.value),
      ['held0', 'held1', 'held2', 'held3', 'held4'],
    )
    held.release()
    const inUse = t.slabs.counters.inUseBytes
    await log.close({ clean: true })
    ok(t.slabs.counters.inUseBytes <= inUse)
  },
)

simTest('closing gives every byte of memory back', {}, async (t) => {
  const log = await t.open()
  for (let i = 0; i < 20; i++) t.put(`x${i}`, 3)
  t.append(Buffer.alloc(3))
  await t.written()
  t.put('late')
  await log.close({ clean: true })
  equal(t.resources.tail.usedBytes, 0)
  // The pool keeps its current slab; none of its slices is held.
  const before = t.slabs.counters
  t.slabs.allocate(1 << 18).release()
  equal(t.slabs.counters.blocksAllocated - before.blocksAllocated, 0, 'the slab could be used again')
})

for (const tailBytes of [0, 1 << 20]) {
  const where = tailBytes === 0 ? 'disk' : 'memory'
  simTest(
    `reads from ${where} return whole batches from the one that holds the offset`,
    { limits: { tailBytes } },
    async (t) => {
      const log = await t.open()
      for (const label of ['a', 'b', 'c', 'd']) t.put(label, 2)
      await t.written()
      const size = log.sizeBytes / 4
      const read = async (offset: number, maxBytes: number, upTo: number, minOneBatch = true): Promise<string[]> => {
        const result = await log.read(offset, { maxBytes, upTo, minOneBatch })
        ok(result.kind === 'records')
        const found = recordsOf(result).map((record) => record.value)
        result.release()
        return found
      }
      deepEqual(await read(0, 1e6, 8), ['a0', 'a1', 'b0', 'b1', 'c0', 'c1', 'd0', 'd1'])
      deepEqual(await read(3, 1e6, 8), ['b0', 'b1', 'c0', 'c1', 'd0', 'd1'], 'from the middle of a batch')
      deepEqual(await read(0, 2 * size, 8), ['a0', 'a1', 'b0', 'b1'], 'as much as fits')
      deepEqual(await read(0, 2 * size - 1, 8), ['a0', 'a1'], 'never part of a batch')
      deepEqual(await read(2, 1, 8), ['b0', 'b1'], 'the first batch in any case')
      deepEqual(await read(2, 1, 8, false), [], 'unless told otherwise')
      deepEqual(await read(2, size, 8, false), ['b0', 'b1'])
      deepEqual(await read(0, 1e6, 4), ['a0', 'a1', 'b0', 'b1'], 'nothing at or above the visible end')
      deepEqual(await read(4, 1e6, 4), [])
      deepEqual(await read(8, 1e6, 100), [], 'nothing beyond the end')
    },
  )
}

simTest('an offset outside of the log is answered with its range', {}, async (t) => {
  const log = await t.open()
  for (let i = 0; i < 5; i++) t.put('x')
  await t.written()
  log.updateHighWatermark(5)
  log.deleteRecordsBefore(2)
  const options = { maxBytes: 100, upTo: 100, minOneBatch: true }
  deepEqual(await log.read(1, options), { kind: 'outOfRange', logStartOffset: 2, logEndOffset: 5 })
  deepEqual(await log.read(6, options), { kind: 'outOfRange', logStartOffset: 2, logEndOffset: 5 })
})

simTest('nothing is read that is not written', {}, async (t) => {
  const log = await t.open()
  t.put('x')
  const result = await log.read(0, { maxBytes: 100, upTo: 100, minOneBatch: true })
  ok(result.kind === 'records' && result.sizeBytes === 0)
})

simTest('the log is rolled by size', { config: SMALL }, async (t) => {
  const log = await t.open()
  for (let i = 0; i < 30; i++) t.put(`x${i}`)
  await t.written()
  ok(log.segmentCount > 3)
  for (const base of log.segmentBaseOffsets) {
    const name = `${LOG_PATH}/${String(base).padStart(20, '0')}.log`
    ok((t.env.files.statSync(name)?.sizeBytes ?? 0) <= 600)
  }
  equal((await t.values()).length, 30)
})

simTest(
  'the log is rolled when the timestamps of batches lie too far apart',
  { config: { segmentMs: 100 } },
  async (t) => {
    const log = await t.open()
    t.put('a', 1, 5000)
    t.put('b', 1, 5100)
    deepEqual(log.segmentBaseOffsets, [0])
    t.put('c', 1, 5101)
    t.put('d', 1, 5050)
    deepEqual(log.segmentBaseOffsets, [0, 2])
  },
)

simTest(
  'jitter makes segments roll early, not late',
  { config: { segmentMs: 1000, segmentJitterMs: 900 } },
  async (t) => {
    const log = await t.open()
    for (let i = 0; i < 200; i++) t.put('x', 1, 5000 + i * 50)
    const ages = log.segmentBaseOffsets.slice(1).map((base, i) => (base - log.segmentBaseOffsets[i]!) * 50)
    ok(ages.length > 10 && ages.every((age) => age <= 1050))
    ok(new Set(ages).size > 2)
  },
)

simTest(
  'the log is rolled when an index is full',
  { config: { segmentIndexBytes: 48, indexIntervalBytes: 1 } },
  async (t) => {
    const log = await t.open()
    for (let i = 0; i < 30; i++) {
      t.put(`x${i}`, 1, 1000 + i)
      await t.written()
    }
    ok(log.segmentCount > 5)
    await log.flush()
    for (const { name } of t.env.files.listSync(LOG_PATH)) {
      if (/index$/.test(name)) ok((t.env.files.statSync(`${LOG_PATH}/${name}`)?.sizeBytes ?? 0) <= 48, name)
    }
  },
)

simTest('a batch too far from the base offset of its segment begins a new one', {}, async (t) => {
  const log = await t.open()
  const far = (offset: number): Buffer => {
    const builder = new BatchBuilder({ baseOffset: offset, partitionLeaderEpoch: 3 })
    builder.append({ value: `at ${offset}`, timestamp: 1 })
    return builder.build()
  }
  for (const offset of [0, 2 ** 31 - 1, 2 ** 31, 2 ** 33])
    equal(t.append(far(offset), { origin: 'replica' }).kind, 'appended')
  await t.written()
  deepEqual(log.segmentBaseOffsets, [0, 2 ** 31, 2 ** 33])
  deepEqual(await t.values(), ['at 0', `at ${2 ** 31 - 1}`, `at ${2 ** 31}`, `at ${2 ** 33}`])
  equal(log.logEndOffset, 2 ** 33 + 1)
  await t.reopen()
  deepEqual(await t.values(1), [`at ${2 ** 31 - 1}`, `at ${2 ** 31}`, `at ${2 ** 33}`])
})

simTest(
  'a replica keeps offsets, gaps and epochs of what it copies, many batches at a time',
  { config: SMALL },
  async (t) => {
    const log = await t.open()
    const copied: Buffer[] = []
    for (let i = 0; i < 20; i++) {
      const builder = new BatchBuilder({ baseOffset: i * 10, partitionLeaderEpoch: i >> 2 })
      builder.append({ value: `copy ${i}`, timestamp: i })
      copied.push(builder.build())
    }
    const result = t.append(Buffer.concat(copied), { origin: 'replica', leaderEpoch: 99 })
    ok(result.kind === 'appended' && result.baseOffset === 0 && result.lastOffset === 190)
    await t.written()
    ok(log.segmentCount > 2)
    equal((await t.values(55)).length, 14)
    equal((await t.records(55))[0]?.offset, 60)
    deepEqual(log.epochs[1], { epoch: 1, startOffset: 40 })
    equal(t.append(copied[3]!, { origin: 'replica' }).kind, 'rejected', 'behind the end')
  },
)

simTest(
  'what a client may not append changes nothing',
  { config: { maxMessageBytes: 500, segmentBytes: 400 } },
  async (t) => {
    const log = await t.open()
    const error = (batch: Buffer): number => {
      const result = t.append(batch)
      return result.kind === 'rejected' ? result.error : 0
    }
    equal(error(batchOf({ valueBytes: 600 })), ErrorCode.MESSAGE_TOO_LARGE)
    equal(error(batchOf({ valueBytes: 380 })), ErrorCode.RECORD_LIST_TOO_LARGE)
    equal(error(Buffer.concat([batchOf(), batchOf()])), ErrorCode.INVALID_RECORD)
    equal(error(Buffer.alloc(0)), ErrorCode.INVALID_RECORD)
    equal(error(batchOf().subarray(0, 60)), ErrorCode.CORRUPT_MESSAGE)
    equal(error(batchOf().subarray(0, -1)), ErrorCode.CORRUPT_MESSAGE)
    equal(log.logEndOffset, 0)
  },
)

simTest('a batch that comes again is answered with its first place and time', {}, async (t) => {
  await t.open()
  t.put('other', 3)
  const batch = (): Buffer => batchOf({ producerId: 1, producerEpoch: 0, baseSequence: 0, count: 2, timestampMs: 77 })
  equal(t.append(batch()).kind, 'appended')
  deepEqual(t.append(batch()), { kind: 'duplicate', baseOffset: 3, lastOffset: 4, logAppendTimeMs: 78 })
  const log = await t.reopen()
  deepEqual(t.append(batch()), { kind: 'duplicate', baseOffset: 3, lastOffset: 4, logAppendTimeMs: 78 })
  equal(log.logEndOffset, 5)
})

simTest(
  'a sync covers what was appended before it was asked for, and what came meanwhile is the next',
  {},
  async (t) => {
    const log = await t.open()
    t.put('a')
    log.requestSync()
    await t.written()
    equal(log.syncedEnd, 0)
    t.put('b')
    log.requestSync()
    t.put('c')
    log.requestSync()
    await t.until(() => log.syncedEnd === 3)
    equal(t.resources.counters.syncs, 2)
  },
)

simTest('flush.messages and flush.ms ask for syncs', { config: { flushMessages: 3 } }, async (t) => {
  const log = await t.open()
  t.put('a', 2)
  await t.sim.sleep(100)
  equal(log.syncedEnd, 0)
  t.put('b', 1)
  await t.until(() => log.syncedEnd === 3)
  log.updateConfig({ ...log.config, flushMessages: 2 ** 63, flushMs: 500 })
  t.put('c')
  await t.sim.sleep(400)
  equal(log.syncedEnd, 3)
  await t.sim.sleep(200)
  equal(log.syncedEnd, 4)
})

simTest(
  'every so many bytes are written back though nobody asks',
  { limits: { writebackLogBytes: 3000 } },
  async (t) => {
    const log = await t.open()
    for (let i = 0; i < 40; i++) {
      t.put('x')
      await t.written()
    }
    await t.until(() => log.syncedEnd > 20)
    ok(t.resources.writeback.unsyncedBytes < 3000)
  },
)

simTest('records are found by time, compressed or not', { config: SMALL }, async (t) => {
  const log = await t.open()
  const times = [100, 300, 200, 500, 400, 900, 600, 700]
  for (const [i, timestampMs] of times.entries()) {
    t.append(
      batchOf({
        label: `x${i}`,
        count: 2,
        timestampMs,
        compression: i % 2 === 0 ? CompressionType.gzip : CompressionType.none,
      }),
    )
  }
  await t.written()
  const find = async (timestampMs: number): Promise<number> => (await log.offsetForTimestamp(timestampMs)).offset
  const expected = (timestampMs: number): number => {
    const records = times.flatMap((time) => [time, time + 1])
    return records.findIndex((time) => time >= timestampMs)
  }
  for (const timestampMs of [0, 100, 101, 102, 200, 301, 302, 501, 850, 900, 901, 902]) {
    equal(await find(timestampMs), expected(timestampMs), `at ${timestampMs}`)
  }
  deepEqual(await log.offsetOfMaxTimestamp(), { offset: 11, timestampMs: 901, leaderEpoch: 0 })
  await t.reopen()
  for (const timestampMs of [0, 302, 901, 902])
    equal((await t.log.offsetForTimestamp(timestampMs)).offset, expected(timestampMs))
  deepEqual(await t.log.offsetOfMaxTimestamp(), { offset: 11, timestampMs: 901, leaderEpoch: 0 })
  t.log.updateHighWatermark(16)
  t.log.deleteRecordsBefore(3)
  equal((await t.log.offsetForTimestamp(0)).offset, 3, 'never below the log start')
})

simTest('leader epochs are kept with the log', {}, async (t) => {
  const log = await t.open()
  log.assignEpochStart(3, 0)
  t.append(batchOf({ count: 5 }), { leaderEpoch: 3 })
  t.append(batchOf({ count: 5 }), { leaderEpoch: 6 })
  deepEqual(log.endOffsetForEpoch(3), { epoch: 3, endOffset: 5 })
  deepEqual(log.endOffsetForEpoch(5), { epoch: 3, endOffset: 5 })
  deepEqual(log.endOffsetForEpoch(6), { epoch: 6, endOffset: 10 })
  equal(log.epochForOffset(4), 3)
  const again = await t.reopen()
  deepEqual(again.epochs, log.epochs)
  equal(again.latestEpoch, 6)
})

simTest(
  'DeleteRecords moves the start, never past the high watermark, and drops whole segments',
  { config: SMALL },
  async (t) => {
    const log = await t.open()
    for (let i = 0; i < 30; i++) t.put(`x${i}`)
    await t.written()
    log.updateHighWatermark(20)
    const bases = log.segmentBaseOffsets
    log.deleteRecordsBefore(bases[2]! + 1)
    equal(log.logStartOffset, bases[2]! + 1)
    deepEqual(log.segmentBaseOffsets, bases.slice(2))
    log.deleteRecordsBefore(5)
    equal(log.logStartOffset, bases[2]! + 1)
    log.deleteRecordsBefore(1000)
    equal(log.logStartOffset, 20)
    equal((await t.values())[0], 'x200')
  },
)

simTest(
  'retention by size keeps at least what was asked for',
  { config: { ...SMALL, retentionBytes: 1500, retentionMs: -1 } },
  async (t) => {
    const log = await t.open()
    for (let i = 0; i < 40; i++) t.put(`x${i}`)
    await t.written()
    log.updateHighWatermark(40)
    const before = log.sizeBytes
    const { deletedSegments, deletedBytes } = log.applyRetention({ nowMs: t.env.clock.now() })
    ok(deletedSegments > 0)
    equal(log.sizeBytes, before - deletedBytes)
    ok(log.sizeBytes >= 1500 && log.sizeBytes < 1500 + 600, `${log.sizeBytes} of ${before}`)
    equal(log.logStartOffset, log.segmentBaseOffsets[0])
    await t.sim.sleep(log.config.fileDeleteDelayMs + 1000)
    ok(t.env.files.listSync(LOG_PATH).every(({ name }) => !name.endsWith('.deleted')))
  },
)

simTest(
  'retention by time goes by the largest timestamp and may empty the log',
  { config: { ...SMALL, retentionMs: 1000 } },
  async (t) => {
    await t.open()
    const start = t.env.clock.now()
    for (let i = 0; i < 20; i++) t.put(`x${i}`, 1, start + i * 100)
    await t.written()
    const log = await t.reopen()
    log.updateHighWatermark(20)
    log.applyRetention({ nowMs: start + 2000 })
    ok(log.logStartOffset > 0 && log.logStartOffset <= 10)
    log.applyRetention({ nowMs: start + 10_000 })
    equal(log.logStartOffset, 20)
    equal(log.logEndOffset, 20)
    t.put('after')
    await t.written()
    deepEqual(await t.values(), ['after0'])
  },
)

simTest('a time index of zeros does not make a segment old', { config: { ...SMALL, retentionMs: 1000 } }, async (t) => {
  await t.open()
  const start = t.env.clock.now()
  for (let i = 0; i < 20; i++) t.put(`x${i}`, 1, start)
  await t.written()
  await t.log.close({ clean: true })
  for (const { name } of t.env.files.listSync(LOG_PATH)) {
    if (name.endsWith('.timeindex')) await t.env.files.writeFile(`${LOG_PATH}/${name}`, Buffer.alloc(10_485_756))
  }
  await t.open({ cleanShutdown: true, recoveryPoint: 20 })
  t.log.updateHighWatermark(20)
  equal(t.log.applyRetention({ nowMs: start + 500 }).deletedSegments, 0)
  equal((await t.log.offsetForTimestamp(start)).offset, 0)
})

simTest(
  'retention never passes the high watermark',
  { config: { ...SMALL, retentionMs: 1, retentionBytes: 0 } },
  async (t) => {
    const log = await t.open()
    for (let i = 0; i < 20; i++) t.put(`x${i}`)
    await t.written()
    log.updateHighWatermark(7)
    log.applyRetention({ nowMs: t.env.clock.now() })
    ok(log.logStartOffset <= 7)
    equal((await t.values(7)).length, 13)
  },
)

simTest(
  'a compacted topic without delete loses nothing to retention',
  { config: { ...SMALL, retentionMs: 1, retentionBytes: 0, cleanupDelete: false, cleanupCompact: true } },
  async (t) => {
    const log = await t.open()
    for (let i = 0; i < 20; i++) t.put(`x${i}`)
    await t.written()
    log.updateHighWatermark(20)
    equal(log.applyRetention({ nowMs: t.env.clock.now() + 1e9 }).deletedSegments, 0)
    log.deleteRecordsBefore(10)
    equal((await t.values()).length, 10, 'but DeleteRecords counts')
  },
)

simTest(
  'a reader may go on in a segment that retention has taken',
  { config: { ...SMALL, retentionBytes: 0 }, limits: { tailBytes: 0 } },
  async (t) => {
    const log = await t.open()
    for (let i = 0; i < 20; i++) t.put(`x${i}`)
    await t.written()
    log.updateHighWatermark(20)
    const reading = log.read(0, { maxBytes: 300, upTo: 20, minOneBatch: true })
    log.applyRetention({ nowMs: t.env.clock.now() })
    const result = await reading
    equal(result.kind, 'outOfRange', 'the bytes are there, but the offset is not in the log any more')
    equal(log.failure, null)
  },
)

simTest('truncation takes records, epochs and producers back', { config: SMALL }, async (t) => {
  const log = await t.open()
  for (let i = 0; i < 30; i++) {
    const batch = batchOf({
      label: `x${i}`,
      count: 2,
      producerId: 1,
      producerEpoch: 0,
      baseSequence: i * 2,
      timestampMs: 1000 + i,
    })
    equal(t.append(batch, { leaderEpoch: i >> 3 }).kind, 'appended')
    await t.written()
  }
  await log.flush()
  await log.truncateTo(33)
  equal(log.logEndOffset, 32, 'the batch that held the offset went as a whole')
  equal(log.writtenEnd, 32)
  equal(log.latestEpoch, 1)
  equal(log.activeProducers()[0]?.lastSequence, 31)
  equal((await t.values()).at(-1), 'x151')
  deepEqual(await log.offsetOfMaxTimestamp(), { offset: 31, timestampMs: 1016, leaderEpoch: 1 })
  const next = batchOf({ label: 'new', producerId: 1, producerEpoch: 0, baseSequence: 32 })
  equal(t.append(next, { leaderEpoch: 9 }).kind, 'appended')
  await t.written()
  deepEqual((await t.values()).slice(-2), ['x151', 'new0'])
  await t.crash('process')
  await t.open()
  deepEqual((await t.values()).slice(-2), ['x151', 'new0'])
  deepEqual(t.log.epochs.at(-1), { epoch: 9, startOffset: 32 })
})

simTest('truncation takes back what waits to be written', {}, async (t) => {
  const log = await t.open()
  t.put('a', 2)
  await t.written()
  t.put('b')
  await log.truncateTo(2)
  deepEqual(
    t.reverted.map(({ endOffset, error }) => [endOffset, error.code]),
    [[2, 'CLOSED']],
  )
  equal(log.logEndOffset, 2)
  await log.truncateTo(100)
  equal(log.logEndOffset, 2)
})

simTest('a log can begin anew at another offset', { config: SMALL }, async (t) => {
  const log = await t.open()
  for (let i = 0; i < 20; i++) t.put(`x${i}`)
  await t.written()
  await log.truncateFullyAndStartAt(500)
  deepEqual([log.logStartOffset, log.logEndOffset, log.segmentCount, log.sizeBytes], [500, 500, 1, 0])
  t.put('y')
  await t.written()
  deepEqual(await t.records(), [{ offset: 500, value: 'y0' }])
  await t.reopen()
  deepEqual(await t.records(), [{ offset: 500, value: 'y0' }])
})

simTest('aborted transactions are found in the range of a read', { config: SMALL }, async (t) => {
  const log = await t.open()
  const send = (producerId: number, baseSequence: number): void => {
    const batch = batchOf({ producerId, producerEpoch: 0, baseSequence, transactional: true })
    equal(t.append(batch).kind, 'appended')
  }
  for (let i = 0; i < 10; i++) {
    send(1, i)
    send(2, i)
    t.append(markerOf({ producerId: 1, outcome: i % 2 === 0 ? 'abort' : 'commit' }), { origin: 'coordinator' })
  }
  await t.written()
  log.updateHighWatermark(30)
  equal(log.lastStableOffset, 1, 'producer 2 has its transaction open')
  const expected = [0, 6, 12, 18, 24].map((firstOffset) => ({ producerId: 1, firstOffset }))
  deepEqual(await log.abortedTransactions(0, 30), expected)
  deepEqual(await log.abortedTransactions(7, 19), expected.slice(1, 4))
  const again = await t.reopen()
  deepEqual(await again.abortedTransactions(0, 30), expected)
  again.updateHighWatermark(30)
  equal(again.lastStableOffset, 1)
})

simTest('a log without anything new is closed without a write', {}, async (t) => {
  await t.open()
  t.put('x')
  await t.reopen()
  const changes = t.disk.changes
  await t.log.close({ clean: true })
  equal(t.disk.changes, changes)
})

simTest('appends are refused while the log is cut or closed, and after', {}, async (t) => {
  const log = await t.open()
  t.put('x', 5)
  await t.written()
  const cutting = log.truncateTo(2)
  await Promise.resolve()
  const refused = t.append(batchOf())
  ok(refused.kind === 'rejected' && refused.error === ErrorCode.NOT_LEADER_OR_FOLLOWER)
  await cutting
  t.put('y')
  await log.close({ clean: true })
  equal(t.append(batchOf()).kind, 'rejected')
})

simTest('the last five batches of a producer are known again after any stop', { config: SMALL }, async (t) => {
  const send = (sequence: number): string => {
    const batch = batchOf({ producerId: 7, producerEpoch: 0, baseSequence: sequence, count: 2, valueBytes: 100 })
    const result = t.log.append(batch, { origin: 'client', leaderEpoch: 0 })
    return result.kind === 'rejected' ? `rejected ${result.error}` : `${result.kind} ${result.baseOffset}`
  }
  await t.open()
  for (let n = 0; n < 10; n++) equal(send(2 * n), `appended ${2 * n}`)
  await t.log.flush()
  for (const stop of ['clean', 'process', 'power'] as const) {
    if (stop === 'clean') await t.reopen()
    else {
      await t.crash(stop)
      await t.open({ recoveryPoint: 20 })
    }
    ok(t.log.segmentBaseOffsets.length > 3)
    for (let n = 5; n < 10; n++) equal(send(2 * n), `duplicate ${2 * n}`, stop)
    equal(send(8), `rejected ${ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER}`, stop)
  }
})

simTest(
  'a segment that was active when the recovery point was noted gets its indexes back',
  { config: { segmentBytes: 300, indexIntervalBytes: 0 } },
  async (t) => {
    await t.open()
    t.log.append(batchOf({ valueBytes: 100, timestampMs: 5000 }), { origin: 'client', leaderEpoch: 0 })
    t.log.append(batchOf({ valueBytes: 20, timestampMs: 1000 }), { origin: 'client', leaderEpoch: 0 })
    await t.log.flush()
    const { recoveryPoint } = t.log
    equal(recoveryPoint, 2)
    // Rolls. What the sealing of the first segment writes is lost, which nothing has synced yet.
    t.log.append(batchOf({ valueBytes: 100, timestampMs: 2000 }), { origin: 'client', leaderEpoch: 0 })
    await t.log.flush()
    deepEqual(t.log.segmentBaseOffsets, [0, 2])
    await t.crash('process')
    for (const suffix of ['index', 'timeindex'])
      t.disk.file(`${LOG_PATH}/${'0'.repeat(20)}.${suffix}`).current.truncate(0)
    const log = await t.open({ recoveryPoint })
    deepEqual(await log.offsetForTimestamp(3000), { offset: 0, timestampMs: 5000, leaderEpoch: 0 })
  },
)
