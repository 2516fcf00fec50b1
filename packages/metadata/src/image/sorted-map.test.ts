import { deepEqual, equal } from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { SortedMap } from './sorted-map.ts'

test('behaves as a Map whose entries are sorted, and never changes what was given out', () => {
  const command = fc.record({ key: fc.integer({ min: 0, max: 300 }), value: fc.option(fc.nat(), { nil: undefined }) })
  fc.assert(
    fc.property(fc.array(command, { maxLength: 600, size: 'max' }), (commands) => {
      let map = SortedMap.empty<number, number>()
      const model = new Map<number, number>()
      const kept: { map: SortedMap<number, number>; entries: [number, number][] }[] = []
      for (const [index, { key, value }] of commands.entries()) {
        if (value === undefined) {
          map = map.delete(key)
          model.delete(key)
        } else {
          map = map.set(key, value)
          model.set(key, value)
        }
        equal(map.get(key), model.get(key))
        if (index % 97 === 0) kept.push({ map, entries: sorted(model) })
      }
      kept.push({ map, entries: sorted(model) })
      for (const { map: old, entries } of kept) {
        deepEqual([...old], entries)
        equal(old.size, entries.length)
      }
      deepEqual(
        [...map.entriesFrom(100)],
        sorted(model).filter(([key]) => key >= 100),
      )
    }),
    { numRuns: 60 },
  )
})

function sorted(model: Map<number, number>): [number, number][] {
  return [...model].sort(([a], [b]) => a - b)
}

test('made at once or entry by entry, the entries are the same, and both go on alike', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.nat({ max: 5000 }), { maxLength: 1500, size: 'max' }), (keys) => {
      const entries = keys.map((key) => [key, `v${key}`] as const)
      const one = SortedMap.of(entries)
      const other = entries.reduce((map, [key, value]) => map.set(key, value), SortedMap.empty<number, string>())
      deepEqual([...one], [...other])
      const without = (map: SortedMap<number, string>) =>
        keys.slice(0, 300).reduce((rest, key) => rest.delete(key), map)
      deepEqual([...without(one.set(9999, 'v1'))], [...without(other.set(9999, 'v1'))])
    }),
    { numRuns: 30 },
  )
})

test('setting the same value gives the same map', () => {
  const map = SortedMap.empty<string, string>().set('a', 'x')
  equal(map.set('a', 'x'), map)
  equal(map.delete('b'), map)
  equal(map.delete('a'), SortedMap.empty())
})

test('a large map stays shallow enough to be fast, in any order of insertion', () => {
  let map = SortedMap.empty<string, number>()
  for (let at = 0; at < 20_000; at += 1) map = map.set(`topic-${(at * 7919) % 20_000}`, at)
  equal(map.size, 20_000)
  for (let at = 0; at < 20_000; at += 2) map = map.delete(`topic-${at}`)
  equal(map.size, 10_000)
  equal(map.get('topic-1') !== undefined, true)
  equal(map.get('topic-2'), undefined)
})
