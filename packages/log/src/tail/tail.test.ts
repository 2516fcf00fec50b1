import { deepEqual, equal, ok } from 'node:assert/strict'
import { test } from 'node:test'
import { setBaseOffset } from '@ottla/protocol'
import { SlabPool } from '@ottla/stdx'
import fc from 'fast-check'
import { batchOf } from '../testing/batch-fixture.ts'
import { LogTail } from './log-tail.ts'
import { TailBudget } from './tail-budget.ts'

function batchAt(offset: number, count: number, valueBytes = 10): Buffer {
  const batch = batchOf({ count, valueBytes })
  setBaseOffset(batch, 0, offset)
  return batch
}

test('the budget holds over all logs, and what is oldest anywhere goes first', () => {
  const budget = new TailBudget(30_000, new SlabPool({ poison: true }))
  const slabs = new SlabPool({ poison: true })
  const tails = [
    new LogTail(budget, { copiedBytes: 0 }),
    new LogTail(budget, { copiedBytes: 0 }),
    new LogTail(budget, { copiedBytes: 0 }),
  ]
  const ends = [0, 0, 0]
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(2), fc.nat(8000)), { maxLength: 50 }), (adds) => {
      for (const [which, valueBytes] of adds) {
        const batch = batchAt(ends[which]!, 1, valueBytes)
        const owner = slabs.allocate(batch.length)
        batch.copy(owner.buffer)
        const entry = {
          records: owner.buffer,
          owner,
          baseOffset: ends[which]!,
          nextOffset: ends[which]! + 1,
          isMany: false,
        }
        tails[which]!.add(entry)
        ends[which]!++
        ok(budget.usedBytes <= 30_000)
      }
    }),
  )
  for (const tail of tails) tail.clear()
  equal(budget.usedBytes, 0)
})

test('an entry larger than the whole budget is not kept', () => {
  const budget = new TailBudget(100, new SlabPool({ poison: true }))
  const tail = new LogTail(budget, { copiedBytes: 0 })
  tail.add({ records: batchAt(0, 1, 500), owner: undefined, baseOffset: 0, nextOffset: 1, isMany: false })
  equal(tail.entryCount, 0)
  equal(budget.usedBytes, 0)
})

test('a read holds what it returns until it is released', () => {
  const tail = new LogTail(new TailBudget(10_000, new SlabPool({ poison: true })), { copiedBytes: 0 })
  const counts = { held: 1 }
  const owner = { retain: () => counts.held++, release: () => counts.held-- }
  tail.add({ records: batchAt(0, 2, 2500), owner, baseOffset: 0, nextOffset: 2, isMany: false })
  const read = tail.read(0, { maxBytes: 100, upTo: 2, minOneBatch: true })
  equal(counts.held, 2)
  tail.clear()
  equal(counts.held, 1)
  for (const each of read?.owners ?? []) each.release()
  equal(counts.held, 0)
})

test('of an append with many batches those are returned that are wanted and fit', () => {
  const tail = new LogTail(new TailBudget(10_000, new SlabPool({ poison: true })), { copiedBytes: 0 })
  const batches = [batchAt(10, 2), batchAt(12, 2), batchAt(20, 2), batchAt(22, 2)]
  const size = batches[0]!.length
  tail.add({ records: Buffer.concat(batches), owner: undefined, baseOffset: 10, nextOffset: 24, isMany: true })
  const read = (offset: number, maxBytes: number, upTo = 24): [number, number, number] | null => {
    const found = tail.read(offset, { maxBytes, upTo, minOneBatch: true })
    return found === null ? null : [found.firstOffset, found.nextOffset, found.sizeBytes]
  }
  deepEqual(read(10, 1e6), [10, 24, 4 * size])
  deepEqual(read(13, 1e6), [12, 24, 3 * size])
  deepEqual(read(15, 1e6), [20, 24, 2 * size], 'in a gap the next one is meant')
  deepEqual(read(10, 2 * size), [10, 14, 2 * size])
  deepEqual(read(10, 1), [10, 12, size])
  deepEqual(read(10, 1e6, 22), [10, 22, 3 * size])
  deepEqual(read(23, 1e6), [22, 24, size])
  equal(read(9, 1e6), null, 'older than what is in memory')
})

test('small appends are copied together and give their owners back at once', () => {
  const counters = { copiedBytes: 0 }
  const tail = new LogTail(new TailBudget(100_000, new SlabPool({ poison: true })), counters)
  let held = 0
  const owner = { retain: () => held++, release: () => held-- }
  let bytes = 0
  for (let i = 0; i < 100; i++) {
    const records = batchAt(i, 1)
    held++
    bytes += records.length
    tail.add({ records, owner, baseOffset: i, nextOffset: i + 1, isMany: false })
  }
  equal(held, 0)
  equal(counters.copiedBytes, bytes)
  ok(tail.entryCount < 8)
  const read = tail.read(37, { maxBytes: 1e6, upTo: 90, minOneBatch: true })
  deepEqual([read?.firstOffset, read?.nextOffset, read?.sizeBytes], [37, 90, (bytes / 100) * 53])
})

test('what a reader holds of a chunk stays when the chunk is cut and the log goes on', () => {
  const tail = new LogTail(new TailBudget(100_000, new SlabPool({ poison: true })), { copiedBytes: 0 })
  const add = (offset: number): void => {
    tail.add({
      records: batchAt(offset, 1),
      owner: undefined,
      baseOffset: offset,
      nextOffset: offset + 1,
      isMany: false,
    })
  }
  for (let i = 0; i < 6; i++) add(i)
  const held = tail.read(0, { maxBytes: 1e6, upTo: 6, minOneBatch: true })
  const before = Buffer.concat(held?.buffers ?? [])
  tail.truncateTo(3)
  for (let i = 3; i < 9; i++) add(i)
  deepEqual(Buffer.concat(held?.buffers ?? []), before)
  equal(tail.read(0, { maxBytes: 1e6, upTo: 9, minOneBatch: true })?.nextOffset, 9)
})

test('cutting drops what reaches above the cut', () => {
  const budget = new TailBudget(10_000, new SlabPool({ poison: true }))
  const tail = new LogTail(budget, { copiedBytes: 0 })
  for (let i = 0; i < 5; i++) {
    tail.add({ records: batchAt(i * 2, 2), owner: undefined, baseOffset: i * 2, nextOffset: i * 2 + 2, isMany: false })
  }
  tail.truncateTo(5)
  equal(tail.read(0, { maxBytes: 1e6, upTo: 9, minOneBatch: true })?.nextOffset, 4)
  tail.add({ records: batchAt(4, 1), owner: undefined, baseOffset: 4, nextOffset: 5, isMany: false })
  equal(tail.read(0, { maxBytes: 1e6, upTo: 9, minOneBatch: true })?.nextOffset, 5)
  tail.clear()
  equal(budget.usedBytes, 0)
  equal(tail.startOffset, undefined)
})

test('what is older than a turn of the budget leaves, so many at once, and what is new stays', () => {
  const budget = new TailBudget(100_000, new SlabPool({ poison: true }))
  const tail = new LogTail(budget, { copiedBytes: 0 })
  const add = (offset: number): void =>
    tail.add({
      records: batchAt(offset, 1, 5000),
      owner: undefined,
      baseOffset: offset,
      nextOffset: offset + 1,
      isMany: false,
    })
  for (const offset of [0, 1, 2]) add(offset)
  budget.turn()
  add(3)
  equal(budget.evictOld(10), false)
  equal(tail.startOffset, 0, 'the turn before is not old')
  budget.turn()
  equal(budget.evictOld(2), true)
  equal(tail.startOffset, 2)
  equal(budget.evictOld(2), false)
  equal(tail.startOffset, 3)
  budget.turn()
  equal(budget.evictOld(2), false)
  equal(tail.entryCount, 0)
  equal(budget.usedBytes, 0)
})

test('what is read again and again does not grow old', () => {
  const budget = new TailBudget(100_000, new SlabPool({ poison: true }))
  const [read, unread] = [new LogTail(budget, { copiedBytes: 0 }), new LogTail(budget, { copiedBytes: 0 })]
  for (const [offset, tail] of [unread, read, unread].entries()) {
    const records = batchAt(offset, 1, 5000)
    tail.add({ records, owner: undefined, baseOffset: offset, nextOffset: offset + 1, isMany: false })
  }
  for (let turns = 0; turns < 5; turns++) {
    budget.turn()
    read.read(1, { maxBytes: 1e6, upTo: 2, minOneBatch: true })
    equal(budget.evictOld(10), false)
  }
  deepEqual([read.startOffset, unread.startOffset], [1, 2], 'what is older has left')
  budget.turn()
  budget.turn()
  equal(budget.evictOld(10), false)
  equal(budget.usedBytes, 0)
})

test('appends of some KB stand together in chunks: one slice for many, and the slab of the frames is free at once', () => {
  const counters = { copiedBytes: 0 }
  const tail = new LogTail(new TailBudget(1 << 20), counters)
  const slabs = new SlabPool()
  for (let offset = 0; offset < 100; offset++) {
    const batch = batchAt(offset, 1, 2500)
    const owner = slabs.allocate(batch.length)
    batch.copy(owner.buffer)
    tail.add({ records: owner.buffer, owner, baseOffset: offset, nextOffset: offset + 1, isMany: false })
  }
  ok(tail.entryCount <= 15, `${tail.entryCount} entries`)
  equal(slabs.counters.inUseBytes, 0)
})

test('appends that lie in a slab are held by it: their slices may go', () => {
  const slabs = new SlabPool({ slabBytes: 64 << 10, poison: true })
  const tail = new LogTail(new TailBudget(1 << 20), { copiedBytes: 0 })
  const sent = [0, 1, 2].map((offset) => {
    const batch = batchAt(offset, 1, 5000)
    const frame = slabs.allocate(batch.length + 50)
    const records = frame.buffer.subarray(50)
    batch.copy(records)
    tail.add({ records, owner: frame, baseOffset: offset, nextOffset: offset + 1, isMany: false })
    return batch
  })
  equal(slabs.counters.inUseBytes, 64 << 10)
  const read = tail.read(1, { maxBytes: 1e6, upTo: 3, minOneBatch: true })!
  deepEqual(Buffer.concat(read.buffers), Buffer.concat(sent.slice(1)))
  tail.clear()
  deepEqual(Buffer.concat(read.buffers), Buffer.concat(sent.slice(1)), 'a reader holds it too')
  for (const owner of read.owners) owner.release()
  equal(slabs.counters.inUseBytes, 0)
})

test('whatever is appended, cut, given up and read: a read is what was appended from there on', () => {
  const step = fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({ kind: fc.constant('add'), bytes: fc.constantFrom(10, 800, 5000), many: fc.nat(2) }),
    },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('cut'), bytes: fc.nat(12), many: fc.constant(0) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('drop'), bytes: fc.nat(12), many: fc.constant(0) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('evict'), bytes: fc.nat(3), many: fc.constant(0) }) },
  )
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const frames = new SlabPool({ slabBytes: 64 << 10, poison: true })
      const budget = new TailBudget(40_000, new SlabPool({ poison: true }))
      const tail = new LogTail(budget, { copiedBytes: 0 })
      let batches: Buffer[] = []
      for (const { kind, bytes, many } of steps) {
        if (kind === 'add') {
          const from = batches.length
          for (let i = 0; i <= many; i++) batches.push(batchAt(batches.length, 1, bytes))
          const joined = Buffer.concat(batches.slice(from))
          const owner = frames.allocate(joined.length)
          joined.copy(owner.buffer)
          tail.add({ records: owner.buffer, owner, baseOffset: from, nextOffset: batches.length, isMany: many > 0 })
        } else if (kind === 'evict') {
          for (let i = 0; i < bytes && tail.entryCount > 0; i++) tail.evictOldest()
        } else if (kind === 'drop') tail.dropBefore(batches.length - bytes)
        else {
          tail.truncateTo(Math.max(0, batches.length - bytes))
          // The tail drops whole appends; a log that was cut has no more than it afterwards.
          const end = tail.startOffset === undefined ? batches.length - bytes : endOf(tail)
          batches = batches.slice(0, Math.max(0, end))
        }
        const start = tail.startOffset
        if (start === undefined) continue
        for (const offset of [start, Math.floor((start + batches.length) / 2), batches.length - 1]) {
          if (offset < start) continue
          const read = tail.read(offset, { maxBytes: 1e9, upTo: batches.length, minOneBatch: true })!
          const wanted = Buffer.concat(batches.slice(read.firstOffset, read.nextOffset))
          deepEqual([read.nextOffset, Buffer.concat(read.buffers).equals(wanted)], [batches.length, true])
          ok(read.firstOffset <= offset)
          for (const owner of read.owners) owner.release()
        }
      }
      tail.clear()
      equal(budget.usedBytes, 0)
      equal(frames.counters.inUseBytes, 0)
      equal(budget.slabs.counters.inUseBytes, 0)
    }),
  )
})

function endOf(tail: LogTail): number {
  const read = tail.read(tail.startOffset!, { maxBytes: 1e9, upTo: 1e9, minOneBatch: true })!
  for (const owner of read.owners) owner.release()
  return read.nextOffset
}
