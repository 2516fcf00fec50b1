import assert from 'node:assert/strict'
import { test } from 'node:test'
import { nodeRandom } from './node-random.ts'

test('as many bytes as are asked for, and never the same twice', () => {
  const drawn = new Set<string>()
  for (let count = 0; count < 2000; count++) assert.equal(nodeRandom.bytes(count).length, count)
  for (let n = 0; n < 2000; n++) drawn.add(nodeRandom.bytes(12).toString('hex'))
  for (let n = 0; n < 2000; n++) drawn.add(nodeRandom.uuid())
  assert.equal(drawn.size, 4000)
})

test('bytes that were given out are not written again', () => {
  const first = nodeRandom.bytes(16)
  const before = first.toString('hex')
  for (let n = 0; n < 100; n++) nodeRandom.bytes(16).fill(0)
  assert.equal(first.toString('hex'), before)
})

test('a number is below its bound, and each one comes', () => {
  const found = new Set<number>()
  for (let n = 0; n < 1000; n++) found.add(nodeRandom.below(7))
  assert.deepEqual([...found].sort(), [0, 1, 2, 3, 4, 5, 6])
  assert.equal(nodeRandom.below(1), 0)
  for (let n = 0; n < 1000; n++) assert.ok(nodeRandom.below(2 ** 32) < 2 ** 32)
})
