import { equal } from 'node:assert/strict'
import { test } from 'node:test'
import { ResponseMemory } from './response-memory.ts'

const MIB = 1 << 20

test('with plenty left a response gets what it wants', () => {
  const memory = new ResponseMemory(256 * MIB)
  equal(memory.share(8 * MIB), 8 * MIB)
  equal(memory.share(100), 100)
  equal(memory.usedBytes, 8 * MIB + 100)
})

test('shares shrink so that those who give nothing back cannot take all', () => {
  const memory = new ResponseMemory(256 * MIB)
  let takers = 0
  for (; memory.state === 'plenty'; takers += 1) memory.share(55 * MIB)
  equal(takers > 50, true)
  equal(memory.usedBytes < 257 * MIB, true)
  equal(memory.share(55 * MIB), 64 << 10)
})

test('there is no end of small shares, but it is told how things stand', () => {
  const memory = new ResponseMemory(MIB)
  memory.take(MIB)
  equal(memory.state, 'short')
  memory.take(MIB)
  equal(memory.state, 'spent')
  equal(memory.share(MIB), 64 << 10)
  memory.give(MIB + (64 << 10))
  memory.give(1)
  equal(memory.state, 'plenty')
})

test('without a limit every wish is granted', () => {
  const memory = new ResponseMemory(Number.POSITIVE_INFINITY)
  equal(memory.share(1 << 30), 1 << 30)
  equal(memory.state, 'plenty')
})
