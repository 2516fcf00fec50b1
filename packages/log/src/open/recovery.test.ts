import { deepEqual, equal, ok, rejects } from 'node:assert/strict'
import { baseOffset, sizeInBytes } from '@ottla/protocol'
import { batchOf, markerOf } from '../testing/batch-fixture.ts'
import { LOG_PATH, type SimLog, simTest } from '../testing/sim-log.test.ts'

const SMALL = { segmentBytes: 600, indexIntervalBytes: 100 }

/** Fills a log, kills the process, and gives the test the files. */
async function filled(t: SimLog, batches: number): Promise<void> {
  await t.open()
  for (let i = 0; i < batches; i++) t.put(`x${i}-`, 2, 1000 + i)
  await t.written()
  await t.log.flush()
  await t.crash('process')
}

function fileOf(baseOffset: number, suffix = '.log'): string {
  return `${LOG_PATH}/${String(baseOffset).padStart(20, '0')}${suffix}`
}

/** Changes a file behind the log's back. */
function edit(t: SimLog, path: string, change: (bytes: Buffer) => Buffer): void {
  const bytes = change(Buffer.from(t.env.files.readFileSync(path)))
  const handle = t.env.files.openSync(path, 'create')
  handle.truncateSync(0)
  if (bytes.length > 0) handle.writevSync([bytes], 0)
  handle.closeSync()
}

/** Where the batch with the base offset begins in a segment. */
function positionOf(bytes: Buffer, offset: number): number {
  let pos = 0
  while (baseOffset(bytes, pos) !== offset) pos += sizeInBytes(bytes, pos)
  return pos
}

simTest('after kill -9 everything that was written is there', { config: SMALL }, async (t) => {
  await t.open()
  for (let i = 0; i < 30; i++) t.put(`x${i}-`, 2)
  await t.written()
  await t.crash('process')
  const log = await t.open()
  equal((await t.values()).length, 60)
  equal(log.syncedEnd, 60, 'recovery syncs what it found')
  equal(log.logEndOffset, 60)
})

simTest('a torn tail is cut off', {}, async (t) => {
  await filled(t, 5)
  edit(t, fileOf(0), (bytes) => bytes.subarray(0, -7))
  await t.open()
  equal((await t.values()).at(-1), 'x3-1')
  equal(t.log.logEndOffset, 8)
  t.put('next')
  await t.written()
  deepEqual((await t.records()).at(-1), { offset: 8, value: 'next0' })
})

simTest('zeros and garbage at the end are a torn tail', {}, async (t) => {
  for (const tail of [Buffer.alloc(3000), Buffer.alloc(100, 0xa5), Buffer.alloc(1)]) {
    await filled(t, 3)
    const { length } = t.env.files.readFileSync(fileOf(0))
    edit(t, fileOf(0), (bytes) => Buffer.concat([bytes, tail]))
    await t.open()
    equal(t.env.files.statSync(fileOf(0))?.sizeBytes, length)
    await t.crash('process')
    t.env.files.listSync('/data')
    await t.env.files.removeDirectory(LOG_PATH)
  }
})

simTest('a torn last batch in a new segment leaves the segment before it', { config: SMALL }, async (t) => {
  await filled(t, 12)
  const bases = t.env.files.listSync(LOG_PATH).filter(({ name }) => name.endsWith('.log'))
  const last = Number(bases.at(-1)!.name.slice(0, 20))
  edit(t, fileOf(last), (bytes) => bytes.subarray(0, 40))
  await t.open()
  equal(t.log.logEndOffset, last)
  equal((await t.values()).length, last)
  t.put('next')
  await t.written()
  equal((await t.records()).at(-1)?.offset, last)
})

simTest('damage with whole batches behind it quarantines the log and touches nothing', {}, async (t) => {
  await filled(t, 5)
  const before = t.env.files.readFileSync(fileOf(0))
  edit(t, fileOf(0), (bytes) => {
    bytes[positionOf(bytes, 4) + 70]! ^= 1
    return bytes
  })
  const damaged = Buffer.from(t.env.files.readFileSync(fileOf(0)))
  await rejects(t.open(), (error: Error & { code?: string }) => {
    ok(/offset 4: the checksum is wrong; a whole batch follows at offset 6/.test(error.message), error.message)
    return error.code === 'CORRUPT'
  })
  deepEqual(t.env.files.readFileSync(fileOf(0)), damaged)
  await t.open({ onDamage: 'truncate' })
  equal(t.log.logEndOffset, 4)
  ok(before.length > damaged.length - 1)
})

simTest('a hit length does not hide the batches behind it', {}, async (t) => {
  await filled(t, 5)
  edit(t, fileOf(0), (bytes) => {
    bytes.writeInt32BE(2 ** 30, positionOf(bytes, 2) + 8)
    return bytes
  })
  await rejects(t.open(), /a whole batch follows at offset 4/)
})

simTest('damage in a segment with another one behind it quarantines', { config: SMALL }, async (t) => {
  await filled(t, 12)
  edit(t, fileOf(0), (bytes) => {
    bytes[bytes.length - 5]! ^= 1
    return bytes
  })
  await rejects(t.open(), /a whole batch follows at offset/)
})

simTest('a segment without its end is damaged, unless power was lost', { config: SMALL }, async (t) => {
  for (const bytesMissing of [5, 170]) {
    await filled(t, 12)
    edit(t, fileOf(0), (bytes) => bytes.subarray(0, -bytesMissing))
    await rejects(t.open({ pageCache: 'kept' }), /a whole batch follows at offset/)
    await rejects(t.open({ recoveryPoint: 11 }), /committed/)
    await t.open()
    equal((await t.values()).length, t.log.logEndOffset)
    equal(t.log.segmentCount, 1)
    await t.log.close({ clean: true })
    await t.env.files.removeDirectory(LOG_PATH)
  }
})

simTest('a log that would end below its recovery point is quarantined', {}, async (t) => {
  await filled(t, 5)
  edit(t, fileOf(0), (bytes) => bytes.subarray(0, -7))
  await rejects(t.open({ recoveryPoint: 10 }), /everything below 10 was committed/)
  await rejects(t.open({ committedOffset: 9 }), /everything below 9 was committed/)
  await rejects(t.open({ recoveryPoint: 10, cleanShutdown: true }), /committed/)
  await t.open({ recoveryPoint: 8 })
  equal(t.log.logEndOffset, 8)
})

simTest('a log whose files are gone is quarantined when something was recorded', {}, async (t) => {
  await filled(t, 5)
  await t.env.files.unlink(fileOf(0))
  await rejects(t.open({ recoveryPoint: 10 }), /is empty, but everything below offset 10 was committed/)
})

simTest('a hole of sectors that were never written is the mark of a power loss', { config: {} }, async (t) => {
  await filled(t, 40)
  edit(t, fileOf(0), (bytes) => bytes.fill(0, 1024, 1536))
  await t.open()
  ok(t.log.logEndOffset > 0 && t.log.logEndOffset < 80)
  equal((await t.values()).length, t.log.logEndOffset)
})

simTest('where the page cache is known to be kept, or lost, that decides', {}, async (t) => {
  await filled(t, 40)
  edit(t, fileOf(0), (bytes) => bytes.fill(0, 1024, 1536))
  await rejects(t.open({ pageCache: 'kept' }), /a whole batch follows/)
  edit(t, fileOf(0), (bytes) => bytes.fill(0x77, 1024, 1536))
  await rejects(t.open(), /a whole batch follows/)
  await rejects(t.open({ pageCache: 'lost', recoveryPoint: 80 }), /committed/)
  await t.open({ pageCache: 'lost' })
  equal((await t.values()).length, t.log.logEndOffset)
})

simTest('everything derived can be deleted and is rebuilt, after a clean stop too', { config: SMALL }, async (t) => {
  for (const cleanShutdown of [true, false]) {
    await t.open()
    for (let i = 0; i < 20; i++) {
      const data = batchOf({
        producerId: 1,
        producerEpoch: 0,
        baseSequence: i,
        transactional: true,
        timestampMs: 1000 + i,
      })
      equal(t.append(data, { leaderEpoch: i >> 2 }).kind, 'appended')
      const marker = markerOf({ producerId: 1, outcome: i % 3 === 0 ? 'abort' : 'commit', timestampMs: 1000 + i })
      equal(t.append(marker, { leaderEpoch: i >> 2, origin: 'coordinator' }).kind, 'appended')
    }
    await t.written()
    const expected = await observed(t)
    await t.log.close({ clean: true })
    for (const { name } of t.env.files.listSync(LOG_PATH)) {
      if (!name.endsWith('.log')) await t.env.files.unlink(`${LOG_PATH}/${name}`)
    }
    await t.open({ cleanShutdown, recoveryPoint: 40 })
    deepEqual(await observed(t), expected)
    await t.log.close({ clean: true })
    await t.open({ cleanShutdown: true, recoveryPoint: 40 })
    deepEqual(await observed(t), expected)
    await t.log.close({ clean: true })
    await t.env.files.removeDirectory(LOG_PATH)
  }
})

simTest('derived files that are damaged are rebuilt', { config: SMALL }, async (t) => {
  await t.open()
  for (let i = 0; i < 20; i++) {
    t.append(batchOf({ producerId: 1, producerEpoch: 0, baseSequence: i, timestampMs: 1000 + i }), {
      leaderEpoch: i >> 2,
    })
  }
  await t.written()
  const expected = await observed(t)
  await t.log.close({ clean: true })
  for (const { name } of t.env.files.listSync(LOG_PATH)) {
    if (!name.endsWith('.log')) edit(t, `${LOG_PATH}/${name}`, (bytes) => Buffer.alloc(bytes.length + 1, 0x5a))
  }
  await t.open({ cleanShutdown: true, recoveryPoint: 20 })
  deepEqual(await observed(t), expected)
})

simTest(
  'an index that points to the wrong batch is noticed and rebuilt',
  { config: SMALL, limits: { tailBytes: 0 } },
  async (t) => {
    await t.open()
    for (let i = 0; i < 20; i++) t.put(`x${i}-`)
    await t.written()
    await t.log.close({ clean: true })
    for (const { name } of t.env.files.listSync(LOG_PATH)) {
      if (!name.endsWith('.index')) continue
      edit(t, `${LOG_PATH}/${name}`, (bytes) => {
        // Each entry says of the next entry's batch that it is its own.
        for (let at = 0; at + 8 < bytes.length; at += 8) bytes.copy(bytes, at + 4, at + 12, at + 16)
        return bytes
      })
    }
    await t.open({ cleanShutdown: true, recoveryPoint: 20 })
    for (let offset = 19; offset >= 0; offset--) equal((await t.records(offset))[0]?.offset, offset)
  },
)

simTest('producers are as they were, from a snapshot and the batches behind it', { config: SMALL }, async (t) => {
  await t.open()
  for (let i = 0; i < 25; i++) {
    t.append(batchOf({ producerId: i % 3, producerEpoch: 0, baseSequence: Math.floor(i / 3) }))
    await t.written()
  }
  await t.log.flush()
  const expected = t.log.activeProducers()
  const { recoveryPoint } = t.log
  await t.crash('process')
  await t.open({ recoveryPoint })
  deepEqual(t.log.activeProducers(), expected)
  const again = batchOf({ producerId: 0, producerEpoch: 0, baseSequence: 8 })
  equal(t.append(again).kind, 'duplicate')
})

simTest(
  'what a removal or a cleaner left behind is finished',
  { config: { ...SMALL, cleanupCompact: true } },
  async (t) => {
    await filled(t, 12)
    const bytes = t.env.files.readFileSync(fileOf(0))
    const second = Number(
      t.env.files
        .listSync(LOG_PATH)
        .filter(({ name }) => name.endsWith('.log'))[1]!
        .name.slice(0, 20),
    )
    await t.env.files.writeFile(`${fileOf(0)}.deleted`, bytes)
    await t.env.files.writeFile(`${fileOf(second)}.cleaned`, bytes)
    await t.env.files.writeFile(`${fileOf(second)}.swap`, Buffer.from('of the unfinished one'))
    await t.env.files.writeFile(fileOf(777, '.index'), Buffer.alloc(8))
    // A finished one: the first two batches of the first segment became one segment without the second.
    const firstOnly = bytes.subarray(0, positionOf(bytes, 2))
    await t.env.files.writeFile(`${fileOf(0)}.swap`, firstOnly)
    await t.open()
    const names = t.env.files.listSync(LOG_PATH).map(({ name }) => name)
    ok(
      names.every((name) => !/deleted|cleaned|swap|777/.test(name)),
      names.join(),
    )
    deepEqual(
      (await t.records()).slice(0, 3).map((record) => record.offset),
      [0, 1, second],
    )
  },
)

simTest('a log whose records all lie below its start begins anew there', {}, async (t) => {
  await filled(t, 3)
  await t.open({ logStartOffset: 50 })
  deepEqual([t.log.logStartOffset, t.log.logEndOffset, t.log.sizeBytes], [50, 50, 0])
  t.put('y')
  await t.written()
  deepEqual(await t.records(), [{ offset: 50, value: 'y0' }])
})

simTest('the recovery point spares the segments below it', { config: SMALL }, async (t) => {
  await t.open()
  for (let i = 0; i < 40; i++) {
    t.put('x')
    await t.written()
  }
  await t.log.flush()
  const { recoveryPoint } = t.log
  equal(recoveryPoint, 40)
  await t.crash('process')
  let reads = 0
  const before = t.disk.faults
  before.inject({
    operation: 'read',
    effect: { kind: 'slow', ms: 0 },
    path: (path) => path.endsWith('.log') && ++reads < 0,
  })
  await t.open({ recoveryPoint })
  ok(reads <= 3, `${reads} reads of segments`)
  equal((await t.values()).length, 40)
})

/** Everything that a log derives from its batches. */
async function observed(t: SimLog): Promise<unknown> {
  const { log } = t
  log.updateHighWatermark(log.logEndOffset)
  const times = []
  for (let ms = 1000; ms < 1022; ms += 3) times.push(await log.offsetForTimestamp(ms))
  return {
    records: await t.records(),
    producers: log
      .activeProducers()
      .map(({ lastSequence, coordinatorEpoch, ...rest }) => ({ ...rest, coordinatorEpoch, lastSequence })),
    epochs: log.epochs,
    aborted: await log.abortedTransactions(0, log.logEndOffset),
    times,
    max: await log.offsetOfMaxTimestamp(),
    lastStableOffset: log.lastStableOffset,
  }
}
