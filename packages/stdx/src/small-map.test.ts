import { deepEqual, equal } from 'node:assert/strict'
import { test } from 'node:test'
import { Prng } from './prng.ts'
import { SmallMap } from './small-map.ts'

test('it does what a Map does, whether it holds none, one or many', () => {
  const random = new Prng(7)
  for (let round = 0; round < 200; round++) {
    const [map, model] = [new SmallMap<number, number>(), new Map<number, number>()]
    const keys = 1 + random.below(4)
    for (let step = 0; step < 60; step++) {
      const [key, what] = [random.below(keys), random.below(10)]
      if (what < 4) {
        map.set(key, step)
        model.set(key, step)
      } else if (what < 9) equal(map.delete(key), model.delete(key), `round ${round}, step ${step}`)
      else {
        map.clear()
        model.clear()
      }
      deepEqual([map.size, map.has(key), map.get(key)], [model.size, model.has(key), model.get(key)])
      deepEqual([[...map], [...map.keys()], [...map.values()]], [[...model], [...model.keys()], [...model.values()]])
    }
  }
})

test('an entry may be dropped while the entries are gone through', () => {
  for (const count of [1, 3]) {
    const map = new SmallMap<number, string>()
    for (let key = 0; key < count; key++) map.set(key, `v${key}`)
    for (const [key] of map) map.delete(key)
    equal(map.size, 0)
  }
})
