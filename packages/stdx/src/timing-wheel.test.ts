import { deepEqual, equal, ok } from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { TimingWheel, type WheelEntry } from './timing-wheel.ts'

test('an item fires when its time has come and not before', () => {
  const wheel = new TimingWheel<string>({ nowMs: 1000 })
  const fired: string[] = []
  const fire = (item: string): number => fired.push(item)
  wheel.schedule(1005, 'a')
  wheel.schedule(91_000, 'b')
  wheel.advance(1004, fire)
  deepEqual(fired, [])
  wheel.advance(1005, fire)
  deepEqual(fired, ['a'])
  wheel.advance(90_999, fire)
  deepEqual(fired, ['a'])
  wheel.advance(10_000_000, fire)
  deepEqual(fired, ['a', 'b'])
  equal(wheel.nextMs, undefined)
})

test('a deadline in the past fires in the next advance', () => {
  const wheel = new TimingWheel<string>({ nowMs: 50 })
  const fired: string[] = []
  wheel.schedule(10, 'late')
  wheel.advance(51, (item) => fired.push(item))
  deepEqual(fired, ['late'])
})

test('an item may schedule and cancel others while it fires', () => {
  const wheel = new TimingWheel<string>({ nowMs: 0 })
  const fired: string[] = []
  const entries: WheelEntry<string>[] = []
  wheel.schedule(5, 'a')
  entries.push(wheel.schedule(5, 'b'))
  wheel.advance(20, (item) => {
    fired.push(item)
    if (item !== 'a') return
    ok(wheel.cancel(entries[0]!))
    wheel.schedule(7, 'c')
  })
  deepEqual(fired, ['a', 'c'])
  equal(wheel.cancel(entries[0]!), false)
  equal(entries[0]!.isPending, false)
})

test('a wheel agrees with a sorted list for any deadlines, cancellations, tick and steps of time', () => {
  const span = fc.oneof(fc.nat(40), fc.nat(2000), fc.nat(100_000), fc.nat(40_000_000), fc.nat(2 ** 40))
  const step = fc.oneof(
    { weight: 4, arbitrary: fc.record({ op: fc.constant('schedule' as const), n: span }) },
    { weight: 1, arbitrary: fc.record({ op: fc.constant('cancel' as const), n: fc.nat() }) },
    { weight: 2, arbitrary: fc.record({ op: fc.constant('advance' as const), n: span }) },
    { weight: 2, arbitrary: fc.record({ op: fc.constant('next' as const), n: fc.constant(0) }) },
  )
  const start = fc.constantFrom(0, 31, 1_700_000_000_123)
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), start, fc.constantFrom(1, 10), (steps, startMs, tickMs) => {
      const wheel = new TimingWheel<number>({ nowMs: startMs, tickMs })
      let now: number = startMs
      let model: { id: number; tick: number; entry: WheelEntry<number> }[] = []
      const advance = (to: number): void => {
        now = to
        const fired: number[] = []
        wheel.advance(now, (id) => fired.push(model.find((entry) => entry.id === id)!.tick))
        const due = model.filter(({ tick }) => tick * tickMs <= now).map(({ tick }) => tick)
        deepEqual(
          fired,
          due.sort((a, b) => a - b),
        )
        model = model.filter(({ tick }) => tick * tickMs > now)
      }
      steps.forEach(({ op, n }, id) => {
        if (op === 'schedule') {
          const tick = Math.max(Math.ceil((now + n) / tickMs), Math.floor(now / tickMs) + 1)
          model.push({ id, tick, entry: wheel.schedule(now + n, id) })
        } else if (op === 'cancel' && model.length > 0) {
          ok(wheel.cancel(model.splice(n % model.length, 1)[0]!.entry))
        } else if (op === 'advance') advance(now + n)
        else if (wheel.nextMs !== undefined) {
          ok(wheel.nextMs <= Math.min(...model.map(({ tick }) => tick)) * tickMs)
          advance(Math.max(now, wheel.nextMs))
        }
        equal(wheel.size, model.length)
      })
    }),
  )
})

test('following nextMs reaches every deadline in a bounded number of steps', () => {
  const wheel = new TimingWheel<number>({ nowMs: 0 })
  for (let i = 1; i <= 100; i++) wheel.schedule(i * 37_777, i)
  let steps = 0
  const fired: number[] = []
  while (wheel.nextMs !== undefined) {
    wheel.advance(wheel.nextMs, (item) => fired.push(item))
    steps++
  }
  deepEqual(
    fired,
    Array.from({ length: 100 }, (_, i) => i + 1),
  )
  ok(steps <= 100 * 7)
})
