import { deepEqual, equal } from 'node:assert/strict'
import { test } from 'node:test'
import { Lru } from './lru.ts'

test('the least recently used entry is pushed out, and get counts as use while peek does not', () => {
  const evicted: string[] = []
  const lru = new Lru<string, number>({ capacity: 2, onEvict: (key) => evicted.push(key) })
  lru.set('a', 1)
  lru.set('b', 2)
  equal(lru.get('a'), 1)
  equal(lru.peek('b'), 2)
  lru.set('c', 3)
  deepEqual(evicted, ['b'])
  deepEqual(
    [...lru.entries()],
    [
      ['a', 1],
      ['c', 3],
    ],
  )
})

test('weights bound the cache and an entry heavier than all of it is held alone', () => {
  const evicted: string[] = []
  const lru = new Lru<string, number>({ capacity: 10, weigh: (value) => value, onEvict: (key) => evicted.push(key) })
  lru.set('a', 4)
  lru.set('b', 6)
  equal(lru.weight, 10)
  lru.set('c', 25)
  deepEqual(evicted, ['a', 'b'])
  equal(lru.weight, 25)
  lru.set('d', 1)
  deepEqual(evicted, ['a', 'b', 'c'])
  equal(lru.weight, 1)
})

test('replacing and deleting do not count as eviction', () => {
  const lru = new Lru<string, number>({ capacity: 2, onEvict: () => equal(true, false) })
  lru.set('a', 1)
  lru.set('a', 2)
  equal(lru.delete('a'), true)
  equal(lru.delete('a'), false)
  equal(lru.has('a'), false)
  equal(lru.size, 0)
  lru.set('b', 1)
  lru.clear()
  equal(lru.weight, 0)
})
