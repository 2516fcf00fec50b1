import { deepEqual, equal } from 'node:assert/strict'
import { test } from 'node:test'
import { ErrorCode } from '@ottla/protocol'
import fc from 'fast-check'
import { batchOf, markerOf } from '../testing/batch-fixture.ts'
import type { AppendOrigin } from '../types.ts'
import { type ProducerBatchView, producerBatchAt } from './batch-view.ts'
import { decodeProducerSnapshot } from './producer-snapshot.ts'
import { type ProducerChange, ProducerState } from './producer-state.ts'

const SEQUENCE_MAX = 2 ** 31 - 1

/** A log's producers with an end that moves on. */
class Fixture {
  readonly state = new ProducerState()
  end = 0

  view(batch: Buffer): ProducerBatchView {
    const view = producerBatchAt(batch, 0)!
    const count = view.lastOffset - view.baseOffset
    view.baseOffset = this.end
    view.lastOffset = this.end + count
    return view
  }

  send(batch: Buffer, origin: AppendOrigin = 'client'): string {
    const view = this.view(batch)
    const check = this.state.check(view, { origin })
    if (check.kind === 'duplicate') return `duplicate of ${check.batch.baseOffset}-${check.batch.lastOffset}`
    if (check.kind === 'rejected') return `rejected ${check.error}`
    this.state.apply(view)
    this.end = view.lastOffset + 1
    return 'ok'
  }

  data(
    baseSequence: number,
    options: { count?: number; producerEpoch?: number; transactional?: boolean } = {},
  ): string {
    return this.send(batchOf({ producerId: 1, producerEpoch: 0, baseSequence, ...options }))
  }
}

test('a producer unknown here may begin with any sequence', () => {
  equal(new Fixture().data(42), 'ok')
})

test('when the first batch of a producer is taken back, the one behind it does not begin the sequence', () => {
  const log = new Fixture()
  const first = log.view(batchOf({ producerId: 1, producerEpoch: 0, baseSequence: 0 }))
  const change = log.state.apply(first)
  log.state.undo(change!)
  equal(log.data(1), `rejected ${ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER}`)
  equal(log.data(0), 'ok')
  equal(log.data(1), 'ok')
})

test('what was taken back is remembered for as long as a producer is, not until the next look for expired ones', () => {
  const log = new Fixture()
  const change = log.state.apply(log.view(batchOf({ producerId: 1, producerEpoch: 0, baseSequence: 0 })))
  log.state.undo(change!)
  log.state.expire(1_000, 5_000)
  equal(log.data(6), `rejected ${ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER}`)
  log.state.expire(6_000, 5_000)
  equal(log.data(6), 'ok')
})

test('the next batch must follow in sequence', () => {
  const log = new Fixture()
  equal(log.data(0, { count: 3 }), 'ok')
  equal(log.data(4), `rejected ${ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER}`)
  equal(log.data(3), 'ok')
})

test('sequence 0 follows 2^31-1', () => {
  const log = new Fixture()
  equal(log.data(SEQUENCE_MAX - 1, { count: 2 }), 'ok')
  equal(log.data(0), 'ok')
  const around = new Fixture()
  equal(around.data(SEQUENCE_MAX, { count: 3 }), 'ok')
  equal(around.data(2), 'ok')
  equal(around.data(SEQUENCE_MAX, { count: 3 }), 'duplicate of 0-2')
})

test('one of the last five batches that comes again is answered with its offsets', () => {
  const log = new Fixture()
  for (let i = 0; i < 6; i++) equal(log.data(i * 2, { count: 2 }), 'ok')
  for (let i = 1; i < 6; i++) equal(log.data(i * 2, { count: 2 }), `duplicate of ${i * 2}-${i * 2 + 1}`)
  equal(log.data(0, { count: 2 }), `rejected ${ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER}`, 'the sixth last is forgotten')
  equal(
    log.data(2, { count: 1 }),
    `rejected ${ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER}`,
    'part of a batch is no duplicate',
  )
})

test('a new epoch begins with sequence 0, an old one is fenced', () => {
  const log = new Fixture()
  equal(log.data(5, { producerEpoch: 1 }), 'ok')
  equal(log.data(6, { producerEpoch: 0 }), `rejected ${ErrorCode.INVALID_PRODUCER_EPOCH}`)
  equal(log.data(6, { producerEpoch: 2 }), `rejected ${ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER}`)
  equal(log.data(0, { producerEpoch: 2 }), 'ok')
  equal(log.data(5, { producerEpoch: 1 }), `rejected ${ErrorCode.INVALID_PRODUCER_EPOCH}`)
})

test('coordinators are held to epochs but not to sequences, replicas to nothing', () => {
  const log = new Fixture()
  equal(log.data(5, { producerEpoch: 1 }), 'ok')
  const gap = batchOf({ producerId: 1, producerEpoch: 1, baseSequence: 99 })
  equal(log.send(gap, 'coordinator'), 'ok')
  const old = batchOf({ producerId: 1, producerEpoch: 0, baseSequence: 0 })
  equal(log.send(old, 'coordinator'), `rejected ${ErrorCode.INVALID_PRODUCER_EPOCH}`)
  equal(log.send(old, 'replica'), 'ok')
})

test('an open transaction holds the last stable offset until its marker is below the high watermark', () => {
  const { state, ...rest } = new Fixture()
  const log = Object.assign(new Fixture(), rest)
  equal(state.firstUnstableOffset, -1)
  equal(log.data(0, { transactional: true, count: 2 }), 'ok')
  equal(log.state.firstUnstableOffset, 0)
  equal(log.send(markerOf({ producerId: 1, outcome: 'commit' }), 'coordinator'), 'ok')
  equal(log.state.firstUnstableOffset, 0, 'the marker lies at offset 2')
  log.state.passedHighWatermark(2)
  equal(log.state.firstUnstableOffset, 0)
  log.state.passedHighWatermark(3)
  equal(log.state.firstUnstableOffset, -1)
})

test('of several transactions the earliest holds back, and an aborted one notes what was undecided then', () => {
  const log = new Fixture()
  const begin = (producerId: number): void => {
    equal(log.send(batchOf({ producerId, producerEpoch: 0, baseSequence: 0, transactional: true })), 'ok')
  }
  begin(1)
  begin(2)
  begin(3)
  const end = log.view(markerOf({ producerId: 2, outcome: 'abort' }))
  const change = log.state.apply(end)
  deepEqual(change?.completed, {
    producerId: 2,
    firstOffset: 1,
    lastOffset: 3,
    lastStableOffset: 0,
    isAborted: true,
  })
  log.state.passedHighWatermark(10)
  equal(log.state.firstUnstableOffset, 0)
})

test('a marker of an older coordinator is refused', () => {
  const log = new Fixture()
  log.data(0, { transactional: true })
  equal(log.send(markerOf({ producerId: 1, outcome: 'abort', coordinatorEpoch: 4 }), 'coordinator'), 'ok')
  const late = markerOf({ producerId: 1, outcome: 'commit', coordinatorEpoch: 3 })
  equal(log.send(late, 'coordinator'), `rejected ${ErrorCode.TRANSACTION_COORDINATOR_FENCED}`)
})

test('a batch outside the transaction that its producer has open is refused', () => {
  const log = new Fixture()
  log.data(0, { transactional: true })
  equal(log.data(1), `rejected ${ErrorCode.INVALID_TXN_STATE}`)
  equal(log.data(1, { transactional: true }), 'ok')
})

test('silent producers are forgotten, unless they have a transaction open', () => {
  const log = new Fixture()
  log.send(batchOf({ producerId: 1, producerEpoch: 0, baseSequence: 0, timestampMs: 1000 }))
  log.send(batchOf({ producerId: 2, producerEpoch: 0, baseSequence: 0, timestampMs: 1000, transactional: true }))
  log.send(batchOf({ producerId: 3, producerEpoch: 0, baseSequence: 0, timestampMs: 1500 }))
  equal(log.state.expire(2000, 1000), 1)
  deepEqual(
    log.state.activeProducers().map((each) => each.producerId),
    [2, 3],
  )
})

test('a snapshot keeps the last batch of each producer and open transactions', () => {
  const log = new Fixture()
  log.data(SEQUENCE_MAX, { count: 4 })
  log.send(batchOf({ producerId: 2 ** 40, producerEpoch: 7, baseSequence: 0, transactional: true }))
  const entries = decodeProducerSnapshot(log.state.snapshot())!
  const again = new ProducerState()
  again.load(entries)
  deepEqual(again.activeProducers(), log.state.activeProducers())
  equal(again.firstUnstableOffset, 4)
  const resent = log.view(batchOf({ producerId: 1, producerEpoch: 0, baseSequence: SEQUENCE_MAX, count: 4 }))
  equal(again.check(resent, { origin: 'client' }).kind, 'duplicate')
  deepEqual(again.snapshot(), log.state.snapshot())
})

test('a damaged snapshot is told from a good one', () => {
  const log = new Fixture()
  log.data(0)
  const good = log.state.snapshot()
  for (let i = 0; i < good.length; i++) {
    const bad = Buffer.from(good)
    bad[i] = bad[i]! ^ 1
    equal(decodeProducerSnapshot(bad), null, `byte ${i}`)
  }
  equal(decodeProducerSnapshot(good.subarray(0, -1)), null)
  equal(decodeProducerSnapshot(Buffer.alloc(0)), null)
})

test('undoing any number of batches gives back exactly what was before', () => {
  const step = fc.record({
    producerId: fc.integer({ min: 0, max: 3 }),
    epoch: fc.integer({ min: 0, max: 2 }),
    sequence: fc.integer({ min: 0, max: 20 }),
    kind: fc.constantFrom('data' as const, 'transactional' as const, 'commit' as const, 'abort' as const),
  })
  const visible = (state: ProducerState): unknown => [state.activeProducers(), state.firstUnstableOffset]
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), fc.nat(40), (steps, undone) => {
      const log = new Fixture()
      const history: { before: unknown; change: ProducerChange | null }[] = []
      for (const { producerId, epoch, sequence, kind } of steps) {
        const batch =
          kind === 'commit' || kind === 'abort'
            ? markerOf({ producerId, producerEpoch: epoch, outcome: kind })
            : batchOf({
                producerId,
                producerEpoch: epoch,
                baseSequence: sequence,
                transactional: kind === 'transactional',
              })
        const view = log.view(batch)
        history.push({ before: visible(log.state), change: log.state.apply(view) })
        log.end = view.lastOffset + 1
      }
      for (const { before, change } of history.slice(Math.max(0, steps.length - undone)).reverse()) {
        if (change !== null) log.state.undo(change)
        deepEqual(visible(log.state), before)
      }
    }),
  )
})
