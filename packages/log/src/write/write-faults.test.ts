import { deepEqual, equal, ok } from 'node:assert/strict'
import { ErrorCode } from '@ottla/protocol'
import { batchOf } from '../testing/batch-fixture.ts'
import { LOG_PATH, type SimLog, simTest } from '../testing/sim-log.test.ts'

const SMALL = { segmentBytes: 600, indexIntervalBytes: 100 }
const isLog = (path: string): boolean => path.endsWith('.log')

function sent(t: SimLog, sequence: number, epoch = 0): string {
  const batch = batchOf({ label: `s${sequence}-`, producerId: 9, producerEpoch: 0, baseSequence: sequence })
  return t.append(batch, { leaderEpoch: epoch }).kind
}

for (const mode of ['loop', 'threads'] as const) {
  const limits = mode === 'loop' ? {} : { syncWriteMaxBytes: 0 }

  simTest(
    `disk full in the ${mode}: appends are taken back, reads go on, and it heals by itself`,
    { config: SMALL, limits },
    async (t) => {
      const log = await t.open()
      for (let i = 0; i < 4; i++) sent(t, i)
      await t.written()
      t.disk.capacityBytes = t.disk.usedBytes + 30
      for (let i = 4; i < 20; i++) equal(sent(t, i, 3), 'appended')
      await t.until(() => t.reverted.length > 0)
      deepEqual(
        t.reverted.map(({ endOffset, error }) => [endOffset, error.code, error.retriable]),
        [[4, 'WRITE_FAILED', true]],
      )
      equal(log.logEndOffset, 4)
      equal(log.failure, null)
      equal(log.latestEpoch, 0)
      equal(log.activeProducers()[0]?.lastSequence, 3)
      equal(log.segmentCount, 1)
      equal((await t.values()).length, 4)
      t.disk.capacityBytes = 2 ** 40
      for (let i = 4; i < 20; i++) equal(sent(t, i, 3), 'appended')
      await t.written()
      equal((await t.values()).length, 20)
      deepEqual(log.epochs, [
        { epoch: 0, startOffset: 0 },
        { epoch: 3, startOffset: 4 },
      ])
      await t.reopen()
      equal((await t.values()).length, 20)
    },
  )

  simTest(`a short write in the ${mode} is cut back to the written end`, { limits }, async (t) => {
    const log = await t.open()
    sent(t, 0)
    await t.written()
    const bytes = log.sizeBytes
    t.disk.faults.inject({ operation: 'write', effect: { kind: 'short', bytes: 100 }, path: isLog })
    sent(t, 1)
    sent(t, 2)
    await t.until(() => t.reverted.length > 0)
    equal(t.env.files.statSync(`${LOG_PATH}/00000000000000000000.log`)?.sizeBytes, bytes)
    equal(sent(t, 1), 'appended')
    await t.written()
    equal(log.logEndOffset, 2)
  })

  simTest(`an input/output error in the ${mode} ends the log`, { limits }, async (t) => {
    const log = await t.open()
    sent(t, 0)
    await t.written()
    t.disk.faults.inject({ operation: 'write', effect: { kind: 'error', code: 'EIO' }, path: isLog })
    sent(t, 1)
    await t.until(() => t.failures.length > 0)
    equal(t.reverted.length, 1, 'waiters are told')
    equal(t.failures.length, 1)
    equal(log.failure?.code, 'OFFLINE')
    const refused = t.append(batchOf())
    ok(refused.kind === 'rejected' && refused.error === ErrorCode.KAFKA_STORAGE_ERROR)
    const read = await log.read(0, { maxBytes: 100, upTo: 1, minOneBatch: true })
    ok(read.kind === 'failed' && read.error === ErrorCode.KAFKA_STORAGE_ERROR)
    await log.close({ clean: false })
    equal(t.resources.tail.usedBytes, 0)
  })

  simTest(`when cutting back in the ${mode} fails, the log is offline`, { limits }, async (t) => {
    const log = await t.open()
    sent(t, 0)
    await t.written()
    t.disk.faults.inject({ operation: 'write', effect: { kind: 'short', bytes: 10 }, path: isLog })
    t.disk.faults.inject({ operation: 'truncate', effect: { kind: 'error', code: 'EIO' } })
    sent(t, 1)
    await t.until(() => t.failures.length > 0)
    equal(log.failure?.code, 'OFFLINE')
    t.disk.faults.heal()
    await log.close({ clean: false })
    await t.open()
    deepEqual(await t.values(), ['s0-0'])
  })
}

simTest(
  'a write that fails behind one in flight takes everything behind it with it',
  { limits: { syncWriteMaxBytes: 0 } },
  async (t) => {
    const log = await t.open()
    sent(t, 0)
    await t.written()
    const fail = t.disk.faults.inject({ operation: 'write', effect: { kind: 'error', code: 'ENOSPC' }, path: isLog })
    sent(t, 1)
    log.flushWrites()
    for (let i = 2; i < 6; i++) sent(t, i)
    await t.until(() => t.reverted.length > 0)
    fail()
    equal(t.reverted[0]?.endOffset, 1)
    equal(log.logEndOffset, 1)
    equal(sent(t, 2), 'rejected', 'the sequence went back too')
    equal(sent(t, 1), 'appended')
  },
)

simTest(
  'one write is in flight at a time, and what arrives meanwhile goes in the next',
  { limits: { syncWriteMaxBytes: 0 } },
  async (t) => {
    const log = await t.open()
    t.disk.faults.inject({ operation: 'write', effect: { kind: 'stuck' }, path: isLog })
    sent(t, 0)
    await t.sim.sleep(1)
    for (let i = 1; i < 10; i++) {
      sent(t, i)
      await t.sim.sleep(1)
    }
    equal(log.writtenEnd, 0)
    t.sim.host('broker').releaseStuckOperations()
    await t.written()
    equal(t.resources.counters.writes, 2)
    equal((await t.values()).length, 10)
  },
)

simTest('after a slow write the loop is spared for a while', {}, async (t) => {
  const log = await t.open()
  t.disk.faults.inject({ operation: 'write', effect: { kind: 'slow', ms: 50 }, path: isLog })
  sent(t, 0)
  await t.written()
  equal(t.resources.pace.slowWrites, 1)
  sent(t, 1)
  log.flushWrites()
  equal(log.writtenEnd, 1, 'on its way')
  await t.written()
  await t.sim.sleep(2000)
  sent(t, 2)
  log.flushWrites()
  equal(log.writtenEnd, 3, 'in the loop again')
})

simTest('after a failed sync the log is offline, and the sync is not repeated', {}, async (t) => {
  const log = await t.open()
  t.disk.faults.inject({ operation: 'sync', effect: { kind: 'error', code: 'EIO' }, path: isLog })
  sent(t, 0)
  log.requestSync()
  await t.until(() => t.failures.length > 0)
  equal(log.syncedEnd, 0)
  const { syncs } = t.resources.counters
  log.requestSync()
  await t.sim.sleep(100)
  equal(t.resources.counters.syncs, syncs)
  equal(t.append(batchOf()).kind, 'rejected')
})

simTest('a failed sync of the folder counts as well', {}, async (t) => {
  const log = await t.open()
  t.disk.faults.inject({ operation: 'syncDirectory', effect: { kind: 'error', code: 'EIO' } })
  sent(t, 0)
  log.requestSync()
  await t.until(() => t.failures.length > 0)
  equal(log.syncedEnd, 0)
})

simTest(
  'a write that comes back after its log went offline changes nothing',
  { limits: { syncWriteMaxBytes: 0 } },
  async (t) => {
    const log = await t.open()
    sent(t, 0)
    await t.written()
    t.disk.faults.inject({ operation: 'write', effect: { kind: 'stuck' }, path: isLog })
    sent(t, 1)
    log.flushWrites()
    t.disk.faults.inject({ operation: 'sync', effect: { kind: 'error', code: 'EIO' }, path: isLog })
    log.requestSync()
    await t.until(() => t.failures.length > 0)
    t.sim.host('broker').releaseStuckOperations()
    await t.sim.sleep(10)
    equal(log.writtenEnd, 1)
    await log.close({ clean: false })
    equal(t.resources.tail.usedBytes, 0)
  },
)

simTest(
  'closing waits for a write that is under way, and what was written changes nothing any more',
  { limits: { syncWriteMaxBytes: 0 } },
  async (t) => {
    const log = await t.open()
    t.disk.faults.inject({ operation: 'write', effect: { kind: 'stuck' }, path: isLog })
    sent(t, 0)
    log.flushWrites()
    let isClosed = false
    const closed = log.close({ clean: false }).then(() => {
      isClosed = true
    })
    await t.sim.sleep(10)
    equal(isClosed, false)
    t.sim.host('broker').releaseStuckOperations()
    await closed
    equal(t.resources.tail.usedBytes, 0)
    equal(t.resources.openFiles.open, 0)
    equal(t.progress, 0)
  },
)

simTest(
  'indexes without room stay in memory and are written when there is room again',
  { config: SMALL },
  async (t) => {
    const log = await t.open()
    const isIndex = (path: string): boolean => /index$/.test(path)
    const full = t.disk.faults.inject({
      operation: 'write',
      effect: { kind: 'error', code: 'ENOSPC' },
      path: isIndex,
      times: Number.POSITIVE_INFINITY,
    })
    for (let i = 0; i < 20; i++) {
      sent(t, i)
      await t.written()
    }
    await t.sim.sleep(100)
    equal(log.recoveryPoint, 0, 'recovery would begin where an index is missing')
    full()
    await log.flush()
    equal(log.recoveryPoint, 20)
    await t.reopen()
    equal((await t.values()).length, 20)
  },
)

simTest('the limiter lets so many syncs run at once and no more', { limits: { concurrentSyncs: 1 } }, async (t) => {
  await t.open()
  const { syncs } = t.resources
  let most = 0
  t.sim.checkAlways(() => {
    most = Math.max(most, syncs.running)
  })
  await Promise.all([1, 2, 3].map(() => syncs.run(() => t.sim.sleep(1))))
  equal(most, 1)
  equal(syncs.running, 0)
})

simTest('descriptors run out: appends are refused for a while', {}, async (t) => {
  const log = await t.open()
  t.disk.faults.inject({ operation: 'open', effect: { kind: 'error', code: 'EMFILE' }, path: isLog, times: 2 })
  sent(t, 0)
  await t.until(() => t.reverted.length > 0)
  equal(log.failure, null)
  sent(t, 0)
  await t.written()
  deepEqual(await t.values(), ['s0-0'])
})
