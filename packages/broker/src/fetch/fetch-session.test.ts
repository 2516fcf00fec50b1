import { deepEqual, equal } from 'node:assert/strict'
import { test } from 'node:test'
import { ErrorCode, ZERO_UUID } from '@ottla/protocol'
import type { FetchPartition } from './fetch-partition.ts'
import { FetchSession, nextSessionEpoch } from './fetch-session.ts'
import { FetchSessionCache } from './fetch-session-cache.ts'

function partition(number: number, fetchOffset = 0): FetchPartition {
  return {
    topic: 't',
    topicId: ZERO_UUID,
    partition: number,
    fetchOffset,
    currentLeaderEpoch: -1,
    lastFetchedEpoch: -1,
    maxBytes: 1000,
  }
}

const QUIET = {
  errorCode: ErrorCode.NONE,
  highWatermark: 5,
  lastStableOffset: 5,
  logStartOffset: 0,
  divergingEpoch: undefined,
}

function session(...partitions: FetchPartition[]): FetchSession {
  const made = new FetchSession({ id: 1, naming: 'names', nowMs: 0 })
  for (const one of partitions) made.set(one)
  return made
}

test('epochs count up from 1 and wrap to 1', () => {
  equal(nextSessionEpoch(0), 1)
  equal(nextSessionEpoch(1), 2)
  equal(nextSessionEpoch(2 ** 31 - 1), 1)
  equal(nextSessionEpoch(-1), -1)
})

test('a partition is news when something of it changed, and not when it was said before', () => {
  const one = partition(0)
  const its = session(one)
  equal(its.note(one, QUIET, 0), true)
  equal(its.note(one, QUIET, 0), false)
  equal(its.note(one, { ...QUIET, highWatermark: 6 }, 0), true)
  equal(its.note(one, { ...QUIET, highWatermark: 6, logStartOffset: 2 }, 0), true)
  equal(its.note(one, { ...QUIET, highWatermark: 6, logStartOffset: 2 }, 10), true)
})

test('an error is said each time, and so is its end', () => {
  const one = partition(0)
  const its = session(one)
  its.note(one, QUIET, 0)
  const error = { ...QUIET, errorCode: ErrorCode.NOT_LEADER_OR_FOLLOWER, highWatermark: -1 }
  equal(its.note(one, error, 0), true)
  equal(its.note(one, error, 0), true)
  equal(its.note(one, QUIET, 0), true)
})

test('a partition that gave records goes to the back', () => {
  const its = session(partition(0), partition(1), partition(2))
  its.note(partition(0), QUIET, 100)
  deepEqual(
    [...its.partitions()].map(({ partition }) => partition),
    [1, 2, 0],
  )
})

test('a partition that is asked for anew keeps its place', () => {
  const its = session(partition(0), partition(1))
  its.set(partition(0, 77))
  deepEqual(
    [...its.partitions()].map(({ partition, fetchOffset }) => [partition, fetchOffset]),
    [
      [0, 77],
      [1, 0],
    ],
  )
})

function world(): { nowMs: number; cache: (max: number) => FetchSessionCache } {
  let next = 0
  const clock = { now: () => 0, monotonic: () => state.nowMs }
  const random = { below: () => next++, bytes: () => Buffer.alloc(0), uuid: () => '' }
  const state = { nowMs: 0, cache: (max: number) => new FetchSessionCache({ clock, random }, max) }
  return state
}

test('a full cache gives no session while all have been used lately', () => {
  const its = world()
  const cache = its.cache(2)
  cache.create([partition(0)], 'names')
  cache.create([partition(0)], 'names')
  equal(cache.create([partition(0)], 'names'), undefined)
  equal(cache.size, 2)
})

test('a session that nobody used goes first', () => {
  const its = world()
  const cache = its.cache(2)
  const first = cache.create([partition(0)], 'names')!
  const second = cache.create([partition(0)], 'names')!
  its.nowMs = 100_000
  cache.use(first.id)
  its.nowMs = 130_000
  const third = cache.create([partition(0)], 'names')!
  equal(cache.isLive(first), true)
  equal(cache.isLive(second), false)
  equal(cache.isLive(third), true)
})

test('a larger session takes the place of a smaller one that had its time', () => {
  const its = world()
  const cache = its.cache(1)
  const small = cache.create([partition(0)], 'names')!
  its.nowMs = 121_000
  cache.use(small.id)
  equal(cache.create([partition(0)], 'names'), undefined)
  const large = cache.create([partition(0), partition(1)], 'names')!
  equal(cache.isLive(large), true)
  equal(cache.isLive(small), false)
})
