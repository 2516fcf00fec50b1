import { equal, ok } from 'node:assert/strict'
import { test } from 'node:test'
import { discardMemory } from './node-memory.ts'

test('memory that is discarded is free at once, and its buffer is empty', () => {
  const bytes = 8 << 20
  const buffer = Buffer.allocUnsafeSlow(bytes)
  const before = process.memoryUsage().arrayBuffers
  discardMemory(buffer)
  equal(buffer.length, 0)
  ok(before - process.memoryUsage().arrayBuffers > bytes / 2)
})
