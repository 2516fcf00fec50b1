import { deepEqual, equal, throws } from 'node:assert/strict'
import { test } from 'node:test'
import { AssertionError } from '@ottla/stdx'
import fc from 'fast-check'
import { Fixture, type Observed, observe, settle } from './harness.ts'

const boom = new Error('disk')

test('a record is seen by the next decision at once, and answered when it is committed', async () => {
  const fixture = new Fixture()
  const put = fixture.put('a', 1)
  await settle()
  equal(put.outcome, 'waits')
  equal(fixture.shard.values.get('a'), 1)
  fixture.runtime.committed(1)
  await settle()
  equal(put.outcome, 'a=1')
})

test('a decision without records waits for what it saw', async () => {
  const fixture = new Fixture()
  fixture.put('a', 1)
  const read = observe(
    fixture.runtime.submit((shard, token) => ({ records: [], replies: [{ token, value: shard.values.get('a') }] })),
  )
  await settle()
  equal(read.outcome, 'waits')
  fixture.runtime.committed(1)
  await settle()
  equal(read.outcome, '1')
})

test('a decision without records is answered at once when all is committed', async () => {
  const fixture = new Fixture()
  const read = observe(fixture.runtime.submit((_, token) => ({ records: [], replies: [{ token, value: 'x' }] })))
  await settle()
  equal(read.outcome, 'x')
})

test('a shard is behind while ten thousand decisions wait for the log', async () => {
  const fixture = new Fixture()
  for (let n = 1; n < 10_000; n++) fixture.put('a', n)
  equal(fixture.runtime.isBehind, false)
  fixture.put('a', 10_000)
  equal(fixture.runtime.isBehind, true)
  fixture.runtime.committed(1)
  equal(fixture.runtime.isBehind, false)
})

test('queries read the committed state', () => {
  const fixture = new Fixture()
  const read = () => fixture.runtime.query((shard, offset) => shard.values.getAt('a', offset))
  fixture.put('a', 1)
  fixture.put('a', 2)
  fixture.put('b', 3)
  equal(read(), undefined)
  fixture.runtime.committed(1)
  equal(read(), 1)
  fixture.runtime.committed(2)
  equal(read(), 2)
  fixture.runtime.committed(3)
  equal(read(), 2)
})

test('a log that commits while it appends needs no mark and answers in the same turn', async () => {
  const fixture = new Fixture()
  fixture.log.onAppend = () => fixture.runtime.committed(fixture.log.records.length)
  const put = fixture.put('a', 1)
  deepEqual(fixture.shard.registry.offsets, [])
  await settle()
  equal(put.outcome, 'a=1')
})

test('when the log does not take the records nothing has happened', async () => {
  const fixture = new Fixture()
  fixture.log.refusal = boom
  const put = fixture.put('a', 1)
  await settle()
  equal(put.outcome, 'failed: disk')
  equal(fixture.shard.values.size, 0)
  equal(fixture.runtime.waitingCount, 0)
})

test('a failed write takes back its decision and all that came after', async () => {
  const fixture = new Fixture()
  const kept = fixture.put('a', 1)
  fixture.runtime.committed(1)
  const lost = fixture.put('a', 2)
  const after = fixture.put('b', 3)
  const sawIt = observe(fixture.runtime.submit((_, token) => ({ records: [], replies: [{ token, value: 'saw' }] })))
  fixture.log.records.length = 1
  fixture.runtime.failed(boom)
  await settle()
  deepEqual(
    [kept, lost, after, sawIt].map(({ outcome }) => outcome),
    ['a=1', 'failed: disk', 'failed: disk', 'failed: disk'],
  )
  deepEqual([...fixture.shard.values], [['a', 1]])
  const again = fixture.put('a', 4)
  fixture.runtime.committed(2)
  await settle()
  equal(again.outcome, 'a=4')
})

test('what was written below a failed write stays, uncommitted as it is', async () => {
  const fixture = new Fixture()
  const written = fixture.put('a', 1)
  const failed = fixture.put('a', 2)
  fixture.log.records.length = 1
  fixture.runtime.failed(boom, 1)
  await settle()
  deepEqual([written.outcome, failed.outcome], ['waits', 'failed: disk'])
  equal(fixture.shard.values.get('a'), 1)
  equal(
    fixture.runtime.query((shard, offset) => shard.values.getAt('a', offset)),
    undefined,
  )
  fixture.runtime.committed(1)
  await settle()
  equal(written.outcome, 'a=1')
})

test('who was parked before the failed write is parked again, who came after is rejected', async () => {
  const fixture = new Fixture()
  const early = fixture.park('early')
  const leader = fixture.unpark('early', [{ key: 'a', value: 1 }])
  const late = fixture.park('late')
  fixture.log.records.length = 0
  fixture.runtime.failed(boom)
  await settle()
  deepEqual([early.outcome, leader.outcome, late.outcome], ['waits', 'failed: disk', 'failed: disk'])
  deepEqual([...fixture.shard.parked.keys()], ['early'])
  fixture.unpark('early')
  await settle()
  equal(early.outcome, 'unparked')
})

test('soft changes made after a failure survive the next failure', async () => {
  const fixture = new Fixture()
  fixture.put('a', 1)
  fixture.put('b', 1)
  fixture.log.records.length = 1
  fixture.runtime.failed(boom, 1)
  const parked = fixture.park('p')
  fixture.put('c', 1)
  fixture.log.records.length = 1
  fixture.runtime.failed(boom, 1)
  await settle()
  equal(parked.outcome, 'waits')
  deepEqual([...fixture.shard.parked.keys()], ['p'])
})

test('a failure reported while the log takes the records rejects the request', async () => {
  const fixture = new Fixture()
  fixture.put('a', 1)
  fixture.log.onAppend = () => {
    fixture.log.records.length = 0
    fixture.runtime.failed(boom)
  }
  const put = fixture.put('b', 2)
  await settle()
  equal(put.outcome, 'failed: disk')
  equal(fixture.shard.values.size, 0)
})

test('unload rejects everybody who waits, and everybody who comes later', async () => {
  const fixture = new Fixture()
  const put = fixture.put('a', 1)
  const parked = fixture.park('p')
  fixture.runtime.unload(new Error('moved'))
  const later = fixture.put('b', 1)
  await settle()
  deepEqual(
    [put, parked, later].map(({ outcome }) => outcome),
    ['failed: moved', 'failed: moved', 'failed: moved'],
  )
  throws(() => fixture.runtime.query(() => 1), /moved/)
  fixture.runtime.committed(1)
  fixture.runtime.failed(boom)
})

test('messages leave with the commit, in order, and not when taken back', () => {
  const fixture = new Fixture()
  const say = (message: string) =>
    observe(fixture.runtime.submit(() => ({ records: [{ key: message, value: 0 }], messages: [message] })))
  say('one')
  say('two')
  say('three')
  deepEqual(fixture.messages, [])
  fixture.runtime.committed(2)
  deepEqual(fixture.messages, ['one', 'two'])
  fixture.log.records.length = 2
  fixture.runtime.failed(boom)
  fixture.runtime.committed(3)
  deepEqual(fixture.messages, ['one', 'two'])
})

test('a decision that throws rejects its request and nothing else', async () => {
  const fixture = new Fixture()
  const request = observe(
    fixture.runtime.submit(() => {
      throw boom
    }),
  )
  await settle()
  equal(request.outcome, 'failed: disk')
  equal(fixture.runtime.waitingCount, 0)
})

test('a replay that throws is a broken invariant', () => {
  const fixture = new Fixture()
  fixture.shard.replay = () => {
    throw boom
  }
  throws(() => fixture.put('a', 1), AssertionError)
})

test('an answer that waits too long for its commit is an error; its record stays', async () => {
  const fixture = new Fixture({ commitTimeout: { afterMs: 100, error: () => new Error('timeout') } })
  const first = fixture.put('a', 1)
  fixture.time.advance(60)
  const second = fixture.put('b', 2)
  fixture.time.advance(40)
  await settle()
  deepEqual([first.outcome, second.outcome], ['failed: timeout', 'waits'])
  fixture.runtime.committed(2)
  await settle()
  equal(second.outcome, 'b=2')
  equal(fixture.shard.values.get('a'), 1)
  fixture.time.advance(1000)
  equal(fixture.time.pendingCount, 0)
})

type Step =
  | { op: 'put'; key: string; value: number }
  | { op: 'park'; key: string }
  | { op: 'unpark'; key: string }
  | { op: 'commit'; share: number }
  | { op: 'fail'; share: number }
  | { op: 'commitsAtOnce'; is: boolean }

const key = fc.constantFrom('a', 'b', 'c')
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ op: fc.constant('put' as const), key, value: fc.nat(9) }) },
  { weight: 2, arbitrary: fc.record({ op: fc.constant('park' as const), key }) },
  { weight: 2, arbitrary: fc.record({ op: fc.constant('unpark' as const), key }) },
  { weight: 3, arbitrary: fc.record({ op: fc.constant('commit' as const), share: fc.nat(100) }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('fail' as const), share: fc.nat(100) }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('commitsAtOnce' as const), is: fc.boolean() }) },
)

/** Runs a step against the fixture, and says what the log should hold. */
function run(fixture: Fixture, step: Step, requests: Observed[]): void {
  const { runtime, log, shard } = fixture
  const at = (share: number) =>
    runtime.committedOffset + Math.floor(((log.records.length - runtime.committedOffset) * share) / 100)
  if (step.op === 'put') requests.push(fixture.put(step.key, step.value))
  if (step.op === 'park' && !shard.parked.has(step.key)) requests.push(fixture.park(step.key))
  if (step.op === 'unpark' && shard.parked.has(step.key))
    requests.push(fixture.unpark(step.key, [{ key: 'u', value: 1 }]))
  if (step.op === 'commit') runtime.committed(at(step.share))
  if (step.op === 'commitsAtOnce') log.onAppend = step.is ? () => runtime.committed(log.records.length) : () => {}
  if (step.op === 'fail') {
    const end = at(step.share)
    log.records.length = end
    runtime.failed(boom, end)
  }
}

test('whatever commits and fails, the state is that of the log and the view that of its committed part', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 50 }), async (steps) => {
      const fixture = new Fixture()
      const requests: Observed[] = []
      for (const step of steps) {
        run(fixture, step, requests)
        const { runtime, log, shard } = fixture
        deepEqual(Object.fromEntries(shard.values), fold(log.records))
        deepEqual(
          runtime.query((shard, offset) => Object.fromEntries(shard.values.entriesAt(offset))),
          fold(log.records.slice(0, runtime.committedOffset)),
        )
        await settle()
        const waiting = requests.filter(({ outcome }) => outcome === 'waits').length
        equal(waiting, runtime.waitingCount)
      }
      fixture.runtime.committed(fixture.log.records.length)
      for (const name of [...fixture.shard.parked.keys()]) fixture.unpark(name)
      await settle()
      equal(requests.filter(({ outcome }) => outcome === 'waits').length, 0)
    }),
  )
})

function fold(records: readonly { key: string; value: number }[]): Record<string, number> {
  return Object.fromEntries(records.map(({ key, value }) => [key, value]))
}
