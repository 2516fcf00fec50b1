import { deepEqual, equal, throws } from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Deque } from './deque.ts'

test('a deque behaves as an array with push, unshift, pop and shift', () => {
  const step = fc.oneof(
    { weight: 3, arbitrary: fc.record({ op: fc.constant('pushBack' as const), n: fc.nat() }) },
    { weight: 2, arbitrary: fc.record({ op: fc.constant('pushFront' as const), n: fc.nat() }) },
    { weight: 1, arbitrary: fc.record({ op: fc.constantFrom('popFront' as const, 'popBack' as const), n: fc.nat() }) },
  )
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const deque = new Deque<number>()
      const model: number[] = []
      for (const { op, n } of steps) {
        if (op === 'pushBack') {
          deque.pushBack(n)
          model.push(n)
        } else if (op === 'pushFront') {
          deque.pushFront(n)
          model.unshift(n)
        } else if (op === 'popFront') equal(deque.popFront(), model.shift())
        else equal(deque.popBack(), model.pop())
        equal(deque.size, model.length)
        equal(deque.peekFront(), model[0])
        equal(deque.peekBack(), model.at(-1))
      }
      deepEqual([...deque], model)
    }),
  )
})

test('an index outside the deque is a broken invariant', () => {
  const deque = new Deque<number>()
  deque.pushBack(1)
  throws(() => deque.at(1))
  deque.clear()
  equal(deque.size, 0)
  throws(() => deque.at(0))
})
