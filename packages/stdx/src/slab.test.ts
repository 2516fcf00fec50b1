import { deepEqual, equal, notEqual, ok, throws } from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { AssertionError } from './assert.ts'
import { SlabPool, type SlabSlice } from './slab.ts'

test('slices of one slab lie beside each other and are exactly as long as asked', () => {
  const pool = new SlabPool({ slabBytes: 4096 })
  const a = pool.allocate(10)
  const b = pool.allocate(3)
  equal(a.buffer.length, 10)
  equal(b.buffer.length, 3)
  equal(a.buffer.buffer, b.buffer.buffer)
  equal(b.buffer.byteOffset - a.buffer.byteOffset, 16)
})

test('a slab is used again only when nobody holds any of its slices', () => {
  const pool = new SlabPool({ slabBytes: 1024 })
  const first = Array.from({ length: 4 }, () => pool.allocate(256))
  const second = pool.allocate(256)
  notEqual(second.buffer.buffer, first[0]!.buffer.buffer)
  first[3]!.retain()
  for (const slice of first) slice.release()
  for (let i = 0; i < 3; i++) pool.allocate(256)
  notEqual(pool.allocate(256).buffer.buffer, first[0]!.buffer.buffer)
  first[3]!.release()
  for (let i = 0; i < 3; i++) pool.allocate(256)
  equal(pool.allocate(256).buffer.buffer, first[0]!.buffer.buffer)
  equal(pool.counters.blocksReused, 1)
})

test('a large request gets a block of its own, which a similar one uses again', () => {
  const pool = new SlabPool({ slabBytes: 4096 })
  const large = pool.allocate(10_000)
  const memory = large.buffer.buffer
  equal(pool.counters.inUseBytes, 12_288)
  large.release()
  equal(pool.counters.freeBytes, 12_288)
  notEqual(pool.allocate(2000).buffer.buffer, memory, 'too much would be wasted')
  equal(pool.allocate(9000).buffer.buffer, memory)
  equal(pool.counters.freeBytes, 0)
})

test('a request as large as a slab uses a free slab again, and leaves it to be one', () => {
  const pool = new SlabPool({ slabBytes: 4096 })
  for (let i = 0; i < 10; i++) pool.allocate(4096).release()
  equal(pool.counters.blocksAllocated, 1)
  pool.allocate(3000).release()
  pool.allocate(100).release()
  equal(pool.counters.blocksAllocated, 1)
  equal(pool.counters.blocksReused, 11)
})

test('what other sizes left makes room: no size keeps another from being used again', () => {
  const pool = new SlabPool({ slabBytes: 4096, maxFreeBytes: 1 << 20 })
  /** So many slices of a size, of which the last few are held, as the tail of a log does. */
  const use = (bytes: number, count: number): number => {
    const before = pool.counters.blocksAllocated
    const held: SlabSlice[] = []
    for (let i = 0; i < count; i++) {
      held.push(pool.allocate(bytes))
      if (held.length * bytes > 100_000) held.shift()!.release()
    }
    for (const slice of held) slice.release()
    return pool.counters.blocksAllocated - before
  }
  use(20_000, 100)
  use(1000, 1000)
  ok(use(1000, 1000) === 0, 'slabs after large blocks')
  use(20_000, 100)
  ok(use(20_000, 100) === 0, 'large blocks after slabs')
  ok(pool.counters.freeBytes < 160_000, `${pool.counters.freeBytes} bytes are free where 100,000 were in use`)
})

test('a large block of nearly the same size is used again, and a slab is made of one', () => {
  const pool = new SlabPool({ slabBytes: 4096 })
  for (const bytes of [9000, 10_000, 12_000, 8500]) pool.allocate(bytes).release()
  equal(pool.counters.blocksAllocated, 1)
  const small = new SlabPool({ slabBytes: 4096 })
  small.allocate(5000).release()
  small.allocate(100)
  equal(small.counters.blocksAllocated, 1)
})

test('free memory is bounded', () => {
  const pool = new SlabPool({ slabBytes: 1024, maxFreeBytes: 8192 })
  const slices = Array.from({ length: 10 }, () => pool.allocate(4096))
  for (const slice of slices) slice.release()
  equal(pool.counters.freeBytes, 8192)
  equal(pool.counters.inUseBytes, 0)
})

test('poison shows use after release, and one release too many is a broken invariant', () => {
  const pool = new SlabPool({ poison: true })
  const slice = pool.allocate(4)
  slice.buffer.fill(1)
  const kept = slice.buffer
  slice.release()
  deepEqual([...kept], [0xdb, 0xdb, 0xdb, 0xdb])
  throws(() => slice.release(), AssertionError)
  throws(() => slice.retain(), AssertionError)
})

test('slices that are held never overlap, whatever the order of allocation and release', () => {
  const step = fc.record({ size: fc.integer({ min: 0, max: 600 }), release: fc.option(fc.nat(), { nil: undefined }) })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 100 }), (steps) => {
      const pool = new SlabPool({ slabBytes: 1024, poison: true })
      const held: { slice: SlabSlice; mark: number }[] = []
      steps.forEach(({ size, release }, index) => {
        const slice = pool.allocate(size)
        slice.buffer.fill(index & 0x7f)
        held.push({ slice, mark: index & 0x7f })
        if (release !== undefined) held.splice(release % held.length, 1)[0]!.slice.release()
        for (const { slice, mark } of held)
          equal(
            slice.buffer.every((byte) => byte === mark),
            true,
          )
      })
      for (const { slice } of held) slice.release()
      equal(pool.counters.inUseBytes, 0)
    }),
  )
})

test('a trim gives free blocks back, but for as much as was in use since the one before', () => {
  const discarded: number[] = []
  const pool = new SlabPool({ slabBytes: 4096, discard: ({ length }) => discarded.push(length) })
  const held = [10_000, 20_000, 40_000].map((bytes) => pool.allocate(bytes))
  for (const slice of held) slice.release()
  pool.trim()
  deepEqual(discarded, [], 'all were in use at once')
  pool.allocate(40_000).release()
  pool.trim()
  deepEqual(discarded, [12_288, 20_480])
  pool.trim()
  deepEqual([discarded, pool.counters.freeBytes], [[12_288, 20_480, 40_960], 0])
})

test('blocks beyond the bound are given back when they become free', () => {
  const discarded: number[] = []
  const pool = new SlabPool({ slabBytes: 4096, maxFreeBytes: 20_000, discard: ({ length }) => discarded.push(length) })
  const held = [10_000, 12_000].map((bytes) => pool.allocate(bytes))
  for (const slice of held) slice.release()
  deepEqual([discarded, pool.counters.freeBytes], [[12_288], 12_288])
})

test('a trim leaves what is in use', () => {
  const pool = new SlabPool({ slabBytes: 4096, discard: (block) => block.fill(0) })
  const held = Array.from({ length: 4 }, () => pool.allocate(1024))
  const next = pool.allocate(1024)
  for (const slice of [...held.slice(1), next]) slice.buffer.fill(7)
  held[0]!.release()
  pool.trim()
  pool.trim()
  for (const slice of [...held.slice(1), next]) equal(slice.buffer[1023], 7)
})

test('a sibling gives free memory beyond its bound back as its parent does', () => {
  const discarded: number[] = []
  const parent = new SlabPool({ slabBytes: 4096, discard: ({ length }) => discarded.push(length) })
  const sibling = parent.sibling({ maxFreeBytes: 0 })
  sibling.allocate(12_288).release()
  deepEqual(discarded, [12_288])
})

test('who holds a slab keeps what slices were cut from it, and only the last one empties it', () => {
  const pool = new SlabPool({ slabBytes: 4096, poison: true })
  const slice = pool.allocate(100)
  const other = pool.allocate(200)
  const slab = slice.slab!
  slab.retain()
  slice.buffer.fill(1)
  slice.release()
  deepEqual([...slab.bytes.subarray(0, 100)], Array(100).fill(1), 'it may be read on')
  slab.retain()
  slab.release()
  other.release()
  equal(pool.counters.inUseBytes, 4096)
  slab.release()
  equal(pool.counters.inUseBytes, 0)
  equal(slab.bytes[0], 0xdb)
  throws(() => slab.retain(), AssertionError)
  throws(() => slab.release(), AssertionError)
})

test('a slab that nobody held as a whole shows use of a freed slice, also when somebody did before', () => {
  const pool = new SlabPool({ slabBytes: 4096, poison: true })
  const first = pool.allocate(100)
  first.slab!.retain()
  first.release()
  first.slab!.release()
  const next = pool.allocate(100)
  const held = pool.allocate(100)
  equal(next.slab, first.slab)
  next.buffer.fill(1)
  next.release()
  equal(next.buffer[0], 0xdb)
  held.release()
})
