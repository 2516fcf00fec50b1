import { deepEqual } from 'node:assert/strict'
import { test } from 'node:test'
import { setBaseOffset } from '@ottla/protocol'
import { batchOf } from '../testing/batch-fixture.ts'
import { type SelectionOptions, selectBatches } from './batch-selection.ts'

const SIZE = batchOf({ count: 2 }).length

/** Batches of two records at 0, 2, 10, 12. */
function file(): Buffer {
  return Buffer.concat(
    [0, 2, 10, 12].map((offset) => {
      const batch = batchOf({ count: 2 })
      setBaseOffset(batch, 0, offset)
      return batch
    }),
  )
}

function select(piece: Buffer, options: Partial<SelectionOptions> = {}): unknown {
  const bytesLeft = options.bytesLeft ?? 4 * SIZE
  return selectBatches(piece, { offset: 0, maxBytes: 1e6, upTo: 100, minOneBatch: true, ...options, bytesLeft })
}

test('whole batches from the one that holds the offset, or the next one in a gap', () => {
  deepEqual(select(file()), { kind: 'batches', start: 0, end: 4 * SIZE, firstOffset: 0, nextOffset: 14 })
  deepEqual(select(file(), { offset: 3 }), {
    kind: 'batches',
    start: SIZE,
    end: 4 * SIZE,
    firstOffset: 2,
    nextOffset: 14,
  })
  deepEqual(select(file(), { offset: 5 }), {
    kind: 'batches',
    start: 2 * SIZE,
    end: 4 * SIZE,
    firstOffset: 10,
    nextOffset: 14,
  })
})

test('limits are hard after the first batch', () => {
  deepEqual(select(file(), { maxBytes: 3 * SIZE - 1 }), {
    kind: 'batches',
    start: 0,
    end: 2 * SIZE,
    firstOffset: 0,
    nextOffset: 4,
  })
  deepEqual(select(file(), { maxBytes: 1 }), { kind: 'batches', start: 0, end: SIZE, firstOffset: 0, nextOffset: 2 })
  deepEqual(select(file(), { maxBytes: 1, minOneBatch: false }), { kind: 'nothing' })
  deepEqual(select(file(), { upTo: 12 }), { kind: 'batches', start: 0, end: 3 * SIZE, firstOffset: 0, nextOffset: 12 })
  deepEqual(select(file(), { upTo: 1 }), { kind: 'nothing' })
})

test('a piece that ends too early says what else is needed', () => {
  deepEqual(select(file().subarray(0, 30)), { kind: 'more', from: 0, bytes: 61 })
  deepEqual(select(file().subarray(0, SIZE - 1)), { kind: 'more', from: 0, bytes: SIZE })
  deepEqual(select(file().subarray(0, SIZE + 10), { offset: 2 }), { kind: 'more', from: SIZE, bytes: 61 })
  deepEqual(select(file().subarray(0, 2 * SIZE + 10)), {
    kind: 'batches',
    start: 0,
    end: 2 * SIZE,
    firstOffset: 0,
    nextOffset: 4,
  })
})

test('the end of the file and damage are told apart', () => {
  deepEqual(select(file(), { offset: 14 }), { kind: 'behind' })
  deepEqual(select(file().subarray(0, 2 * SIZE), { offset: 4, bytesLeft: 2 * SIZE }), { kind: 'behind' })
  const damaged = file()
  damaged[SIZE + 16] = 1
  deepEqual(select(damaged, { offset: 2 }), { kind: 'damaged', at: SIZE, fault: 'magic is 1' })
  deepEqual(select(damaged), { kind: 'batches', start: 0, end: SIZE, firstOffset: 0, nextOffset: 2 })
  deepEqual(select(file(), { offset: 12, bytesLeft: 4 * SIZE - 1 }), {
    kind: 'damaged',
    at: 3 * SIZE,
    fault: 'the batch is cut off',
  })
})
