import { deepEqual, equal, throws } from 'node:assert/strict'
import { test } from 'node:test'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import fc from 'fast-check'
import { AssertionError } from '../assert.ts'
import { SnapshotRegistry } from './snapshot-registry.ts'
import { TimelineMap } from './timeline-map.ts'
import { TimelineSet } from './timeline-set.ts'
import { TimelineValue } from './timeline-value.ts'

interface Model {
  map: Map<string, number>
  value: number
}

type Step =
  | { op: 'set'; key: string; n: number }
  | { op: 'delete'; key: string }
  | { op: 'clear' }
  | { op: 'snapshot' }
  | { op: 'revert'; pick: number }
  | { op: 'release'; pick: number }

const key = fc.constantFrom('a', 'b', 'c', 'd', 'e')
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ op: fc.constant('set' as const), key, n: fc.nat(99) }) },
  { weight: 3, arbitrary: fc.record({ op: fc.constant('delete' as const), key }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('clear' as const) }) },
  { weight: 4, arbitrary: fc.record({ op: fc.constant('snapshot' as const) }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('revert' as const), pick: fc.nat() }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('release' as const), pick: fc.nat() }) },
)

const sorted = <K extends string, V>(entries: Iterable<[K, V]>): [K, V][] =>
  [...entries].sort(([a], [b]) => (a < b ? -1 : 1))

class Pair {
  readonly registry = new SnapshotRegistry()
  readonly map = new TimelineMap<string, number>(this.registry)
  readonly set = new TimelineSet<string>(this.registry)
  readonly value = new TimelineValue(this.registry, 0)
  newest: Model = { map: new Map(), value: 0 }
  past: { offset: number; model: Model }[] = []
  offset = 0

  run(step: Step): void {
    if (step.op === 'set') {
      this.map.set(step.key, step.n)
      this.set.add(step.key)
      this.value.set(step.n)
      this.newest.map.set(step.key, step.n)
      this.newest.value = step.n
    } else if (step.op === 'delete') {
      equal(this.map.delete(step.key), this.newest.map.delete(step.key))
      this.set.delete(step.key)
    } else if (step.op === 'clear') {
      this.map.clear()
      this.set.clear()
      this.newest.map.clear()
    } else this.#time(step)
  }

  #time(step: Step & { op: 'snapshot' | 'revert' | 'release' }): void {
    if (step.op === 'snapshot') {
      this.offset += 10
      this.registry.snapshot(this.offset)
      this.past.push({ offset: this.offset, model: copy(this.newest) })
      return
    }
    if (this.past.length === 0) return
    const index = step.pick % this.past.length
    const { offset, model } = this.past[index]!
    if (step.op === 'revert') {
      this.registry.revertTo(offset)
      this.newest = copy(model)
      this.past.length = index + 1
      this.offset = offset
    } else {
      this.registry.release(offset)
      this.past.splice(0, index)
    }
  }

  check(): void {
    deepEqual(sorted(this.map), sorted(this.newest.map))
    equal(this.map.size, this.newest.map.size)
    deepEqual([...this.set].sort(), [...this.newest.map.keys()].sort())
    equal(this.value.get(), this.newest.value)
    for (const { offset, model } of this.past) {
      for (const at of [offset, offset + 9]) {
        deepEqual(sorted(this.map.entriesAt(at)), sorted(model.map))
        equal(this.map.sizeAt(at), model.map.size)
        for (const key of 'abcde') equal(this.map.getAt(key, at), model.map.get(key))
        deepEqual([...this.set.valuesAt(at)].sort(), [...model.map.keys()].sort())
        equal(this.value.getAt(at), model.value)
      }
    }
  }
}

function copy(model: Model): Model {
  return { map: new Map(model.map), value: model.value }
}

test('timeline collections agree with copies of plain ones at every live snapshot', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const pair = new Pair()
      for (const step of steps) {
        pair.run(step)
        pair.check()
      }
    }),
  )
})

test('without a live snapshot the past is the present', () => {
  const registry = new SnapshotRegistry()
  const map = new TimelineMap<string, number>(registry)
  map.set('a', 1)
  equal(map.getAt('a', 5), 1)
  equal(registry.latest, undefined)
})

test('reading below the oldest snapshot and going back to one that was not taken are broken invariants', () => {
  const registry = new SnapshotRegistry()
  const value = new TimelineValue(registry, 'x')
  registry.snapshot(10)
  throws(() => value.getAt(9), AssertionError)
  throws(() => registry.revertTo(11), AssertionError)
  throws(() => registry.snapshot(9), AssertionError)
  equal(registry.has(10), true)
  equal(registry.has(11), false)
})

test('timeline objects held in a timeline map go back together with it', () => {
  const registry = new SnapshotRegistry()
  const groups = new TimelineMap<string, TimelineSet<string>>(registry)
  const members = new TimelineSet<string>(registry)
  groups.set('g', members)
  members.add('m1')
  registry.snapshot(1)
  members.add('m2')
  groups.delete('g')
  deepEqual([...groups.getAt('g', 1)!.valuesAt(1)], ['m1'])
  registry.revertTo(1)
  deepEqual([...groups.get('g')!], ['m1'])
})

test('the last mark of an offset counts', () => {
  const registry = new SnapshotRegistry()
  const map = new TimelineMap<string, number>(registry)
  registry.snapshot(5)
  map.set('a', 1)
  registry.snapshot(5)
  map.set('a', 2)
  equal(map.getAt('a', 5), 1)
  registry.revertTo(5)
  equal(map.get('a'), 1)
  registry.release(5)
  registry.revertTo(5)
  equal(map.get('a'), 1)
})

test('what a snapshot noted goes when it is released, though nothing was changed since', async () => {
  const registry = new SnapshotRegistry()
  const map = new TimelineMap<string, object>(registry)
  const value = new TimelineValue<object>(registry, {})
  const old = [new WeakRef(value.get()), new WeakRef(replaceIn(map))]
  registry.snapshot(1)
  map.set('a', {})
  value.set({})
  registry.release(2)
  // What a WeakRef was asked for stays until the turn ends.
  await new Promise((resolve) => setImmediate(resolve))
  collectGarbage()
  deepEqual(
    old.map((ref) => ref.deref()),
    [undefined, undefined],
  )
})

function replaceIn(map: TimelineMap<string, object>): object {
  const first = {}
  map.set('a', first)
  return first
}

function collectGarbage(): void {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  collect()
}
