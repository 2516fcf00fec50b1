import { deepEqual, equal } from 'node:assert/strict'
import { test } from 'node:test'
import type { Env, Timer } from '@ottla/env'
import { AnswerWatch } from './answer-watch.ts'
import { FakeTimers } from './fake-world.test.ts'

function watch(due: number[]) {
  const timers = new FakeTimers()
  const fired: number[] = []
  let made = 0
  const counted = {
    after(delayMs: number, fn: () => void): Timer {
      made += 1
      return timers.after(delayMs, fn)
    },
  }
  const env = { timers: counted, clock: { now: () => timers.now, monotonic: () => timers.now } } as unknown as Env
  const its = new AnswerWatch(env, (now) => {
    fired.push(now)
    return due.shift() ?? Number.POSITIVE_INFINITY
  })
  return { its, timers, fired, made: () => made }
}

test('a thousand requests that are answered in time need one timer', () => {
  const { its, timers, fired, made } = watch([])
  for (let at = 0; at < 1000; at += 1) {
    timers.advance(1)
    its.expect(timers.now + 30_000)
  }
  deepEqual([made(), timers.waiting], [1, 1])
  timers.advance(60_000)
  deepEqual(fired, [30_001], 'nothing was due any more')
  equal(timers.waiting, 0)
})

test('what is due sooner than all before is watched for, and what is left is looked at again', () => {
  const { its, timers, fired } = watch([5000])
  its.expect(5000)
  its.expect(300)
  timers.advance(10_000)
  deepEqual(fired, [300, 5000])
  its.expect(11_000)
  its.stop()
  its.expect(12_000)
  equal(timers.waiting, 0)
})
