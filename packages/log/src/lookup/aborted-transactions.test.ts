import { deepEqual, equal, ok } from 'node:assert/strict'
import { batchOf, markerOf } from '../testing/batch-fixture.ts'
import { simTest } from '../testing/sim-log.test.ts'

simTest(
  'the aborted transactions of old records are found without the indexes of the segments behind them',
  { config: { segmentBytes: 600 } },
  async (t) => {
    await t.open()
    const send = batchOf({ producerId: 1, producerEpoch: 0, baseSequence: 0, transactional: true })
    t.append(send)
    for (let i = 0; i < 20; i++) t.put(`between ${i}`)
    t.append(markerOf({ producerId: 1, outcome: 'abort' }), { origin: 'coordinator' })
    for (let i = 0; i < 20; i++) t.put(`behind ${i}`)
    await t.written()
    const log = await t.reopen()
    ok(log.segmentCount > 5)
    const late = log.abortedTransactions(0, 2)
    ok(late instanceof Promise, 'files are asked')
    deepEqual(await late, [{ producerId: 1, firstOffset: 0 }])
    const used = t.resources.indexes.usedBytes
    deepEqual(await log.abortedTransactions(30, 32), [])
    equal(t.resources.indexes.usedBytes, used, 'the one segment with an aborted transaction alone was loaded')
    const again = log.abortedTransactions(30, 32)
    deepEqual(again, [], 'at once, as nothing behind was aborted')
  },
)
