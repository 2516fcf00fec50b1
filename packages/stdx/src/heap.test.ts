import { deepEqual, equal } from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Heap } from './heap.ts'

test('a heap gives its items in order, also when pushes and pops are mixed', () => {
  fc.assert(
    fc.property(fc.array(fc.option(fc.integer(), { freq: 3 }), { maxLength: 200 }), (steps) => {
      const heap = new Heap<number>((a, b) => a - b)
      let model: number[] = []
      for (const step of steps) {
        if (step === null) {
          equal(heap.peek(), model[0])
          equal(heap.pop(), model.shift())
        } else {
          heap.push(step)
          model = [...model, step].sort((a, b) => a - b)
        }
        equal(heap.size, model.length)
      }
      deepEqual(
        [...heap.values()].sort((a, b) => a - b),
        model,
      )
    }),
  )
})
