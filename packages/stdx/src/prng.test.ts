import { deepEqual, equal, notDeepEqual, ok } from 'node:assert/strict'
import { test } from 'node:test'
import { Prng } from './prng.ts'

const draw = (prng: Prng, count = 8): number[] => Array.from({ length: count }, () => prng.uint32())

test('the same seed gives the same sequence, another seed another', () => {
  deepEqual(draw(new Prng(42)), draw(new Prng(42)))
  deepEqual(draw(new Prng('a seed')), draw(new Prng('a seed')))
  notDeepEqual(draw(new Prng(42)), draw(new Prng(43)))
  notDeepEqual(draw(new Prng(1)), draw(new Prng(2 ** 32 + 1)))
})

test('the sequence does not change between versions', () => {
  deepEqual(draw(new Prng(1), 4), [393288148, 2174103013, 3814759091, 2092745082])
})

test('numbers lie within their bounds and reach all of them', () => {
  const prng = new Prng(7)
  const seen = new Set<number>()
  for (let i = 0; i < 1000; i++) {
    seen.add(prng.below(7))
    const n = prng.between(-2, 2)
    ok(n >= -2 && n <= 2)
    const f = prng.float()
    ok(f >= 0 && f < 1)
  }
  deepEqual([...seen].sort(), [0, 1, 2, 3, 4, 5, 6])
  equal(prng.below(1), 0)
  equal(prng.chance(0), false)
  equal(prng.chance(1), true)
})

test('shuffle keeps the items and bytes has the asked length', () => {
  const prng = new Prng(9)
  const items = Array.from({ length: 50 }, (_, i) => i)
  const shuffled = prng.shuffle(items)
  notDeepEqual(shuffled, items)
  deepEqual(
    [...shuffled].sort((a, b) => a - b),
    items,
  )
  for (let n = 0; n < 12; n++) equal(prng.bytes(n).length, n)
  ok(items.includes(prng.pick(items)))
})

test('draws from a fork do not shift its parent', () => {
  const one = new Prng(3)
  const two = new Prng(3)
  draw(one.fork('disk'), 100)
  two.fork('network')
  deepEqual(draw(one), draw(two))
})
