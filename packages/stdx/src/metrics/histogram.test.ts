import { deepEqual, equal, ok } from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Histogram } from './histogram.ts'
import { RecentHistogram } from './recent-histogram.ts'

test('quantiles lie at most a sixteenth above the true value and extremes are exact', () => {
  const value = fc.oneof(fc.nat(100), fc.nat(1_000_000), fc.maxSafeNat())
  fc.assert(
    fc.property(
      fc.array(value, { minLength: 1, maxLength: 200 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (values, q) => {
        const histogram = new Histogram()
        for (const value of values) histogram.record(value)
        const sorted = [...values].sort((a, b) => a - b)
        const exact = sorted[Math.max(1, Math.ceil(q * values.length)) - 1]!
        const found = histogram.quantile(q)
        ok(found >= exact && found <= exact * (17 / 16), `${found} for ${exact}`)
        equal(histogram.min, sorted[0])
        equal(histogram.max, sorted.at(-1))
        equal(histogram.count, values.length)
      },
    ),
  )
})

test('merge adds up and reset empties', () => {
  const one = new Histogram()
  const two = new Histogram()
  one.record(10)
  two.record(1000)
  two.record(-5)
  one.merge(two)
  deepEqual([one.count, one.sum, one.min, one.max], [3, 1010, 0, 1000])
  one.reset()
  deepEqual([one.count, one.quantile(0.5), one.mean, one.min], [0, 0, 0, 0])
})

test('a recent histogram forgets what is older than two periods, but counts it', () => {
  const times = new RecentHistogram()
  times.record(1000)
  times.turn()
  times.record(10)
  equal(times.recent().max, 1000)
  times.turn()
  equal(times.recent().max, 10)
  times.turn()
  deepEqual([times.recent().count, times.count, times.sum], [0, 2, 1010])
})
