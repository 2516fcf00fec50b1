import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PollPace } from './poll-pace.ts'

const LOOK_MS = 0.05

function repeat(times: number, fn: () => void): void {
  for (let i = 0; i < times; i++) fn()
}

/** Misses until it no longer looks; how many that took. */
function missUntilAsleep(pace: PollPace): number {
  let misses = 0
  for (; pace.lookMs > 0; misses++) pace.noteMissed()
  return misses
}

/** Work that comes soon after a sleep, until it looks; how often that was. */
function soonUntilLooking(pace: PollPace): number {
  let soon = 0
  for (; pace.lookMs === 0; soon++) pace.noteUnlooked(LOOK_MS)
  return soon
}

test('a loop whose work comes now and then sleeps at once', () => {
  const pace = new PollPace(LOOK_MS)
  repeat(1000, () => pace.noteUnlooked(1))
  assert.equal(pace.lookMs, 0)
})

test('it looks when work came soon after many sleeps in a row, and as long as it finds some', () => {
  const pace = new PollPace(LOOK_MS)
  repeat(15, () => pace.noteUnlooked(2 * LOOK_MS))
  pace.noteUnlooked(1)
  repeat(15, () => pace.noteUnlooked(2 * LOOK_MS))
  assert.equal(pace.lookMs, 0)
  pace.noteUnlooked(2 * LOOK_MS)
  assert.equal(pace.lookMs, LOOK_MS)
  repeat(10_000, () => pace.noteFound())
  assert.equal(pace.lookMs, LOOK_MS)
})

test('one look in four in vain goes on, one in two does not', () => {
  const pace = new PollPace(LOOK_MS)
  soonUntilLooking(pace)
  repeat(100, () => {
    repeat(3, () => pace.noteFound())
    pace.noteMissed()
  })
  assert.equal(pace.lookMs, LOOK_MS)
  repeat(20, () => {
    pace.noteFound()
    pace.noteMissed()
  })
  assert.equal(pace.lookMs, 0)
})

test('looks in vain end it after a few, and each time the next try needs twice as much', () => {
  const pace = new PollPace(LOOK_MS)
  const tries = [1, 2, 3].map(() => {
    const soon = soonUntilLooking(pace)
    assert.ok(missUntilAsleep(pace) <= 4)
    return soon
  })
  assert.deepEqual(tries, [16, 32, 64])
})

test('after a good run the next try is not held against the last one', () => {
  const pace = new PollPace(LOOK_MS)
  repeat(5, () => {
    soonUntilLooking(pace)
    missUntilAsleep(pace)
  })
  soonUntilLooking(pace)
  repeat(256, () => pace.noteFound())
  missUntilAsleep(pace)
  assert.equal(soonUntilLooking(pace), 32)
})
