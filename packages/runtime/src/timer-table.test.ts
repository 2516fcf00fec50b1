import { deepEqual, equal } from 'node:assert/strict'
import { test } from 'node:test'
import { Fixture, observe } from './harness.ts'

function set(fixture: Fixture, key: string, atMonotonicMs: number): void {
  observe(
    fixture.runtime.submit((_, token) => ({
      records: [],
      replies: [{ token, value: '' }],
      timers: [{ kind: 'set', key, atMonotonicMs, timer: key }],
    })),
  )
}

function fixtureWithFired(): { fixture: Fixture; fired: string[] } {
  const fixture = new Fixture()
  const fired: string[] = []
  fixture.shard.onFire = (timer) => {
    fired.push(`${timer}@${fixture.time.monotonic()}`)
    return { records: [{ key: timer, value: 1 }] }
  }
  return { fixture, fired }
}

test('a timer fires once, at its time', () => {
  const { fixture, fired } = fixtureWithFired()
  set(fixture, 'a', 100)
  fixture.time.advance(99)
  deepEqual(fired, [])
  fixture.time.advance(1000)
  deepEqual(fired, ['a@100'])
})

test('a timer that is set again moves, in either direction', () => {
  const { fixture, fired } = fixtureWithFired()
  set(fixture, 'later', 100)
  set(fixture, 'sooner', 100)
  fixture.time.advance(50)
  set(fixture, 'later', 150)
  set(fixture, 'sooner', 60)
  fixture.time.advance(1000)
  deepEqual(fired, ['sooner@60', 'later@150'])
})

test('moving a timer on costs no call of the outside', () => {
  const { fixture } = fixtureWithFired()
  for (let i = 1; i <= 1000; i++) set(fixture, 'session', 100 + i)
  equal(fixture.time.pendingCount, 1)
})

test('a cancelled timer does not fire', () => {
  const { fixture, fired } = fixtureWithFired()
  set(fixture, 'a', 100)
  observe(fixture.runtime.submit(() => ({ records: [], timers: [{ kind: 'cancel', key: 'a' }] })))
  fixture.time.advance(1000)
  deepEqual(fired, [])
  equal(fixture.time.pendingCount, 0)
})

test('a timer that fires may set itself again', () => {
  const fixture = new Fixture()
  let count = 0
  fixture.shard.onFire = () => {
    count += 1
    return {
      records: [],
      timers: [{ kind: 'set', key: 'a', atMonotonicMs: fixture.time.monotonic() + 10, timer: 'a' }],
    }
  }
  set(fixture, 'a', 10)
  fixture.time.advance(50)
  equal(count, 5)
})

test('a timer whose decision cannot be written is tried again', () => {
  const { fixture, fired } = fixtureWithFired()
  const errors: unknown[] = []
  const refusing = new Fixture({ onTimerError: (error) => errors.push(error) })
  refusing.shard.onFire = fixture.shard.onFire
  refusing.log.refusal = new Error('disk full')
  set(refusing, 'a', 100)
  refusing.time.advance(100)
  refusing.log.refusal = undefined
  refusing.time.advance(10_000)
  equal(fired.length, 2)
  equal(errors.length, 1)
  equal(refusing.shard.values.get('a'), 1)
})

test('a timer whose decision was taken back fires again', () => {
  const { fixture, fired } = fixtureWithFired()
  set(fixture, 'a', 100)
  fixture.time.advance(100)
  equal(fired.length, 1)
  fixture.log.records.length = 0
  fixture.runtime.failed(new Error('disk'))
  equal(fixture.shard.values.size, 0)
  fixture.time.advance(10_000)
  equal(fired.length, 2)
  fixture.runtime.committed(1)
  equal(fixture.shard.values.get('a'), 1)
})

test('a timer that was set by a decision that was taken back does not fire', () => {
  const { fixture, fired } = fixtureWithFired()
  fixture.put('x', 1)
  set(fixture, 'a', 100)
  fixture.log.records.length = 0
  fixture.runtime.failed(new Error('disk'))
  fixture.time.advance(10_000)
  deepEqual(fired, [])
})

test('unload stops the timers', () => {
  const { fixture, fired } = fixtureWithFired()
  set(fixture, 'a', 100)
  fixture.runtime.unload(new Error('moved'))
  fixture.time.advance(10_000)
  deepEqual(fired, [])
  equal(fixture.time.pendingCount, 0)
})
