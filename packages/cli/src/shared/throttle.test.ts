import { equal, ok } from 'node:assert/strict'
import { test } from 'node:test'
import type { Env } from '@ottla/env'
import { Throttle } from './throttle.ts'

/** Time passes only while somebody waits. */
function standingTime(): { readonly env: Env; readonly time: { now: number } } {
  const time = { now: 0 }
  const clock = { now: () => time.now, monotonic: () => time.now }
  const after = (delayMs: number, fn: () => void) => {
    time.now += delayMs
    queueMicrotask(fn)
    return { cancel() {} }
  }
  const timers = { after, defer: (fn: () => void) => queueMicrotask(fn) }
  return { env: { clock, timers } as unknown as Env, time }
}

const NEVER = new AbortController().signal

test('rounds are held to about so many per second', async () => {
  const { env, time } = standingTime()
  const throttle = new Throttle(env, 1000)
  time.now = 1
  for (let round = 0; round < 5000; round += 1) await throttle.wait(round, NEVER)
  ok(time.now > 4900 && time.now < 5100, `${time.now} ms`)
})

test('without a limit time does not pass, and the event loop gets its turn', async () => {
  const { env, time } = standingTime()
  const throttle = new Throttle(env, -1)
  let turns = 0
  for (let round = 0; round < 1000; round += 1) {
    const wait = throttle.wait(round, NEVER)
    if (wait !== undefined) turns += 1
    await wait
  }
  equal(time.now, 0)
  ok(turns > 0)
})
