import { deepEqual, equal, ok, rejects } from 'node:assert/strict'
import { CompressionType } from '@ottla/protocol'
import { compactionTest, readCommitted } from '../testing/compacted-log.test.ts'

const put = (key: string | null, value: string | null): { key: string | null; value: string | null } => ({ key, value })

compactionTest('of each key the newest record stays, at its offset', {}, async (log) => {
  await log.open()
  log.keyed([put('a', '1'), put('b', '1'), put('a', '2')])
  log.keyed([put('c', '1')])
  log.keyed([put('b', '2')])
  await log.rolled()
  const result = await log.clean()
  equal(result?.endOffset, 5)
  const seen = await log.verify()
  deepEqual(
    seen.map(({ offset }) => offset),
    [2, 3, 4],
  )
  ok(result.bytesAfter < result.bytesBefore)
})

compactionTest('the active segment is not cleaned, nor what is not replicated', {}, async (log) => {
  await log.open()
  log.keyed([put('a', '1')])
  await log.rolled()
  log.keyed([put('a', '2')])
  await log.settle()
  equal((await log.clean())?.endOffset, 1)
  deepEqual(
    (await log.verify()).map(({ offset }) => offset),
    [0, 1],
  )
})

compactionTest('a record without key goes', {}, async (log) => {
  await log.open()
  log.keyed([put(null, 'x'), put('a', '1')])
  await log.rolled()
  equal((await log.clean())?.recordsWithoutKey, 1)
  deepEqual(
    (await log.verify()).map(({ offset }) => offset),
    [1],
  )
})

compactionTest('a tombstone stays until its horizon', { config: { deleteRetentionMs: 60_000 } }, async (log) => {
  await log.open()
  log.keyed([put('a', '1'), put('b', '1')])
  log.keyed([put('a', null)])
  await log.rolled()
  await log.clean()
  deepEqual(
    (await log.verify()).map(({ offset }) => offset),
    [1, 2],
  )
  await log.sim.sleep(59_000)
  log.keyed([put('x', '1')])
  await log.rolled()
  await log.clean()
  deepEqual(
    (await log.verify()).map(({ offset }) => offset),
    [1, 2, 3],
  )
  await log.sim.sleep(1_100)
  log.keyed([put('x', '2')])
  await log.rolled()
  await log.clean()
  deepEqual(
    (await log.verify()).map(({ offset }) => offset),
    [1, 4],
  )
})

compactionTest(
  'aborted records go even where they are the newest; the marker goes once nothing of its transaction is left and the horizon has passed',
  { config: { deleteRetentionMs: 1000 } },
  async (log) => {
    await log.open()
    log.keyed([put('a', '1')])
    log.keyed([put('a', 'aborted')], { producerId: 7, transactional: true })
    log.end(7, 'abort')
    // The producer's last batch is another one, or this would be kept for its sequence.
    log.keyed([put('z', '1')], { producerId: 7, transactional: true })
    log.end(7, 'commit')
    await log.rolled()
    const next = async (): Promise<number> => {
      await log.sim.sleep(1_001)
      log.keyed([put('x', String(log.log.logEndOffset))])
      await log.rolled()
      await log.clean()
      deepEqual((await log.verify()).map(({ key }) => key).slice(0, 2), ['a', 'z'])
      return (await log.log.abortedTransactions(0, 3)).length
    }
    equal(await next(), 1)
    equal(await next(), 0)
    const bytes = log.log.sizeBytes
    await next()
    ok(log.log.sizeBytes < bytes, 'the marker is gone')
  },
)

compactionTest('the last batch of a producer stays, empty, and its sequence survives', {}, async (log) => {
  await log.open()
  log.keyed([put('a', '1')], { producerId: 7 })
  log.keyed([put('a', '2')], { producerId: 7 })
  log.keyed([put('a', '3')])
  await log.rolled()
  await log.clean()
  deepEqual(
    (await log.verify()).map(({ offset }) => offset),
    [2],
  )
  for (const name of await log.env.files.list(log.log.path)) {
    if (name.name.endsWith('.snapshot')) await log.env.files.unlink(`${log.log.path}/${name.name}`)
  }
  await log.crash('process')
  await log.open()
  equal(log.log.activeProducers()[0]?.lastSequence, 1)
  log.log.updateHighWatermark(log.log.logEndOffset)
  log.keyed([put('b', '1')], { producerId: 7 })
})

for (const [name, compression] of Object.entries(CompressionType)) {
  compactionTest(`a batch packed with ${name} is packed again`, {}, async (log) => {
    await log.open()
    const many = Array.from({ length: 400 }, (_, i) => put(`k${i % 300}`, `value ${i} `.repeat(20)))
    log.keyed(many, { compression })
    await log.rolled()
    const result = await log.clean()
    equal(result?.recordsKept, 300)
    const seen = await log.verify()
    equal(seen.length, 300)
  })
}

compactionTest('a map that is too small is filled, and the next round goes on there', {}, async (log) => {
  await log.open()
  for (let i = 0; i < 40; i++) log.keyed([put(`k${i}`, '1'), put('same', String(i))])
  await log.rolled()
  const mapBytes = 24 * 11
  const first = await log.clean({ mapBytes })
  equal(first?.isPartial, true)
  await log.verify()
  for (let rounds = 0; log.checkpoint! < 80; rounds++) {
    ok(rounds < 20, 'every round gets on')
    await log.clean({ mapBytes })
    await log.verify()
  }
  equal((await readCommitted(log.log)).length, 41)
})

compactionTest('small segments become one', { config: { segmentBytes: 600 } }, async (log) => {
  await log.open()
  for (let i = 0; i < 60; i++) log.keyed([put(`k${i % 7}`, String(i))])
  await log.rolled()
  const before = log.log.segmentCount
  await log.clean()
  await log.verify()
  await log.clean({ checkpoint: 0 })
  ok(log.log.segmentCount <= 4 && before > 8, `${before} became ${log.log.segmentCount}`)
  await log.verify()
  await log.sim.sleep(log.config.fileDeleteDelayMs + 1000)
  const names = (await log.env.files.list(log.log.path)).map(({ name }) => name)
  ok(!names.some((name) => /deleted|swap|cleaned/.test(name)), names.join())
})

compactionTest('an open transaction is not passed', {}, async (log) => {
  await log.open()
  log.keyed([put('a', '1')])
  await log.rolled()
  log.keyed([put('a', '2')], { producerId: 1, transactional: true })
  await log.rolled()
  log.keyed([put('a', '3')])
  await log.rolled()
  equal((await log.clean())?.endOffset, 1)
  log.end(1, 'commit')
  await log.rolled()
  await log.clean()
  await log.verify()
})

compactionTest('a cleaning that is called off leaves the log as it was', {}, async (log) => {
  await log.open()
  for (let i = 0; i < 50; i++) log.keyed([put('a', String(i).padEnd(500))])
  await log.rolled()
  const cleaning = rejects(log.clean(), /called off/)
  await log.sim.sleep(0.5)
  await log.log.cleaning.callOff()
  await cleaning
  equal((await log.verify()).length, 50)
  const names = (await log.env.files.list(log.log.path)).map(({ name }) => name)
  ok(!names.some((name) => /swap|cleaned/.test(name)), names.join())
})

compactionTest('reads go on while the log is cleaned', { config: { segmentBytes: 3000 } }, async (log) => {
  await log.open()
  for (let i = 0; i < 200; i++) log.keyed([put(`k${i % 9}`, String(i).padEnd(100))])
  await log.rolled()
  let isOver = false
  const reads = (async () => {
    for (; !isOver; await log.sim.sleep(0.1)) await log.scan()
  })()
  const times = (async () => {
    for (; !isOver; await log.sim.sleep(0.1)) {
      const { timestampMs } = log.model[log.sim.random.below(log.model.length)]!
      const found = await log.log.offsetForTimestamp(timestampMs)
      ok(found.offset >= 0)
    }
  })()
  for (let i = 0; i < 3; i++) {
    for (let n = 0; n < 20; n++) log.keyed([put(`k${n % 9}`, String(n).padEnd(100))])
    await log.rolled()
    await log.clean()
  }
  isOver = true
  await Promise.all([reads, times])
})
