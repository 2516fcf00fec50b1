import { deepEqual, equal, ok, throws } from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { AssertionError } from '../assert.ts'
import { Histogram } from './histogram.ts'
import { type MetricDefinition, MetricRegistry } from './metric-registry.ts'

const REQUESTS = {
  name: 'ottla_requests_total',
  kind: 'counter',
  help: 'Requests',
  unit: 'requests',
  labels: ['api'],
} as const satisfies MetricDefinition
const OPEN = { name: 'ottla_connections', kind: 'gauge', help: 'Open connections', unit: 'connections' } as const
const LATENCY = { name: 'ottla_sync', kind: 'histogram', help: 'Sync latency', unit: 'microseconds' } as const

test('the same definition and labels give the same instrument', () => {
  const registry = new MetricRegistry()
  registry.counter(REQUESTS, { api: 'Fetch' }).add(2)
  registry.counter(REQUESTS, { api: 'Fetch' }).increment()
  registry.counter(REQUESTS, { api: 'Produce' }).increment()
  registry.gauge(OPEN).set(5)
  registry.gauge(OPEN).add(-1)
  deepEqual(
    [...registry.collect()].map(({ definition, labels, value }) => [definition.name, labels, value]),
    [
      ['ottla_requests_total', { api: 'Fetch' }, 3],
      ['ottla_requests_total', { api: 'Produce' }, 1],
      ['ottla_connections', {}, 4],
    ],
  )
})

test('an observed metric is read when collected, and a removed series is gone', () => {
  const registry = new MetricRegistry()
  let open = 1
  registry.observe(OPEN, () => open)
  open = 7
  equal([...registry.collect()][0]?.value, 7)
  registry.remove(OPEN)
  deepEqual([...registry.collect()], [])
})

test('missing or unknown labels and a second definition of a name are broken invariants', () => {
  const registry = new MetricRegistry()
  throws(() => registry.counter(REQUESTS), AssertionError)
  throws(() => registry.counter(REQUESTS, { other: 'x' }), AssertionError)
  registry.gauge(OPEN)
  throws(() => registry.gauge({ ...OPEN }), AssertionError)
})

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
  const registry = new MetricRegistry()
  const one = registry.histogram(LATENCY)
  const two = new Histogram()
  one.record(10)
  two.record(1000)
  two.record(-5)
  one.merge(two)
  deepEqual([one.count, one.sum, one.min, one.max], [3, 1010, 0, 1000])
  one.reset()
  deepEqual([one.count, one.quantile(0.5), one.mean, one.min], [0, 0, 0, 0])
})
