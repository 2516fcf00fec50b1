import { equal, ok } from 'node:assert/strict'
import { test } from 'node:test'
import { discardMemory, isNewMemoryUntouched } from './node-memory.ts'

test('memory that is discarded is free at once, and its buffer is empty', () => {
  const bytes = 8 << 20
  const buffer = Buffer.allocUnsafeSlow(bytes)
  const before = process.memoryUsage().arrayBuffers
  discardMemory(buffer)
  equal(buffer.length, 0)
  ok(before - process.memoryUsage().arrayBuffers > bytes / 2)
})

test('new memory is known to be untouched where blocks of a megabyte are mapped each by itself', () => {
  equal(isNewMemoryUntouched({ MALLOC_MMAP_THRESHOLD_: '262144' }), true)
  equal(isNewMemoryUntouched({ MALLOC_MMAP_THRESHOLD_: '33554432' }), false)
  equal(isNewMemoryUntouched({}), false)
})
