import { equal, ok } from 'node:assert/strict'
import { test } from 'node:test'
import { SampledRate, throttleMs } from './sampled-rate.ts'

const WINDOWS = { count: 11, sizeMs: 1000 }

test('a rate that has just begun is spread over ten of eleven windows', () => {
  const rate = new SampledRate(WINDOWS)
  rate.record(10_000, 0)
  equal(rate.measure(0).perSecond, 1000)
  equal(throttleMs(rate, 1000, 0), 0)
  rate.record(1, 0)
  ok(throttleMs(rate, 1000, 0) > 0)
})

test('the pause brings the rate back to its bound', () => {
  const rate = new SampledRate(WINDOWS)
  rate.record(15_000, 0)
  const pauseMs = throttleMs(rate, 1000, 0)
  equal(pauseMs, 5000)
  equal(throttleMs(rate, 1000, pauseMs), 5000, 'not yet: the window has no more than ten seconds')
  equal(throttleMs(rate, 1000, 11_000), 0)
})

test('what is older than all windows is forgotten, what is taken back was never there', () => {
  const rate = new SampledRate(WINDOWS)
  rate.record(50_000, 0)
  rate.record(1000, 10_500)
  equal(Math.round(rate.measure(11_000).perSecond), 95)
  rate.record(-1000, 10_600)
  equal(rate.measure(11_000).perSecond, 0)
})

test('a steady use at the bound is never paused', () => {
  const rate = new SampledRate(WINDOWS)
  for (let atMs = 0; atMs < 60_000; atMs += 100) {
    rate.record(100, atMs)
    ok(throttleMs(rate, 1010, atMs) < 100, `at ${atMs}`)
  }
})
