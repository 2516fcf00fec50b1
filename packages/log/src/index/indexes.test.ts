import { deepEqual, equal, ok } from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { OffsetIndex } from './offset-index.ts'
import { TimeIndex } from './time-index.ts'
import { TransactionIndex } from './transaction-index.ts'

const BASE = 5_000_000_000

/** Ascending entries with gaps. */
const entries = fc
  .array(fc.record({ gap: fc.integer({ min: 1, max: 50 }), size: fc.integer({ min: 1, max: 5000 }) }), {
    maxLength: 60,
  })
  .map((steps) => {
    let offset = BASE
    let position = 0
    return steps.map(({ gap, size }) => ({ offset: (offset += gap), position: (position += size) }))
  })

test('an offset index finds the last entry at or below any offset, before and after a round trip through its file', () => {
  fc.assert(
    fc.property(entries, fc.integer({ min: 0, max: 3200 }), (model, delta) => {
      const index = new OffsetIndex(BASE)
      for (const { offset, position } of model) index.append(offset, position)
      const read = OffsetIndex.parse(BASE, Buffer.from(index.content()), 1 << 30)
      ok(read !== null)
      const target = BASE + delta
      const expected = model.findLast(({ offset }) => offset <= target) ?? { offset: BASE, position: 0 }
      deepEqual(index.floor(target), expected)
      deepEqual(read.floor(target), expected)
      equal(index.content().length, model.length * 8)
    }),
  )
})

test('a cut offset index is as if the entries at and above the cut had never been added', () => {
  fc.assert(
    fc.property(entries, fc.integer({ min: 0, max: 3200 }), (model, delta) => {
      const cut = BASE + delta
      const index = new OffsetIndex(BASE)
      for (const { offset, position } of model) index.append(offset, position)
      index.truncateTo(cut)
      const kept = model.filter(({ offset }) => offset < cut)
      equal(index.count, kept.length)
      deepEqual(index.last, kept.at(-1) ?? null)
    }),
  )
})

test('a time index says after which offset a timestamp can first be passed', () => {
  const times = fc.array(fc.record({ step: fc.integer({ min: -20, max: 40 }), gap: fc.integer({ min: 0, max: 9 }) }))
  fc.assert(
    fc.property(times, fc.integer({ min: -5, max: 2000 }), (steps, target) => {
      const index = new TimeIndex(BASE)
      const model: { timestampMs: number; offset: number }[] = []
      let timestampMs = 0
      let offset = BASE
      for (const { step, gap } of steps) {
        timestampMs += step
        offset += gap
        index.maybeAppend(timestampMs, offset)
        const last = model.at(-1)?.timestampMs ?? -1
        if (timestampMs > last) model.push({ timestampMs, offset })
      }
      const read = TimeIndex.parse(BASE, Buffer.from(index.content()))
      const expected = model.findLast((entry) => entry.timestampMs <= target) ?? { timestampMs: -1, offset: BASE }
      deepEqual(index.floor(target), expected)
      deepEqual(read?.floor(target), expected)
      deepEqual(index.last, model.at(-1) ?? null)
    }),
  )
})

test('an index file that cannot be right is told from one that can', () => {
  equal(OffsetIndex.parse(0, Buffer.alloc(7), 100), null)
  equal(OffsetIndex.parse(0, Buffer.alloc(16), 100), null, 'zeros, as a preallocated file has them')
  const index = new OffsetIndex(10)
  index.append(12, 500)
  ok(OffsetIndex.parse(10, Buffer.from(index.content()), 501) !== null)
  equal(OffsetIndex.parse(10, Buffer.from(index.content()), 500), null, 'a position behind the end of the segment')
  equal(TimeIndex.parse(0, Buffer.alloc(13)), null)
  equal(TimeIndex.parse(0, Buffer.alloc(24)), null, 'zeros')
  const time = new TimeIndex(10)
  time.maybeAppend(5, 10)
  equal(TimeIndex.parse(11, Buffer.alloc(24, 0xff)), null)
  equal(TransactionIndex.parse(0, Buffer.alloc(33)), null)
  equal(TransactionIndex.parse(1, Buffer.alloc(34)), null, 'a marker below the segment')
})

test('aborted transactions are collected where they overlap, and the search says when it may stop', () => {
  const index = new TransactionIndex()
  index.append({ producerId: 1, firstOffset: 0, lastOffset: 10, lastStableOffset: 5 })
  index.append({ producerId: 2, firstOffset: 5, lastOffset: 20, lastStableOffset: 15 })
  index.append({ producerId: 3, firstOffset: 15, lastOffset: 30, lastStableOffset: 31 })
  const collect = (from: number, upTo: number): { ids: number[]; isDone: boolean } => {
    const found: { producerId: number; firstOffset: number }[] = []
    const isDone = index.collect(from, upTo, found)
    return { ids: found.map((each) => each.producerId), isDone }
  }
  deepEqual(collect(0, 40), { ids: [1, 2, 3], isDone: false })
  deepEqual(collect(0, 5), { ids: [1], isDone: true })
  deepEqual(collect(11, 15), { ids: [2], isDone: true })
  deepEqual(collect(21, 31), { ids: [3], isDone: true })
  const read = TransactionIndex.parse(0, Buffer.from(index.content()))
  deepEqual(read?.at(2), index.at(2))
  index.truncateTo(20)
  equal(index.count, 1)
})
