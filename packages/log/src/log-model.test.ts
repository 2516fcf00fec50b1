/** A log against a list of batches: whatever is done, a read returns what the list says. */
import { deepEqual, equal, ok } from 'node:assert/strict'
import { test } from 'node:test'
import { CompressionType } from '@ottla/protocol'
import fc from 'fast-check'
import { batchOf } from './testing/batch-fixture.ts'
import { type ReadRecord, recordsOf, SimLog } from './testing/sim-log.test.ts'

interface ModelBatch {
  readonly base: number
  readonly bytes: number
  readonly epoch: number
  readonly timestampMs: number
  readonly records: readonly ReadRecord[]
}

class Model {
  batches: ModelBatch[] = []
  start = 0
  end = 0
  epoch = 0

  /** What a read must return: whole batches from the one that holds the offset. */
  read(offset: number, options: { maxBytes: number; upTo: number; minOneBatch: boolean }): ReadRecord[] {
    const found: ReadRecord[] = []
    let bytes = 0
    for (const batch of this.batches) {
      const next = batch.base + batch.records.length
      if (next <= offset) continue
      if (next > options.upTo || offset >= options.upTo) break
      if (bytes + batch.bytes > options.maxBytes && !(bytes === 0 && options.minOneBatch)) break
      bytes += batch.bytes
      found.push(...batch.records)
    }
    return found
  }

  truncateTo(offset: number): void {
    if (offset >= this.end) return
    const cut = this.batches.find((batch) => batch.base + batch.records.length > offset)
    this.batches = this.batches.filter((batch) => batch.base + batch.records.length <= offset)
    this.end = Math.max(this.start, Math.min(offset, cut?.base ?? offset))
  }
}

const step = fc.oneof(
  { weight: 8, arbitrary: fc.record({ op: fc.constant('append' as const), a: fc.nat(6), b: fc.nat(200) }) },
  { weight: 6, arbitrary: fc.record({ op: fc.constant('read' as const), a: fc.nat(1000), b: fc.nat(2000) }) },
  { weight: 2, arbitrary: fc.record({ op: fc.constant('time' as const), a: fc.nat(1000), b: fc.nat() }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('roll' as const), a: fc.nat(), b: fc.nat() }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('epoch' as const), a: fc.nat(2), b: fc.nat() }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('truncate' as const), a: fc.nat(1000), b: fc.nat() }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('delete' as const), a: fc.nat(1000), b: fc.nat() }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('reopen' as const), a: fc.nat(), b: fc.nat() }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('kill' as const), a: fc.nat(), b: fc.nat() }) },
)

interface Step {
  readonly op: 'append' | 'read' | 'time' | 'roll' | 'epoch' | 'truncate' | 'delete' | 'reopen' | 'kill'
  readonly a: number
  readonly b: number
}

/** An offset in the range of the log (or at its end), from a share of a thousand. */
function offsetAt(model: Model, share: number): number {
  return model.start + Math.floor(((model.end - model.start) * share) / 1000)
}

async function apply(t: SimLog, model: Model, { op, a, b }: Step): Promise<void> {
  const { log } = t
  if (op === 'append') {
    const timestampMs = 1000 + ((a * 37 + b) % 500)
    const label = `o${log.logEndOffset}-`
    const compression = b % 5 === 0 ? CompressionType.gzip : CompressionType.none
    const batch = batchOf({ label, count: a + 1, valueBytes: b, timestampMs, compression })
    equal(t.append(batch, { leaderEpoch: model.epoch }).kind, 'appended')
    const records = Array.from({ length: a + 1 }, (_, i) => ({ offset: model.end + i, value: `${label}${i}` }))
    model.batches.push({ base: model.end, bytes: batch.length, epoch: model.epoch, timestampMs, records })
    model.end += a + 1
    await t.written()
  } else if (op === 'read') {
    const upTo = offsetAt(model, (a * 7 + b) % 1001)
    const options = { maxBytes: b, upTo, minOneBatch: b % 2 === 0 }
    const offset = offsetAt(model, a)
    const result = await log.read(offset, options)
    ok(result.kind === 'records', JSON.stringify(result))
    const found = recordsOf(result)
    const expected = model.read(offset, options)
    // A read from disk ends with its segment; whoever reads on gets the rest.
    deepEqual(found, expected.slice(0, found.length))
    equal(found.length > 0, expected.length > 0)
    result.release()
  } else if (op === 'time') await checkTime(t, model, 1000 + a)
  else if (op === 'roll') log.roll()
  else if (op === 'epoch') model.epoch += a
  else if (op === 'truncate') {
    const offset = offsetAt(model, a)
    await log.truncateTo(offset)
    model.truncateTo(offset)
  } else if (op === 'delete') {
    log.updateHighWatermark(model.end)
    log.deleteRecordsBefore(offsetAt(model, a))
    model.start = Math.max(model.start, log.logStartOffset)
  } else if (op === 'reopen') await t.reopen({ logStartOffset: model.start })
  else {
    await t.crash('process')
    await t.open({ logStartOffset: model.start })
  }
}

async function checkTime(t: SimLog, model: Model, timestampMs: number): Promise<void> {
  const all = model.batches.flatMap((batch) =>
    batch.records.map((record, i) => ({
      offset: record.offset,
      timestampMs: batch.timestampMs + i,
      leaderEpoch: batch.epoch,
    })),
  )
  const nothing = { offset: -1, timestampMs: -1, leaderEpoch: -1 }
  const expected = all.find((each) => each.offset >= model.start && each.timestampMs >= timestampMs)
  deepEqual(await t.log.offsetForTimestamp(timestampMs), expected ?? nothing)
}

function checkState(t: SimLog, model: Model): void {
  equal(t.log.logEndOffset, model.end)
  equal(t.log.logStartOffset, model.start)
  for (const { base, epoch } of model.batches) if (base >= model.start) equal(t.log.epochForOffset(base), epoch)
}

for (const tailBytes of [0, 3000, 1 << 20]) {
  test(`a log with a tail of ${tailBytes} bytes behaves as a list of batches`, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), fc.nat(), async (steps, seed) => {
        const config = { segmentBytes: 2500, indexIntervalBytes: 200, retentionMs: -1 }
        const t = new SimLog({ seed, config, limits: { tailBytes, openFiles: 6 } })
        const model = new Model()
        await t.sim.run(async () => {
          await t.open()
          for (const each of steps) {
            await apply(t, model, each)
            checkState(t, model)
          }
          deepEqual(
            await t.records(model.start),
            model.batches.flatMap((batch) => batch.records).filter(({ offset }) => offset >= model.start),
          )
          await t.log.close({ clean: true })
        })
      }),
      { numRuns: 60 },
    )
  })
}
