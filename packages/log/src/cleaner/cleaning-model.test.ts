/**
 * Cleaning held against a model: whatever is written, by whatever producers, in whatever transactions, and wherever a crash comes, a consumer
 * with read_committed ends with the same value of each key.
 */
import { deepEqual, equal, ok } from 'node:assert/strict'
import { test } from 'node:test'
import type { CrashKind, PowerLossMode } from '@ottla/sim'
import fc from 'fast-check'
import { CompactedLog, type SeenRecord } from '../testing/compacted-log.test.ts'

interface Step {
  readonly op: 'put' | 'transaction' | 'commit' | 'abort' | 'roll' | 'clean' | 'wait' | 'reopen' | 'crash' | 'delete'
  readonly keys: readonly number[]
  readonly producer: number
  readonly n: number
}

const step: fc.Arbitrary<Step> = fc.record({
  op: fc.oneof(
    { weight: 8, arbitrary: fc.constantFrom<Step['op']>('put', 'transaction') },
    { weight: 5, arbitrary: fc.constantFrom<Step['op']>('commit', 'abort', 'roll', 'clean') },
    { weight: 1, arbitrary: fc.constantFrom<Step['op']>('wait', 'reopen', 'crash', 'delete') },
  ),
  keys: fc.array(fc.nat(7), { minLength: 1, maxLength: 5 }),
  producer: fc.nat(3),
  n: fc.nat(1000),
})

const CONFIG = { segmentBytes: 1500, indexIntervalBytes: 200, segmentIndexBytes: 400 }

async function apply(t: CompactedLog, { op, keys, producer, n }: Step): Promise<void> {
  const records = keys.map((key, i) => ({
    key: key === 7 ? null : `k${key}`,
    value: (n + i) % 4 === 0 ? null : `${t.log.logEndOffset + i}`.padEnd(n % 90),
  }))
  const compression = ([0, 0, 1, 2, 3, 4] as const)[n % 6]!
  if (op === 'put') {
    if (producer === 0) t.keyed(records, { compression })
    else if (!t.isOpen(producer)) t.keyed(records, { compression, producerId: producer })
  } else if (op === 'transaction') {
    t.keyed(records, { compression, producerId: producer + 10, transactional: true })
  } else if (op === 'commit' || op === 'abort') t.end(producer + 10, op)
  else if (op === 'roll') await t.rolled()
  else if (op === 'clean') {
    await t.settle()
    await t.clean(n % 3 === 0 ? { mapBytes: 24 * 5, bufferBytes: 256 } : {})
  } else if (op === 'wait') await t.sim.sleep(n * 10)
  else if (op === 'delete') {
    await t.settle()
    t.log.deleteRecordsBefore(Math.floor(t.log.logStartOffset + (n % 10)))
    for (const record of [...t.model]) {
      // Who reads from the start no longer sees them; the newest of a key may be among them.
      if (record.offset < t.log.logStartOffset) t.model.splice(t.model.indexOf(record), 1)
    }
  } else {
    await t.settle()
    const logStartOffset = t.log.logStartOffset
    const before = t.log.activeProducers()
    if (op === 'reopen') await t.reopen({ logStartOffset })
    else {
      await t.crash('process')
      await t.open({ logStartOffset, recoveryPoint: n % 2 === 0 ? 0 : t.log.recoveryPoint })
    }
    t.log.updateHighWatermark(t.log.logEndOffset)
    const after = new Map(t.log.activeProducers().map((each) => [each.producerId, each]))
    for (const each of before) equal(after.get(each.producerId)?.lastSequence, each.lastSequence)
  }
}

/** Runs that once failed. */
const FOUND: [Step[], number, number][] = [
  // The epoch of a producer of which a marker alone was written was forgotten when nothing but the marker's header was left.
  [steps('commit', 'roll', 'clean', 'put', 'roll', 'clean', 'crash'), 0, 0],
]

function steps(...ops: Step['op'][]): Step[] {
  return ops.map((op) => ({ op, keys: [0], producer: 0, n: 0 }))
}

test('a cleaned log tells a consumer of the same values as the log before', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 60, size: 'large' }),
      fc.nat(),
      fc.constantFrom(0, 2000, 2 ** 53),
      async (steps, seed, retentionMs) => {
        const t = new CompactedLog({ seed, config: { ...CONFIG, deleteRetentionMs: retentionMs } })
        await t.sim.run(async () => {
          await t.open()
          for (const each of steps) {
            await apply(t, each)
            await t.settle()
            const seen = await t.verify()
            if (retentionMs === 2 ** 53) checkTombstones(t, seen)
          }
        })
      },
    ),
    { numRuns: 50, examples: FOUND },
  )
})

/** While no horizon can have passed, the newest record of each key is there, tombstone or not. */
function checkTombstones(t: CompactedLog, seen: readonly SeenRecord[]): void {
  const newest = new Map<string, number>()
  const bound = t.log.lastStableOffset
  for (const { key, offset, transaction } of t.model) {
    const isCommitted = transaction === undefined || transaction.outcome === 'commit'
    if (key !== null && isCommitted && offset < bound) newest.set(key, offset)
  }
  const offsets = new Set(seen.map(({ offset }) => offset))
  for (const [key, offset] of newest) ok(offsets.has(offset), `the newest record of ${key}, at ${offset}, is there`)
}

/** A log with everything in it: transactions of both outcomes, tombstones, several segments. */
async function fill(t: CompactedLog, round: number): Promise<void> {
  for (let i = 0; i < 30; i++) {
    const record = { key: `k${i % 7}`, value: i % 5 === 0 ? null : `${round}.${i}`.padEnd(40) }
    if (i % 3 === 0)
      t.keyed([record, { key: `t${i % 4}`, value: 'x' }], { producerId: 10 + (i % 2), transactional: true })
    else t.keyed([record])
    if (i % 6 === 5) {
      t.end(10, i % 4 === 1 ? 'abort' : 'commit')
      t.end(11, 'abort')
    }
  }
  t.end(10, 'commit')
  t.end(11, 'commit')
  await t.rolled()
}

const CRASHES: readonly [CrashKind, PowerLossMode?][] = [
  ['process'],
  ['power', 'none'],
  ['power', 'all'],
  ['power', 'prefix'],
  ['power', 'subset'],
  ['power', 'torn'],
]

for (const [kind, mode] of CRASHES) {
  test(`a crash at any change of the disk while the log is cleaned loses nothing (${kind}${mode === undefined ? '' : `, ${mode}`})`, async () => {
    const t = new CompactedLog({ seed: `crash ${kind} ${mode}`, config: { ...CONFIG, deleteRetentionMs: 0 } })
    await t.sim.run(async () => {
      await t.open()
      await fill(t, 0)
      await t.clean()
      await t.sim.sleep(10)
      await fill(t, 1)
      const { recoveryPoint, logEndOffset } = t.log
      const producers = t.log.activeProducers()
      const segments = t.log.segmentCount
      // Several segments become one.
      t.config = { ...t.config, segmentBytes: 6000 }
      t.log.updateConfig(t.config)
      const disks: ReturnType<typeof t.disk.clone>[] = []
      t.disk.onChange = ({ index }) => disks.push(t.disk.clone(`at ${index}`))
      const { checkpoint } = t
      ok(((await t.clean()) ?? { bytesAfter: 0 }).bytesAfter > 0)
      t.disk.onChange = () => {}
      ok(disks.length > 50, `${disks.length} changes`)
      ok(t.log.segmentCount < segments / 2, `${segments} segments became ${t.log.segmentCount}`)
      // What is left of unsynced changes is drawn: more than once.
      const draws = mode === 'subset' ? 3 : 1
      for (const disk of disks.flatMap((each) => Array.from({ length: draws }, (_, i) => each.clone(`draw ${i}`)))) {
        await t.crash('process')
        if (kind === 'power') disk.losePower(mode)
        t.sim.host('broker').disk = disk
        await t.open({ recoveryPoint })
        equal(t.log.logEndOffset, logEndOffset)
        t.log.updateHighWatermark(logEndOffset)
        deepEqual(t.log.activeProducers(), producers)
        t.checkpoint = checkpoint
        await t.verify()
        await t.sim.sleep(10)
        await t.clean()
        await t.verify()
      }
    })
  })
}
