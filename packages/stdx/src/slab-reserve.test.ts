import { deepEqual, equal, notEqual } from 'node:assert/strict'
import { test } from 'node:test'
import { SlabPool } from './slab.ts'
import { SlabReserve } from './slab-reserve.ts'

const SLAB_BYTES = 4096

test('slabs come from what is ready, and blocks of other sizes do not', () => {
  const reserve = new SlabReserve({ slabBytes: SLAB_BYTES, bytes: 2 * SLAB_BYTES + 100, discard: () => {} })
  equal(reserve.readyBytes, 2 * SLAB_BYTES)
  equal(reserve.take(100).length, 100)
  equal(reserve.readyBytes, 2 * SLAB_BYTES)
  const taken = [1, 2, 3].map(() => reserve.take(SLAB_BYTES))
  deepEqual(
    taken.map(({ length }) => length),
    [SLAB_BYTES, SLAB_BYTES, SLAB_BYTES],
  )
  equal(reserve.readyBytes, 0)
})

test('what goes back is discarded, and a new slab stands in for it until as many are ready as were', () => {
  const discarded: Buffer[] = []
  const discard = (block: Buffer): void => void discarded.push(block)
  const reserve = new SlabReserve({ slabBytes: SLAB_BYTES, bytes: SLAB_BYTES, discard })
  const blocks = [reserve.take(SLAB_BYTES), reserve.take(10_000)]
  for (const block of blocks) reserve.giveBack(block)
  deepEqual(discarded, blocks)
  equal(reserve.readyBytes, SLAB_BYTES)
  notEqual(reserve.take(SLAB_BYTES).buffer, blocks[0]!.buffer)
})

test('what a burst leaves goes back a few blocks in a turn, and who needs one meanwhile gets it', () => {
  const turns: (() => void)[] = []
  const discarded: Buffer[] = []
  const reserve = new SlabReserve({
    slabBytes: SLAB_BYTES,
    bytes: 0,
    discard: (block) => void discarded.push(block),
    later: (run) => void turns.push(run),
  })
  const blocks = [1, 2, 3, 4, 5].map(() => reserve.take(SLAB_BYTES))
  for (const block of blocks) reserve.giveBack(block)
  deepEqual([discarded.length, turns.length], [0, 1])
  equal(reserve.take(SLAB_BYTES), blocks[4])
  turns.shift()!()
  deepEqual([discarded, turns.length], [blocks.slice(0, 2), 1])
  turns.shift()!()
  deepEqual([discarded, turns.length], [blocks.slice(0, 4), 0])
  reserve.giveBack(blocks[4]!)
  turns.shift()!()
  deepEqual([discarded, turns.length, reserve.leavingBytes], [blocks, 0, 0])
})

test('what waits to go back is bounded', () => {
  let discardedBytes = 0
  const discard = ({ length }: Buffer): void => void (discardedBytes += length)
  const reserve = new SlabReserve({ slabBytes: SLAB_BYTES, bytes: 0, discard, later: () => {} })
  for (let i = 0; i < 6; i++) reserve.giveBack(Buffer.allocUnsafeSlow(32 << 20))
  deepEqual([reserve.leavingBytes, discardedBytes], [4 * (32 << 20), 2 * (32 << 20)])
})

test('a pool and its siblings share what is ready', () => {
  const pool = new SlabPool({ slabBytes: SLAB_BYTES, reserveBytes: 3 * SLAB_BYTES, discard: () => {} })
  const sibling = pool.sibling({ maxFreeBytes: 0 })
  equal(pool.counters.readyBytes, 3 * SLAB_BYTES)
  pool.allocate(100)
  const slice = sibling.allocate(SLAB_BYTES)
  equal(pool.counters.readyBytes, SLAB_BYTES)
  slice.release()
  equal(pool.counters.readyBytes, 2 * SLAB_BYTES)
})

test('where nothing is ready a pool lends what it does not use to a sibling, and what it uses stays', () => {
  const pool = new SlabPool({ slabBytes: SLAB_BYTES })
  const sibling = pool.sibling({ maxFreeBytes: 0 })
  const [first, held] = [pool.allocate(SLAB_BYTES), pool.allocate(SLAB_BYTES)]
  const lent = first.buffer.buffer
  first.release()
  equal(pool.counters.freeBytes, SLAB_BYTES)
  equal(sibling.allocate(SLAB_BYTES).buffer.buffer, lent)
  equal(pool.counters.freeBytes, 0)
  notEqual(sibling.allocate(SLAB_BYTES).buffer.buffer, held.buffer.buffer)
})
