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
